"""What an LSM6DSOX makes of a motion: mounting, bias, scale, noise, range, counts, and its own idea of 104 Hz.

Figures: LSM6DSOX datasheet DS12814, table 2 "Mechanical characteristics" (typical values): sensitivity 70 mdps and
0.488 mg per count at ±2000 dps and ±16 g, tolerance ±1 %; zero-rate level ±1 dps, zero-g level ±20 mg; noise density
3.8 mdps/√Hz and 110 µg/√Hz; zero-rate change 0.01 dps/K. The rate is off 6667/64 Hz by up to a few per cent.
"""

from dataclasses import dataclass, replace

import numpy as np

from .feed import ACC_G_PER_LSB, GYRO_DPS_PER_LSB, NOMINAL_HZ

_WARM_UP_S = 240.0  # the chip's temperature after switching on and strapping to a warm leg (assumption)

Quaternion = tuple[float, float, float, float]


def turned(first: Quaternion, then: Quaternion) -> Quaternion:
    """The rotation `first` followed by `then`; quaternions are x, y, z, w."""
    ax, ay, az, aw = then
    bx, by, bz, bw = first
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def rotation(axis: tuple[float, float, float], angle_deg: float) -> Quaternion:
    """The quaternion that turns by an angle about an axis."""
    x, y, z = np.array(axis, float) / np.linalg.norm(axis) * np.sin(np.radians(angle_deg) / 2)
    return float(x), float(y), float(z), float(np.cos(np.radians(angle_deg) / 2))


def mounting(
    around_deg: float = 0.0, tilt_deg: float = 0.0, towards_deg: float = 0.0, upside_down: bool = False
) -> Quaternion:
    """Thigh frame to chip frame of a board strapped on: turned about the thigh, then tilted off it.

    `towards_deg` says about which horizontal axis it tilts (0: about x). Upside down turns it half round about x first.
    """
    towards = np.radians(towards_deg)
    first = rotation((1, 0, 0), 180.0) if upside_down else (0.0, 0.0, 0.0, 1.0)
    strapped = turned(first, rotation((0, 1, 0), around_deg))
    return turned(strapped, rotation((float(np.cos(towards)), 0.0, float(np.sin(towards))), tilt_deg))


@dataclass(frozen=True)
class Sensor:
    """One chip on one leg. The defaults are a perfect chip on the thigh frame; `drawn` gives real ones."""

    mount_xyzw: Quaternion = (0.0, 0.0, 0.0, 1.0)
    rate_error: float = 0.0  # share: true rate = NOMINAL_HZ * (1 + rate_error)
    gyro_bias_dps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gyro_warm_up_dps: tuple[float, float, float] = (0.0, 0.0, 0.0)  # what the bias moves by while warming up
    acc_bias_g: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gyro_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    acc_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gyro_noise_dps_rthz: float = 0.0
    acc_noise_g_rthz: float = 0.0

    @classmethod
    def drawn(cls, seed: int, **changes) -> "Sensor":
        """A chip and a strap-up as they come: within the datasheet, ±35 degrees about the thigh and 25 off it."""
        rng = np.random.default_rng([seed, 0x5E])

        def three(limit: float, centre: float = 0.0) -> tuple[float, float, float]:
            x, y, z = centre + np.clip(rng.normal(0, limit / 2, 3), -limit, limit)
            return float(x), float(y), float(z)

        mount = mounting(rng.uniform(-35, 35), 25 * np.sqrt(rng.uniform()), rng.uniform(0, 360))
        chip = cls(
            mount_xyzw=mount,
            rate_error=float(rng.uniform(-0.02, 0.02)),
            gyro_bias_dps=three(2.0),
            gyro_warm_up_dps=three(0.15),
            acc_bias_g=three(0.02),
            gyro_scale=three(0.01, 1.0),
            acc_scale=three(0.01, 1.0),
            gyro_noise_dps_rthz=0.0038,
            acc_noise_g_rthz=0.00011,
        )
        return replace(chip, **changes)

    @property
    def fs_hz(self) -> float:
        """The true sample rate."""
        return NOMINAL_HZ * (1 + self.rate_error)

    def counts(self, gyro_dps: np.ndarray, acc_g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """int16 (N, 6) counts, gyro then acc, of true body rates and specific force in chip axes (N, 3 each).

        Full scale clips as the chip's registers do, at 32767 and -32768.
        """
        n = len(gyro_dps)
        warm = -np.expm1(-np.arange(n) / self.fs_hz / _WARM_UP_S)[:, None]
        noise = np.sqrt(self.fs_hz / 2)
        gyro = gyro_dps * np.array(self.gyro_scale) + self.gyro_bias_dps + warm * np.array(self.gyro_warm_up_dps)
        gyro += self.gyro_noise_dps_rthz * noise * rng.standard_normal((n, 3))
        acc = acc_g * np.array(self.acc_scale) + self.acc_bias_g
        acc += self.acc_noise_g_rthz * noise * rng.standard_normal((n, 3))
        raw = np.hstack((gyro / GYRO_DPS_PER_LSB, acc / ACC_G_PER_LSB))
        return np.clip(np.rint(raw), -32768, 32767).astype(np.int16)


def matrix(quat_xyzw: np.ndarray | tuple) -> np.ndarray:
    """The rotation matrix (3, 3) of a unit quaternion: `matrix(mount) @ v` is v of the thigh in chip axes."""
    x, y, z, w = quat_xyzw
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
