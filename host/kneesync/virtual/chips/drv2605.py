"""TI DRV2605L haptic driver, by register, and a log of what its motor did.

Source: data sheet SLOS854, section "Register Map"; its rows carry the names below. The model plays the waveform
sequencer and real-time playback (sections of these names); triggers on the pin, PWM, audio, diagnostics and
auto-calibration raise RegisterError. STATUS latches over-current (`shorted`) until it is read. Only its supply takes
the chip back to standby: EN is tied to VCC on the breakout, so a reset of the board leaves the motor running.

TI publishes names and strengths of the effects (section "Waveform Library Effects List") but no durations. Two
are in the names (750 ms and 1000 ms alerts); **the others here are our estimate**. Where a duration matters, drive the
motor in real-time playback: that is exact.
"""

from collections.abc import Callable

from kneesync.virtual.bus import RegisterError
from kneesync.virtual.chips import erm

STANDBY = 0x40
DEV_RESET = 0x80
MODE_TRIGGER, MODE_REAL_TIME = 0, 5
_MODE, _RTP, _LIBRARY, _SLOTS, _GO = 0x01, 0x02, 0x03, 0x04, 0x0C
_CONTROL2, _CONTROL3 = 0x1C, 0x1D
_OC_DETECT = 0x01  # STATUS; latched until it is read
_BIDIR, _RTP_UNSIGNED, _ERM_OPEN_LOOP = 0x80, 0x08, 0x20

# address: (name, value after reset, bits the model takes), SLOS854 table "Register Map Overview".
_REGISTERS = {
    0x01: ("MODE", 0x40, 0xC7),
    0x02: ("RTP_INPUT", 0x00, 0xFF),
    0x03: ("LIBRARY_SELECTION", 0x01, 0x17),
    **{_SLOTS + slot: (f"WAV_FRM_SEQ{slot + 1}", 1 if slot == 0 else 0, 0xFF) for slot in range(8)},
    0x0C: ("GO", 0x00, 0x01),
    0x0D: ("OVERDRIVE_TIME_OFFSET", 0x00, 0xFF),
    0x0E: ("SUSTAIN_TIME_OFFSET_POS", 0x00, 0xFF),
    0x0F: ("SUSTAIN_TIME_OFFSET_NEG", 0x00, 0xFF),
    0x10: ("BRAKE_TIME_OFFSET", 0x00, 0xFF),
    0x11: ("AUDIO_CONTROL", 0x05, 0x0F),
    0x12: ("AUDIO_MIN_INPUT", 0x19, 0xFF),
    0x13: ("AUDIO_MAX_INPUT", 0xFF, 0xFF),
    0x14: ("AUDIO_MIN_DRIVE", 0x19, 0xFF),
    0x15: ("AUDIO_MAX_DRIVE", 0xFF, 0xFF),
    0x16: ("RATED_VOLTAGE", 0x3E, 0xFF),
    0x17: ("OD_CLAMP", 0x8C, 0xFF),
    0x18: ("A_CAL_COMP", 0x0C, 0xFF),
    0x19: ("A_CAL_BEMF", 0x6C, 0xFF),
    0x1A: ("FEEDBACK_CONTROL", 0x36, 0xFF),
    0x1B: ("CONTROL1", 0x93, 0xFF),
    0x1C: ("CONTROL2", 0xF5, 0xFF),
    0x1D: ("CONTROL3", 0xA0, 0xFF),
    0x1E: ("CONTROL4", 0x20, 0xFE),
    0x1F: ("CONTROL5", 0x80, 0xFF),
    0x20: ("LRA_OPEN_LOOP_PERIOD", 0x33, 0x7F),
}
_STATUS, _VBAT, _LRA_PERIOD = 0x00, 0x21, 0x22

# First effect number, name, our estimate of its duration in ms, strengths in percent of consecutive numbers.
_FADING = (100, 80, 60, 40, 20, 10)
_EFFECTS = (
    (1, "strong click", 60, (100, 60, 30)), (4, "sharp click", 40, (100, 60, 30)), (7, "soft bump", 80, (100, 60, 30)),
    (10, "double click", 200, (100, 60)), (12, "triple click", 300, (100,)), (13, "soft fuzz", 250, (60,)),
    (14, "strong buzz", 500, (100,)), (15, "750 ms alert", 750, (100,)), (16, "1000 ms alert", 1000, (100,)),
    (17, "strong click", 60, (100, 80, 60, 30)), (21, "medium click", 50, (100, 80, 60)),
    (24, "sharp tick", 30, (100, 80, 60)), (27, "short double click strong", 150, (100, 80, 60, 30)),
    (31, "short double click medium", 150, (100, 80, 60)), (34, "short double sharp tick", 120, (100, 80, 60)),
    (37, "long double sharp click strong", 300, (100, 80, 60, 30)),
    (41, "long double sharp click medium", 300, (100, 80, 60)), (44, "long double sharp tick", 280, (100, 80, 60)),
    (47, "buzz", 300, (100, 80, 60, 40, 20)), (52, "pulsing strong", 500, (100, 60)),
    (54, "pulsing medium", 500, (100, 60)), (56, "pulsing sharp", 500, (100, 60)),
    (58, "transition click", 150, _FADING), (64, "transition hum", 300, _FADING),
    (70, "ramp down", 500, (100,) * 12), (82, "ramp up", 500, (100,) * 12),
    (94, "ramp down", 500, (50,) * 12), (106, "ramp up", 500, (50,) * 12),
    (118, "long buzz", 10_000, (100,)), (119, "smooth hum", 1000, (50, 40, 30, 20, 10)),
)  # fmt: skip
EFFECTS = {
    first + i: (name, ms, percent / 100) for first, name, ms, percents in _EFFECTS for i, percent in enumerate(percents)
}
"""Effect number -> (name, duration in ms, strength 0..1)."""


class Drv2605:
    """The chip at 0x5A. `now_us`: the simulated clock. `device_id` 7 is a DRV2605L, 3 a DRV2605."""

    def __init__(self, now_us: Callable[[], int], device_id: int = 7, vdd_mv: int = 3300) -> None:
        self._now_us = now_us
        self._device_id = device_id
        self._vdd_mv = vdd_mv
        self.stalled = False  # the motor does not turn: a lead is off, or its weight jams
        self.shorted = False  # its leads touch: over-current whenever it is driven
        self._latched = 0
        self._log = []  # [start_us, end_us or None while real-time playback drives it, what, amplitude]
        self.power_on()

    def power_on(self) -> None:
        """As after power-on or DEV_RESET. The log goes on: it is the motor's, not the chip's."""
        self._stop()
        self._registers = {address: reset for address, (_, reset, _) in _REGISTERS.items()}
        self._pointer = 0
        self._busy_until_us = 0

    @property
    def log(self) -> list[tuple[int, int, str, float]]:
        """What the motor did: (start_us, end_us, what, amplitude -1..1), oldest first.

        What still runs ends as planned; under real-time playback, now.
        """
        now_us = self._now_us()
        return [(a, now_us if b is None else b, what, share) for a, b, what, share in self._log if a <= now_us]

    def felt(self) -> list[tuple[float, float]]:
        """(start_us, end_us) of each burst that a thigh has felt so far (erm.py)."""
        log = self.log
        return erm.felt(log, log[0][0], self._now_us() + 1) if log and not self.stalled else []

    def motor_on(self, t_us: int) -> bool:
        """Whether the motor is driven at that time."""
        return bool(self.pulses(t_us, t_us + 1))

    def pulses(self, from_us: float, to_us: float) -> list[tuple[float, float, str, float]]:
        """The log's rows that touch from_us <= t < to_us, newest first."""
        found = []
        for start_us, end_us, what, share in reversed(self._log):
            if end_us is not None and end_us <= from_us:
                break  # rows follow each other in time
            if start_us < to_us:
                found.append((start_us, to_us if end_us is None else end_us, what, share))
        return found

    def write(self, data: bytes) -> None:
        """Register address, then values for it and the following ones."""
        if not data:
            return
        self._pointer = data[0]
        for value in data[1:]:
            self._write_register(self._pointer, value)
            self._pointer += 1

    def read(self, n: int) -> bytes:
        """`n` registers from the pointer on."""
        values = bytes(self._read_register(self._pointer + i) for i in range(n))
        self._pointer += n
        return values

    def _read_register(self, address):
        if address == _STATUS:
            latched, self._latched = self._latched, 0
            return self._device_id << 5 | latched
        if address == _GO:
            return int(self._now_us() < self._busy_until_us)
        if address == _VBAT:
            return min(255, self._vdd_mv * 255 // 5600)  # VBAT register: VDD = VBAT × 5.6 V / 255
        if address == _LRA_PERIOD:
            return 0
        if address not in self._registers:
            raise RegisterError(f"DRV2605L has no register 0x{address:02X} that the model knows")
        return self._registers[address]

    def _write_register(self, address, value):
        if address in (_STATUS, _VBAT, _LRA_PERIOD):
            raise RegisterError(f"DRV2605L register 0x{address:02X} is read-only; 0x{value:02X} was written")
        if address not in self._registers:
            raise RegisterError(f"DRV2605L has no register 0x{address:02X} that the model knows")
        name, _, known = _REGISTERS[address]
        if value & ~known:
            raise RegisterError(f"DRV2605L {name}: the model does not know bits 0x{value & ~known:02X}")
        if address == _MODE and value & DEV_RESET:
            self.power_on()
            return
        if address == _MODE and value & 7 not in (MODE_TRIGGER, MODE_REAL_TIME):
            raise RegisterError(f"DRV2605L MODE {value & 7} is not modelled (0 internal trigger, 5 real-time playback)")
        if address == _GO:
            self._go(value)
            return
        changed = self._registers[address] != value
        self._registers[address] = value
        if address == _MODE and changed:
            self._stop()
        if address in (_MODE, _RTP, _CONTROL2, _CONTROL3):
            self._drive()

    def _go(self, value):
        """GO (0x0C): 1 plays the sequence from slot 1, 0 stops it. While it plays, another 1 changes nothing."""
        if self._registers[_MODE] != MODE_TRIGGER:
            return  # standby plays nothing; real-time playback does not look at GO
        if not value:
            self._stop()
        elif self._now_us() >= self._busy_until_us:
            self._play()

    def _play(self):
        """Slots in order up to the first 0: effects, or waits of 10 ms a count where bit 7 is set."""
        if self._registers[_LIBRARY] & 7 in (0, 6):
            raise RegisterError("DRV2605L GO with library 0 or 6; the model has the ERM libraries 1 to 5 and 7")
        t_us = self._now_us()
        for slot in range(8):
            entry = self._registers[_SLOTS + slot]
            if not entry:
                break
            if entry & 0x80:
                t_us += (entry & 0x7F) * 10_000
                continue
            if entry not in EFFECTS:
                raise RegisterError(f"DRV2605L slot {slot + 1} holds effect {entry}; the library has 1 to 123")
            name, ms, share = EFFECTS[entry]
            self._log.append([t_us, t_us + ms * 1000, f"effect {entry} {name}", share])
            t_us += ms * 1000
        self._busy_until_us = t_us

    def _drive(self):
        """Real-time playback: the motor follows RTP_INPUT as long as the mode lasts."""
        share = self._real_time_share() if self._registers[_MODE] == MODE_REAL_TIME else 0.0
        running = self._log and self._log[-1][1] is None
        if running and self._log[-1][3] == share:
            return
        if running:
            self._log[-1][1] = self._now_us()
        if share:
            self._log.append([self._now_us(), None, "real-time playback", share])
            if self.shorted:
                self._latched |= _OC_DETECT

    def _real_time_share(self):
        """RTP_INPUT as a share of full drive, -1 .. 1. Negative brakes the motor, then turns it the other way."""
        value, signed = self._registers[_RTP], not self._registers[_CONTROL3] & _RTP_UNSIGNED
        both_ways = self._registers[_CONTROL3] & _ERM_OPEN_LOOP or self._registers[_CONTROL2] & _BIDIR
        if signed:
            value = value - 256 if value > 127 else value
            return max(-1.0, value / 127) if both_ways else max(0.0, value / 127)
        return max(-1.0, (value - 128) / 127) if both_ways else value / 255

    def _stop(self):
        """Cut what plays at this moment; drop what was planned after it."""
        now_us = self._now_us()
        while self._log and self._log[-1][0] >= now_us:
            self._log.pop()
        if self._log and (self._log[-1][1] is None or self._log[-1][1] > now_us):
            self._log[-1][1] = now_us
        self._busy_until_us = now_us
