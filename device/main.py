"""The loader: picks the slot, counts starts, keeps a way in, starts the firmware.

/active names the slot (a or b). /starting counts, a slot, the starts in a row that failed. The firmware renames it /ran
when its loop turns, and takes it away after 30 s. A start failed that never came to its loop, or that ended within 30 s
by a crash or the watchdog; one that ended there because the board was switched off did not. Three that failed: the
other slot, if it holds a firmware with fewer that was not itself left in this way
(/left), else safe mode: the LED stays lit and the prompt is free. A press within 2 s of the LED coming on asks for safe
mode or, where that was due, for one more try. Nothing that a file holds, and no full volume, keeps the board from
starting.
"""

import json
import os
import sys
import time

import machine
import micropython

STARTS_ALLOWED = 3
PRESS_S = 2
PRESS_LOOKS = 3  # in a row, 20 ms apart
CRASH_PAUSE_S = 1


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


def failed_starts():
    """Slot -> starts in a row that came to nothing."""
    pending = read("/starting", "")
    try:
        counts = json.loads(pending or read("/ran", "{}"))
        failed = {slot: int(counts[slot]) for slot in counts if slot in "ab"}
    except Exception:  # whatever stands there
        return {}
    if not pending and failed.get(active()) and machine.reset_cause() == machine.PWRON_RESET:
        failed[active()] -= 1  # it ran; then power went, not it
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
            sys.print_exception(error)
            break
    micropython.kbd_intr(3)


def start():
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
        led = board.led if board else machine.Pin("LED", machine.Pin.OUT)
        led(1)
        print("kneesync safe mode: the prompt is yours; reset to start again")
        return
    failed[slot] = failed.get(slot, 0) + 1
    write("/starting", json.dumps(failed))
    print("starting /" + slot)  # flash.py looks for it
    import app

    app.main()


try:
    start()
except KeyboardInterrupt:
    let_host_in()
    raise
except Exception as error:
    sys.print_exception(error)
    try:
        with open("/crash", "w") as file:  # for the doctor
            sys.print_exception(error, file)
    except OSError:
        pass
    time.sleep(CRASH_PAUSE_S)
    machine.reset()
