"""The loader: picks the slot, counts starts, keeps a way in, starts the firmware.

/active names the slot (a or b). /starting counts, a slot, the starts in a row that failed, the one under way with them;
the firmware takes it away after 30 s. A start failed that ended before by a crash or the watchdog, which runs from the
import on; one that ended because the board was switched off did not, at whatever moment. Three that failed: the other
slot, if it holds a firmware with fewer that was not itself left in this way (/left), else safe mode, for which the
count stands in /failed: the LED stays lit and the prompt is free. A press within 2 s of the LED coming on asks for safe
mode or, where that was due, for one more try. Nothing that a file holds, and no full volume, keeps the board from
starting.
"""

import json
import os
import sys
import time

import machine
import micropython

# Tools that soft-reset the board in raw mode (mpremote, ampy, rshell, belay) end the firmware and every timer, and do
# not run main.py: whoever lists the files, unplugs and runs would record nothing. But boot.py runs then, so it holds a
# lease: after 25 s in which nobody typed or ran anything the board resets itself. What that is seen by: the heap, whose
# use changes with each line and each 16 characters of one, by other amounts than the second before.
BOOT = """# kneesync: written by main.py. The board comes back by itself after a tool's visit; service.stay() ends that.
import micropython
micropython.kbd_intr(-1)  # a Ctrl-C in here would keep main.py from running, and the lease from beginning
import gc
import machine
import os
import time


class Lease:
    QUIET_S = 22

    def __init__(self):
        self.timer = machine.Timer(-1)
        self.start()

    def start(self):
        self.quiet_s = self.used = self.change = 0
        self.timer.init(mode=machine.Timer.PERIODIC, period=1000, callback=self.look)

    def cancel(self):
        self.timer.deinit()

    def look(self, timer):
        used = gc.mem_alloc()
        change = used - self.used
        self.used = used
        if change < 0:  # a collection
            change = self.change
        self.quiet_s = self.quiet_s + 1 if change == self.change else 0
        self.change = change
        if self.quiet_s >= self.QUIET_S:
            self.reset()

    def reset(self):
        try:
            if time.gmtime()[0] >= 2024:  # set: persist.py takes it up again
                with open("/clock.new", "w") as file:
                    file.write(str(time.time()))
                os.rename("/clock.new", "/clock")
        finally:
            machine.reset()


kneesync_lease = Lease()
micropython.kbd_intr(3)
"""
STARTS_ALLOWED = 3
PRESS_S = 2
PRESS_LOOKS = 3  # in a row, 20 ms apart
CRASH_PAUSE_S = 1
WATCHDOG_MS = 8_000
WATCHDOG_CTRL_CLEAR = 0x4005_B000  # as in board.py
WATCHDOG_ENABLE = 1 << 30


def read(path, default):
    try:
        with open(path) as file:
            return file.read(256)
    except (OSError, ValueError):
        return default


def write(path, text):
    """Old text or new, whenever power goes; a volume that takes neither is passed over."""
    try:
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)
    except OSError as error:
        print("%s not written: %r" % (path, error))


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def failed_starts():
    """Slot -> starts in a row that came to nothing."""
    under_way = read("/starting", "")
    try:
        counts = json.loads(under_way or read("/failed", "{}"))
        failed = {slot: int(counts[slot]) for slot in counts if slot in "ab"}
    except Exception:  # whatever stands there
        return {}
    if under_way and failed.get(active()) and machine.reset_cause() == machine.PWRON_RESET:
        failed[active()] -= 1  # power went, not it
    return failed


def holds_app(slot):
    try:
        return "app.mpy" in os.listdir("/" + slot) or "app.py" in os.listdir("/" + slot)
    except OSError:
        return False


def active():
    return "b" if read("/active", "").strip() == "b" else "a"


def use(slot):
    sys.path[:] = [path for path in sys.path if path not in ("/a", "/b")]
    sys.path.insert(0, "/" + slot)


def find_board():
    """The slot's board.py, or None: a broken slot must not take the way in."""
    try:
        import board

        return board
    except Exception as error:
        print("board.py does not load: %r" % error)
        return None


def pressed_at_start(board):
    """Whether the button goes down while the start-up LED is lit, after it was up: a line that is low all the while is
    a lid on the stem, sweat or a short, and must not take every start."""
    board.led(1)
    end = time.ticks_add(time.ticks_ms(), PRESS_S * 1000)
    was_up = False
    down = 0
    while down < PRESS_LOOKS and time.ticks_diff(end, time.ticks_ms()) > 0:
        time.sleep_ms(20)
        pressed = board.pressed()
        was_up = was_up or not pressed
        down = down + 1 if pressed and was_up else 0
    board.led(0)
    return down >= PRESS_LOOKS


def let_host_in():
    """After a Ctrl-C: leave a prompt from which the board comes back by itself. More Ctrl-Cs do not cut this short."""
    while True:
        try:
            micropython.kbd_intr(-1)
            if "/a" not in sys.path and "/b" not in sys.path:  # it came before start() got that far
                use(active())
            import service

            service.let_in()
            break
        except KeyboardInterrupt:
            pass
        except Exception as error:  # a broken slot: still a prompt
            machine.mem32[WATCHDOG_CTRL_CLEAR] = WATCHDOG_ENABLE
            sys.print_exception(error)
            break
    micropython.kbd_intr(3)


def keep_lease():
    """Have /boot.py hold the lease, from this start on too; while the firmware runs, or in safe mode, there is none."""
    try:
        with open("/boot.py") as file:
            found = file.read()
    except (OSError, ValueError):
        found = ""
    if found != BOOT:
        if found and "kneesync" not in found:
            write("/boot.py.before", found)
        write("/boot.py", BOOT)
    if "kneesync_lease" not in globals():
        exec(BOOT, globals())
    globals()["kneesync_lease"].cancel()  # /boot.py runs in this module


def start():
    keep_lease()
    slot = active()
    failed = failed_starts()
    other = "a" if slot == "b" else "b"
    fresh = failed.get(other, 0) < STARTS_ALLOWED and read("/left", "") != other
    if failed.get(slot, 0) >= STARTS_ALLOWED and fresh and holds_app(other):
        print("%d starts of /%s failed; falling back to /%s" % (failed[slot], slot, other))
        write("/left", slot)
        write("/active", other)
        slot = other
    use(slot)
    board = find_board()
    if board:
        board.stop_motor()
    safe = failed.get(slot, 0) >= STARTS_ALLOWED
    if board and pressed_at_start(board):
        safe = not safe
    if safe:
        write("/failed", json.dumps(failed))
        remove("/starting")
        led = board.led if board else machine.Pin("LED", machine.Pin.OUT)
        led(1)
        print("kneesync safe mode: the prompt is yours; reset to start again")
        return
    failed[slot] = failed.get(slot, 0) + 1
    write("/starting", json.dumps(failed))
    print("starting /" + slot)  # flash.py looks for it
    machine.WDT(timeout=WATCHDOG_MS)  # a start that hangs is one that failed
    import app

    app.main()


try:
    start()
except KeyboardInterrupt:
    let_host_in()
    raise
except Exception as error:
    try:
        with open("/crash", "w") as file:  # for the doctor; printing may take half a second a line, or for ever
            sys.print_exception(error, file)
    except OSError:
        pass
    sys.print_exception(error)
    time.sleep(CRASH_PAUSE_S)
    machine.reset()
