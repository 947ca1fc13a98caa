// kneesync case: base (skin side) and lid, for the Feather build of parts.csv. OpenSCAD 2021.01, millimetres.
// SPDX-License-Identifier: CERN-OHL-P-2.0
//
//   make case                                  build/hardware/case-base.stl, case-lid.stl
//   openscad -D 'part="assembly"' case.scad    everything in its place, to look at
//
// x runs along the thigh from the USB end, y across it, z away from the skin; 0,0,0 is the inner corner of the floor.
// Nobody has printed this yet: rendered, and checked by numbers (tests/hardware/test_hardware.py).

part = "assembly";  // base, lid, assembly, parts, clash (what of the parts lies in the walls: must be empty)
fn = 64;            // roundness; the test renders with less
grow = 0;           // a check of "clash" itself: boards and cell longer by this must clash

/* Parts. Sources: [brd] the maker's own board file (github.com/adafruit, *-PCB), [page] the maker's product page */
pcb = 1.6;                     // board thickness; 1.57 in the maker's CAD of the same family
feather = [50.8, 22.86, 7.0];  // [brd] outline; [page] 7 mm high with USB-C and battery connector
breakout = [25.4, 17.78, 4.6]; // [brd] DRV2605L; the LSM6DSOX breakout has the same outline; 4.53 high in CAD of the family
gauge = [25.4, 20.32, 7.2];    // [brd] outline; [page] 7.2 mm high
cell = [36.0, 17.0, 7.8];      // [page] LiPo 400 mAh, without its lead
motor = [10.0, 2.7];           // [page] disc: diameter, height
tact = [6.0, 6.0, 3.5];        // 6 x 6 x 5 mm push button: body
tact_stem = [3.5, 1.5];        // its stem: diameter, height above the body. Measure yours
slider = [8.6, 4.4, 3.6];      // SS12D00-like slide switch: body. Measure yours
usb_plug = [12.35, 6.5];       // USB Type-C spec, largest overmold of a plug
strap_width = 38;

/* Print */
wall = 2.4;
floor_h = 2.0;
lid_h = 2.0;
fit = 0.3;                     // beside a board
slide = 0.25;                  // tongue of the lid in the base
lip = 1.4;
skin_r = 5;                    // rounding on the skin side, begun at 45 degrees so that it prints without support
cord = 1.3;                    // leg of the corner that takes a silicone cord of 1.0 mm
foam = 0.8;                    // between a board and the lid's pin above it
screw_pilot = 2.1;             // M2.5 x 12, cuts its own thread
screw_hole = 2.9;

/* Layout */
swell = 1.2;                   // an old cell is thicker than a new one
feather_z = cell[2] + swell;
low_z = 1.2;
gauge_z = low_z + breakout[2] + 1.2;
inner_h = feather_z + feather[2] + 0.9;
gap = 10;                      // between the columns: battery plug, cables, slide switch
inner_l = 67;
inner_w = fit + feather[1] + fit + gap + lip + fit + gauge[1] + fit;
feather_at = [0.5, fit];
gauge_at = [inner_l - 5.2 - gauge[0], inner_w - fit - gauge[1]];
driver_at = [gauge_at[0], gauge_at[1] + (gauge[1] - breakout[1]) / 2];
imu_at = [0.5, driver_at[1]];
cell_at = [7, feather_at[1] + (feather[1] - cell[1]) / 2];
motor_at = [inner_l - 7.8, feather_at[1] + feather[1] / 2];
button_at = [20, imu_at[1] + breakout[1] / 2];
slider_at = [(feather_at[1] + feather[1] + imu_at[1]) / 2, 4.4];  // y, z on the wall of the USB end
usb_at = [feather_at[1] + feather[1] / 2, feather_z + pcb + 1.6];

boss_r = 3.4;
boss_y = wall + 1.4;           // centre outside the inner wall
boss_x = [4.2, inner_l - 4.2];
slot = [strap_width + 1, 3.6];
ear = [slot[0] + 8, 10, 4];    // length, how far it stands out, height
$fn = fn;

// A convex outline, rounded below to skin_r: from 45 degrees at the bed to upright.
module rounded_below(height, r = skin_r) {
    steps = fn < 16 ? 2 : 5;
    hull() {
        for (n = [0:steps]) {
            a = 45 * n / steps;
            translate([0, 0, -floor_h + r * (sin(45) - sin(a))])
                linear_extrude(0.01) offset(delta = -r * (1 - cos(a))) children();
        }
        translate([0, 0, -floor_h + height - 0.01]) linear_extrude(0.01) children();
    }
}

module block(r = 6) {
    translate([inner_l / 2, inner_w / 2])
        offset(r) square([inner_l + 2 * wall - 2 * r, inner_w + 2 * wall - 2 * r], center = true);
}

module at_bosses() {
    for (x = boss_x, side = [0, 1]) translate([x, side ? inner_w + boss_y : -boss_y]) children();
}

module boss_outlines(x, side) {
    hull() {
        translate([x, side ? inner_w + boss_y : -boss_y]) circle(boss_r);
        translate([x, side ? inner_w - 1 : 1]) square([2 * boss_r + 3, 2], center = true);
    }
}

module ear_outline(side) {
    y = side ? inner_w + wall : -wall;
    out = side ? 1 : -1;
    hull() for (end = [-1, 1]) {
        translate([inner_l / 2 + end * (ear[0] / 2 - 3), y + out * (ear[1] - 3)]) circle(3);
        translate([inner_l / 2 + end * (ear[0] / 2 + 1), y - out]) circle(1);
    }
}

module shell(height) {
    rounded_below(height) block();
    for (x = boss_x, side = [0, 1]) rounded_below(height) boss_outlines(x, side);
}

module inner(r = 2.6) {
    translate([inner_l / 2, inner_w / 2]) offset(r) square([inner_l - 2 * r, inner_w - 2 * r], center = true);
}

// Four corners of a board of size at a place, from `inward` within it to `outward` beyond it.
module corners(at, size, inward, outward) {
    for (ix = [0, 1], iy = [0, 1])
        translate([at[0] + ix * size[0], at[1] + iy * size[1]]) mirror([ix, 0]) mirror([0, iy])
            translate([-outward, -outward]) square([inward[0] + outward, inward[1] + outward]);
}

// The board lies on pads at height z, kept in place by lips beside its corners.
module tray(at, size, z, reach, lip_h = pcb + 0.2, clear = fit) {
    if (z > 0) upright(z) corners(at, size, reach, clear + lip);
    upright(z + lip_h) difference() {
        corners(at, size, reach, clear + lip);
        translate([at[0] - clear, at[1] - clear]) square([size[0] + 2 * clear, size[1] + 2 * clear]);
    }
}

// What stands on the floor, kept within the walls.
module upright(height) {
    translate([0, 0, -0.1]) linear_extrude(height + 0.1) intersection() {
        children();
        offset(0.2) inner();
    }
}

module inside() {
    tray(feather_at, feather, feather_z, [4.5, 3.6]);
    tray(imu_at, breakout, low_z, [4, 4]);
    tray(driver_at, breakout, low_z, [4, 4], clear = 0.22);
    tray(gauge_at, gauge, gauge_z, [6, 1.0], lip_h = 1.4);
    tray(cell_at, cell, 0, [5, 4], lip_h = 3, clear = 0.6);
    upright(1.7) translate(motor_at) difference() {
        circle(d = motor[0] + 2 * fit + 2 * lip);
        circle(d = motor[0] + 2 * fit + 0.2);
        translate([-motor[0], -1.5]) square([motor[0], 3]);  // its leads leave towards the boards
    }
    // two cheeks and a sill take the slide switch; a drop of glue holds it
    upright(slider_at[1] + slider[1] / 2) for (end = [-1, 1])
        translate([0, slider_at[0] + end * (slider[0] / 2 + 0.2 + lip / 2) - lip / 2]) square([slider[2], lip]);
    upright(slider_at[1] - slider[1] / 2 - 0.05) translate([0, slider_at[0] - slider[0] / 2]) square([slider[2], slider[0]]);
}

module base() {
    difference() {
        union() {
            difference() {
                union() {
                    shell(floor_h + inner_h);
                    for (side = [0, 1]) rounded_below(ear[2], 3) ear_outline(side);
                }
                linear_extrude(inner_h + 1) inner();
            }
            inside();
        }
        // the corner for the silicone cord, where wall and lid meet
        hull() {
            translate([0, 0, inner_h - cord]) linear_extrude(0.01) inner();
            translate([0, 0, inner_h]) linear_extrude(1) offset(cord) inner();
        }
        // USB-C, wide enough for any plug; its roof is a bridge of 13 mm
        translate([-wall - 1, usb_at[0], usb_at[1]]) rotate([90, 0, 90])
            linear_extrude(wall + 2) offset(1) square([usb_plug[0] + 0.8 - 2, usb_plug[1] + 0.8 - 2], center = true);
        // lever of the slide switch: 2 mm of travel
        translate([-wall - 1, slider_at[0] - 2.4, slider_at[1] - 1.1]) cube([wall + 2, 4.8, 2.2]);
        translate([-wall - 1, slider_at[0] - 4, slider_at[1] - 2]) cube([1 + wall - 1.2, 8, 4]);
        for (side = [0, 1])
            translate([inner_l / 2, side ? inner_w + wall + 2 + slot[1] / 2 : -wall - 2 - slot[1] / 2, -floor_h - 1])
                linear_extrude(ear[2] + 2)
                    offset(1.2) square([slot[0] - 2.4, slot[1] - 2.4], center = true);
        at_bosses() translate([0, 0, inner_h - 11]) cylinder(d = screw_pilot, h = 12);
        // thinner under the motor, so that the skin feels it
        translate([motor_at[0], motor_at[1], -0.8]) cylinder(d = motor[0] + 2 * fit, h = 0.9);
    }
}

// Pins under the lid hold a board down at its corners, which have holes and no parts.
module pins(at, size, z, d) {
    for (ix = [0, 1], iy = [0, 1])
        translate([at[0] + (ix ? size[0] - 2.3 : 2.3), at[1] + (iy ? size[1] - 2.3 : 2.3), z + pcb + foam])
            cylinder(d = d, h = inner_h - z - pcb - foam + 0.1);
}

module lid() {
    button_wall = tact_stem[1] - 0.4;  // the stem stands 0.4 mm proud
    difference() {
        union() {
            translate([0, 0, inner_h]) linear_extrude(lid_h) block();
            translate([0, 0, inner_h]) linear_extrude(lid_h) for (x = boss_x, side = [0, 1]) boss_outlines(x, side);
            difference() {
                translate([0, 0, inner_h - 1.8]) linear_extrude(1.9) offset(delta = -slide) inner();
                translate([0, 0, inner_h - 3]) linear_extrude(3) offset(delta = -slide - lip) inner();
                // nothing hangs in front of the plug
                translate([-1, usb_at[0] - usb_plug[0] / 2 - 1, inner_h - 5]) cube([6, usb_plug[0] + 2, 5]);
            }
            pins(feather_at, feather, feather_z, 3.2);
            pins(imu_at, breakout, low_z, 3.6);
            pins(gauge_at, gauge, gauge_z, 3.2);
            translate([button_at[0], button_at[1], inner_h - 2.6])
                linear_extrude(2.7) square([tact[0] + 2 * fit + 2.8, tact[1] + 2 * fit + 2.8], center = true);
        }
        at_bosses() translate([0, 0, inner_h - 1]) cylinder(d = screw_hole, h = lid_h + 2);
        translate([button_at[0], button_at[1], inner_h - 5]) cylinder(d = tact_stem[0] + 2, h = 10);
        translate([button_at[0], button_at[1], inner_h + lid_h - button_wall - 10]) linear_extrude(10)
            square([tact[0] + 2 * fit, tact[1] + 2 * fit], center = true);
        // two legs a side leave room for wires
        translate([button_at[0], button_at[1], inner_h - 2.7]) linear_extrude(1.7)
            square([tact[0] + 6, tact[1] - 1.2], center = true);
    }
}

// A board, 0.05 mm above its pads, with parts on it everywhere but at its corners; rows of header holes are bare too.
module board(at, board_size, z, bare = 0) {
    size = board_size + [grow, 0, 0];
    translate([at[0], at[1], z + 0.05]) {
        linear_extrude(pcb) translate([size[0] / 2, size[1] / 2])
            offset(2.54) square([size[0] - 5.08, size[1] - 5.08], center = true);  // corners as in the [brd] files
        linear_extrude(size[2]) difference() {
            translate([0, bare]) square([size[0], size[1] - 2 * bare]);
            for (x = [0, size[0]], y = [0, size[1]]) translate([x, y]) square(9, center = true);
        }
    }
}

module parts() {
    board(feather_at, feather, feather_z, bare = 2.2);
    board(imu_at, breakout, low_z);
    board(driver_at, breakout, low_z);
    board(gauge_at, gauge, gauge_z);
    translate([cell_at[0], cell_at[1], 0.05]) cube([cell[0] + grow, cell[1], cell[2] + swell - 0.1]);
    translate([motor_at[0], motor_at[1], -0.75]) cylinder(d = motor[0], h = motor[1]);
    // USB plug with its overmold, as far in as it goes
    translate([-15, usb_at[0] - usb_plug[0] / 2, usb_at[1] - usb_plug[1] / 2]) cube([15, usb_plug[0], usb_plug[1]]);
    // plugs with the first bend of their wires: battery at the Feather and the gauge (JST PH), STEMMA QT (JST SH)
    translate([feather_at[0] + 5, feather_at[1] + feather[1] + 0.1, feather_z + pcb + 0.3]) cube([9, 8.5, 4.8]);
    translate([gauge_at[0] + 5, gauge_at[1] - 8.6, gauge_z + pcb + 0.3]) cube([15.4, 8.5, 4.8]);
    translate([feather_at[0] + feather[0] + 0.1, usb_at[0] - 3.5, feather_z + pcb]) cube([6, 7, 3]);
    for (end = [0, 1]) {
        translate([end ? gauge_at[0] + gauge[0] + 0.1 : gauge_at[0] - 5.1, gauge_at[1] + gauge[1] / 2 - 3.5, gauge_z + pcb]) cube([5, 7, 3]);
        translate([end ? driver_at[0] + breakout[0] + 0.1 : driver_at[0] - 5.1, driver_at[1] + breakout[1] / 2 - 3.5, low_z + pcb]) cube([5, 7, 3]);
    }
    translate([imu_at[0] + breakout[0] + 0.1, imu_at[1] + breakout[1] / 2 - 3.5, low_z + pcb]) cube([5, 7, 3]);
    // push button with its legs, slide switch with its pins
    translate([button_at[0], button_at[1], inner_h + lid_h - tact_stem[1] + 0.4 - tact[2] - 0.05]) {
        translate([-tact[0] / 2, -tact[1] / 2, 0]) cube(tact);
        cylinder(d = tact_stem[0], h = tact[2] + tact_stem[1]);
        translate([-tact[0] / 2, -tact[1] / 2, -3.5]) cube([tact[0], tact[1], 3.6]);
    }
    translate([0.05, slider_at[0] - slider[0] / 2, slider_at[1] - slider[1] / 2]) cube([slider[2] + 4, slider[0], slider[1]]);
}

module colours() {
    color("#2f6f4f") { board(feather_at, feather, feather_z, 2.2); board(imu_at, breakout, low_z); board(driver_at, breakout, low_z); board(gauge_at, gauge, gauge_z); }
    parts();
}

if (part == "base") translate([0, 0, floor_h]) base();
if (part == "lid") translate([0, inner_w, inner_h + lid_h]) rotate([180, 0, 0]) lid();
if (part == "parts") translate([0, 0, floor_h]) parts();
if (part == "clash") intersection() {
    union() { base(); lid(); }
    parts();
}
if (part == "assembly") { base(); colours(); %translate([0, 0, 25]) lid(); }
