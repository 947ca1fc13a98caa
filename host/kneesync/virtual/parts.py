"""What hangs on a virtual board, as it is wired: its pins and its bus, and on them IMU, motor and battery gauge."""

from kneesync.firmware import wiring
from kneesync.simulation.feed import Feed, Still
from kneesync.virtual.bus import I2CBus
from kneesync.virtual.chips.drv2605 import Drv2605
from kneesync.virtual.chips.lsm6dsox import Lsm6dsox
from kneesync.virtual.chips.max17048 import Max17048
from kneesync.virtual.chips.motor import PinMotor
from kneesync.virtual.clock import Clock
from kneesync.virtual.flash import Flash
from kneesync.virtual.hardware import Hardware


def told(flash: Flash) -> str:
    """The file /board, which the firmware's board.py reads; words that it does not know are left out."""
    try:
        words = flash.read_file("/board").decode(errors="replace").split()
    except OSError:
        return ""
    return " ".join(word for word in words if word in wiring.rows() or word in wiring.parts())


class Parts:
    """The models: `hardware`, `bus`, `imu`, `haptic` (a Drv2605, or what stands at the motor pin), `gauge` or None."""

    def __init__(self, wired: str, clock: Clock, board_id: bytes, feed: Feed | None, seed: int) -> None:
        def now_us() -> int:
            return clock.now_us

        self.wiring = wiring.wired(wired)
        self.bus = I2CBus({}, now_us=now_us)
        self.hardware = Hardware(clock, self.bus, self.wiring, board_id)
        if self.wiring.haptic == "DRV2605L":
            self.haptic = self.bus.devices[wiring.HAPTIC] = Drv2605(now_us)
        else:
            pin = self.wiring.motor_pin if self.wiring.haptic == "pin" else None
            self.haptic = PinMotor(self.hardware, pin, now_us)
        self.imu = Lsm6dsox(now_us, feed or Still(), chip=self.wiring.imu, motor=self.haptic, seed=seed)
        self.bus.devices[wiring.IMU] = self.imu
        self.gauge = None
        if self.wiring.battery == "MAX17048":
            self.gauge = self.bus.devices[wiring.GAUGE] = Max17048(lambda: self.hardware.battery_mv, now_us)
