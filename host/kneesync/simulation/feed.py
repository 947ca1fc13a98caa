"""Feeds: what the thigh does while the board watches, as the counts an LSM6DSOX would give.

A feed has
- `fs_hz`: the chip's true sample rate while it believes it runs at 104 Hz,
- `length`: samples it has; sample k stands for the time k / fs_hz after its start,
- `block(start, count)`: int16 (count, 6): gyro x y z, acceleration x y z, chip axes, at ±2000 dps (0.070 dps a count)
  and ±16 g (0.000488 g a count). Before sample 0 and from `length` on it stands as it stood at its start,
- `truth`: a dict of what really happened, or None. The board never sees it.
"""

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from kneesync.errors import KneesyncError

GYRO_DPS_PER_LSB = 0.070
ACC_G_PER_LSB = 0.000488
NOMINAL_HZ = 6667 / 64
"""What the data sheet calls 104 Hz (INTERNAL_FREQ_FINE: ODR_actual)."""

_STANDING_S = 4.0  # of the start, played forth and back where the feed has nothing else to say
_MOST_SAMPLES = 104 * 3600 * 12
_MOST_BYTES = 512 << 20  # unpacked: a zip of zeros must not fill the memory
_RATES_HZ = (94.0, 115.0)  # the chip's own register can say ±19 %; a real one is within a few per cent
_TRUTH_ARRAYS = ("truth_peak_t_s", "truth_peak_deg", "truth_touchdown_s", "mount_quat_xyzw", "drop_t_s", "drop_deg")
_TRUTH_NUMBERS = ("t_run_s", "t_end_s", "duration_s", "speed_mps")
# Whatever zipfile and numpy raise over bytes that are not what they claim to be (RuntimeError: an encrypted zip).
_UNREADABLE = (OSError, EOFError, ValueError, KeyError, SyntaxError, MemoryError, RuntimeError)
_UNREADABLE += (NotImplementedError, zipfile.BadZipFile, zlib.error)
_LABELS = ("subject", "leg", "kind")


class Feed(Protocol):
    """What this module's docstring says of a feed."""

    @property
    def fs_hz(self) -> float: ...

    @property
    def length(self) -> int: ...

    @property
    def truth(self) -> dict[str, Any] | None: ...

    def block(self, start: int, count: int) -> np.ndarray: ...


class ArrayFeed:
    """A feed over an int16 array (N, 6) in memory."""

    def __init__(self, samples: ArrayLike, fs_hz: float, truth: dict[str, Any] | None = None) -> None:
        self._samples = np.ascontiguousarray(samples, dtype=np.int16)
        self.fs_hz = float(fs_hz)
        self.length = len(self._samples)
        self.truth: dict[str, Any] | None = truth
        self._standing = max(1, min(self.length, round(_STANDING_S * self.fs_hz)))

    def block(self, start: int, count: int) -> np.ndarray:
        """Samples start .. start + count - 1 as int16 (count, 6); standing outside 0 .. length - 1."""
        if start >= 0 and start + count <= self.length:
            return self._samples[start : start + count]
        index = np.arange(start, start + count)
        # Forth and back, so that the standing pose keeps its noise and never jumps.
        outside = np.where(index < 0, -1 - index, index - self.length) % max(1, 2 * self._standing - 2)
        folded = np.where(outside < self._standing, outside, 2 * self._standing - 2 - outside)
        return self._samples[np.where((index >= 0) & (index < self.length), index, folded)]


class Still(ArrayFeed):
    """A board that stands still for ever.

    `up`: where up is in chip axes (any length), `gyro_bias_dps` the gyro's zero offset, `noise_lsb` the standard
    deviation of both sensors in counts. The default pose is a board standing on its edge, x up.
    """

    def __init__(
        self,
        up: ArrayLike = (1.0, 0.0, 0.0),
        fs_hz: float = NOMINAL_HZ,
        gyro_bias_dps: ArrayLike = (0.0, 0.0, 0.0),
        noise_lsb: float = 1.0,
        seed: int = 0,
    ) -> None:
        up_g = np.asarray(up, dtype=float)
        mean = np.concatenate(
            [np.asarray(gyro_bias_dps) / GYRO_DPS_PER_LSB, up_g / np.linalg.norm(up_g) / ACC_G_PER_LSB]
        )
        noise = np.random.default_rng(seed).normal(0.0, noise_lsb, (round(_STANDING_S * fs_hz), 6))
        super().__init__(np.rint(mean + noise), fs_hz)
        self.length = 0


class Recording(ArrayFeed):
    """A recording of docs/recordings.md. KneesyncError, in one line, if the file is not one.

    `labels`: subject, leg, kind as far as the file has them.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        fields = _fields(self.path)
        gyr, acc = (_counts(self.path, fields, name) for name in ("gyr_lsb", "acc_lsb"))
        if len(gyr) != len(acc):
            raise _refused(self.path, f"gyr_lsb has {len(gyr)} samples and acc_lsb {len(acc)}", "the same number")
        for name, wanted in (("gyr_dps_per_lsb", GYRO_DPS_PER_LSB), ("acc_g_per_lsb", ACC_G_PER_LSB)):
            found = _number(self.path, fields, name)
            if abs(found / wanted - 1) > 1e-3:
                raise _refused(self.path, f"{name} is {found:g}", f"{wanted:g} (±2000 dps, ±16 g)")
        fs_hz = _number(self.path, fields, "fs_hz")
        if not _RATES_HZ[0] <= fs_hz <= _RATES_HZ[1]:
            raise _refused(self.path, f"fs_hz is {fs_hz:g}", f"{_RATES_HZ[0]:g} to {_RATES_HZ[1]:g} Hz")
        super().__init__(np.hstack([gyr, acc]), fs_hz, _truth(self.path, fields, len(gyr), fs_hz))
        self.labels = {name: str(fields[name]) for name in _LABELS if name in fields and fields[name].ndim == 0}


def recordings_folder() -> Path:
    """Where recordings stand: the environment variable KNEESYNC_RECORDINGS, else ../shared/data beside the project.

    A Path that need not exist: where there are none, tests that want them are skipped.
    """
    named = os.environ.get("KNEESYNC_RECORDINGS")
    return Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"


def recordings(kind: str = "*") -> list[Path]:
    """Paths of the recordings found, sorted; `kind`: `trials`, `runs` or `*`."""
    return sorted(recordings_folder().glob(f"{kind}/*.npz"))


def _refused(path, found, expected):
    return KneesyncError(f"{path}: {found}; a recording has {expected}. docs/recordings.md shows how to make one.")


def _fields(path):
    """Every array of the file by name. Nothing in it is unpickled; nothing larger than the limits is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > _MOST_BYTES:
            raise _refused(path, f"{unpacked >> 20} MiB unpacked", f"at most {_MOST_BYTES >> 20} MiB")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise KneesyncError(f"{path}: no such file; give the path of a recording (.npz).") from None
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise KneesyncError(
            f"{path}: not a readable recording ({reason}); expected a complete .npz file as docs/recordings.md says."
        ) from None


def _array(path, fields, name):
    if name not in fields:
        raise _refused(path, f"no {name} in it", f"an array {name}")
    return fields[name]


def _counts(path, fields, name):
    array = _array(path, fields, name)
    if array.dtype != np.int16 or array.ndim != 2 or array.shape[1] != 3:
        raise _refused(path, f"{name} is {array.dtype} of shape {array.shape}", f"{name} as int16 of shape (N, 3)")
    if not 2 <= len(array) <= _MOST_SAMPLES:
        raise _refused(path, f"{len(array)} samples in {name}", f"2 to {_MOST_SAMPLES}")
    return array


def _number(path, fields, name):
    array = _array(path, fields, name)
    if array.ndim or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array) or not np.isfinite(array):
        raise _refused(path, f"{name} is not one finite number", f"{name} as a number")
    return float(array)


def _truth(path, fields, samples, fs_hz):
    """The truth keys the file has, checked; a recording of a real board has none of them, which is None."""
    if "duration_s" in fields:
        duration_s = _number(path, fields, "duration_s")
        if abs(duration_s - samples / fs_hz) > 0.02 + 0.001 * duration_s:
            raise _refused(path, f"{samples} samples at {fs_hz:.2f} Hz but duration_s {duration_s:g}", "both alike")
    truth = {name: _number(path, fields, name) for name in _TRUTH_NUMBERS if name in fields}
    for name in _TRUTH_ARRAYS:
        if name in fields:
            array = fields[name]
            if array.ndim != 1 or not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
                raise _refused(path, f"{name} holds something else than finite numbers", f"{name} as floats (N,)")
            truth[name] = array
    for first, second in (("truth_peak_t_s", "truth_peak_deg"), ("drop_t_s", "drop_deg")):
        if (first in truth) != (second in truth) or np.size(truth.get(first, ())) != np.size(truth.get(second, ())):
            raise _refused(path, f"{first} and {second} differ in length", "one value each")
    if "truth_tilt_cdeg" in fields:
        tilt = fields["truth_tilt_cdeg"]
        if tilt.dtype != np.int16 or tilt.shape != (samples,):
            raise _refused(path, f"truth_tilt_cdeg is {tilt.dtype} {tilt.shape}", f"int16 of shape ({samples},)")
        truth["truth_tilt_cdeg"] = tilt
    return truth if any(name in truth for name in (*_TRUTH_ARRAYS, "truth_tilt_cdeg")) else None
