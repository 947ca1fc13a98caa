"""A session beside a laboratory's reference: laid together, agreement as by hand, what is wrong with a CSV."""

import json

import numpy as np
import pytest

from kneesync.analysis.reference import Reference, read
from kneesync.analysis.validation import angle_agreement, validate
from kneesync.errors import KneesyncError
from tests.support import simulated_strides as sim
from tests.support.laboratory import reference


@pytest.mark.parametrize(("from_s", "to_s"), [(0, 1500), (600, 660), (900, 930)])
def test_the_offset_and_the_bias_are_found(from_s, to_s):
    biases = limits = 0
    for seed in range(8):
        session = sim.run(25, seed)
        found = validate(session, reference(session, from_s, to_s, seed=seed))
        assert found.offset_s == pytest.approx(123.4, abs=0.01) and found.offset_clear > 2
        assert found.strides.missed == 0
        lift = found.knee_lift
        biases += lift.bias_interval_deg[0] <= 1.5 <= lift.bias_interval_deg[1]
        low, high = lift.limits_intervals_deg[1]
        limits += low <= 1.5 + 1.96 * 0.5 <= high
        assert lift.rmse_deg == pytest.approx(np.hypot(1.5, 0.5), abs=0.15 if to_s > 1000 else 0.35)
    assert biases >= 5 and limits >= 5  # of 8 at 95 %


def test_agreement_by_hand():
    found, true = np.array([40.0, 42, 44, 46] * 10), np.array([39.0, 42, 43, 44] * 10)
    lift = angle_agreement(found, true)
    assert lift.bias_deg == pytest.approx(1.0)
    sd = np.std(found - true, ddof=1)
    assert lift.sd_deg == pytest.approx(sd)
    assert lift.limits_deg == [pytest.approx(1 - 1.96 * sd), pytest.approx(1 + 1.96 * sd)]
    assert lift.rmse_deg == pytest.approx(np.sqrt(1.5)) and lift.mae_deg == pytest.approx(1.0)
    assert lift.r == pytest.approx(np.corrcoef(found, true)[0, 1])
    # ICC(A,1) by its definition, from the two-way table
    table = np.stack([found, true], axis=1)
    n, k = table.shape
    rows = k * np.sum((table.mean(axis=1) - table.mean()) ** 2) / (n - 1)
    columns = n * np.sum((table.mean(axis=0) - table.mean()) ** 2) / (k - 1)
    rest = np.sum((table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()) ** 2)
    rest /= (n - 1) * (k - 1)
    assert lift.icc == pytest.approx((rows - rest) / (rows + (k - 1) * rest + k / n * (columns - rest)))
    slope = np.polyfit(table.mean(axis=1), found - true, 1)[0]
    assert lift.slope_per_deg == pytest.approx(slope)


def test_missed_and_invented_strides_are_counted():
    session = sim.run(10, 1)
    true = reference(session, missed=0, zero_s=0, timing_s=0)
    keep = np.ones(len(true.t_s), bool)
    keep[100:105] = False
    less = Reference(true.t_s[keep], true.knee_lift_deg[keep], true.extension_deg[keep], False, "knee_lift_deg")
    assert validate(session, less).strides.invented == 5
    extra = np.sort(np.append(true.t_s, true.t_s[200] + 0.3))
    more = Reference(extra, np.full(len(extra), 41.0), np.full(len(extra), np.nan), False, "knee_lift_deg")
    strides = validate(session, more, offset_s=0.0).strides
    assert (strides.missed, strides.invented) == (1, 0)


def test_another_runs_reference_is_refused():
    for seed in range(6):
        wrong = reference(sim.run(25, seed + 50), 300, 600, zero_s=0)
        with pytest.raises(KneesyncError, match=r"is it of this run|are they of the same run"):
            validate(sim.run(25, seed), wrong)
    with pytest.raises(KneesyncError, match="of the reference lie within 60 ms"):
        validate(sim.run(25, 1), reference(sim.run(25, 60), 300, 600, zero_s=0), offset_s=0.0)


def series(session, path, rate_hz=200, name="thigh_angle_deg"):
    """A thigh angle over time through the session's peaks and lowest points, as a CSV; the zero is at 400 s."""
    columns = session.columns
    peaks = columns["t_s"][500:600]
    lifts, lows = columns["knee_lift_deg"][500:600], columns["extension_deg"][500:600]
    t_s = np.arange(peaks[0] - 0.1, peaks[-1] + 0.1, 1 / rate_hz)
    phase = np.interp(t_s, peaks, np.arange(len(peaks)))
    nth = np.clip(np.round(phase).astype(int), 0, len(peaks) - 1)
    low = lows[np.clip(np.ceil(phase).astype(int), 0, len(peaks) - 1)]
    swing = (1 + np.cos(2 * np.pi * phase)) / 2
    angle = low + (lifts[nth] - low) * swing
    rows = "".join(f"{t - 400:.4f},{a:.3f}\n" for t, a in zip(t_s, angle, strict=True))
    path.write_text(f"t_s,{name}\n{rows}", encoding="utf-8")


def test_peaks_are_taken_from_a_series_of_angles(tmp_path):
    session = sim.run(10, 2)
    series(session, tmp_path / "lab.csv")
    found = validate(session, read(tmp_path / "lab.csv"))
    assert found.reference == "thigh_angle_deg" and found.offset_s == pytest.approx(400, abs=0.01)
    assert found.strides.matched >= 97 and found.strides.missed == 0
    assert abs(found.knee_lift.bias_deg) < 0.05 and found.knee_lift.rmse_deg < 0.1
    assert abs(found.extension.bias_deg) < 0.3


GOOD = "t_s,knee_lift_deg\n" + "".join(f"{0.7 * i:.3f},{41 + i % 3}\n" for i in range(40))
BAD = [
    ("", "is empty; expected the columns"),
    ("a,b\n1,2\n", "has the columns a, b; expected the columns t_s"),
    ("t_s,knee_lift_deg\n", "has 0 rows of values"),
    ("t_s,knee_lift_deg\n0,41\n0.7,high\n", "row 3, column knee_lift_deg: found 'high', expected a number"),
    ("t_s,knee_lift_deg\n0,41\n,42\n", "row 3: t_s is missing"),
    ("t_s,knee_lift_deg\n0,41\n0.7,42\n0.6,40\n", "row 4: t_s does not go up (0.6 after 0.7 s)"),
    ("time,knee_lift_deg\n18:30:00,41\nlater,42\n", "row 3, column time: found 'later', expected a time of day"),
    ("t_s,thigh_angle_deg\n0,1\n0.1,2\n0.2,3\n0.3,4\n", "at 10 Hz, expected 50 Hz or more"),
    ("t_s,thigh_angle_deg\n" + "".join(f"{i / 100},{i % 2}\n" for i in range(200)), "swings by 1° only"),
    ("t_s,knee_lift_deg\n0,\x1b[31m\n1,2\n", "found '?[31m'"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_bad_csv_is_said_in_one_line(tmp_path, text, says):
    path = tmp_path / "lab.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KneesyncError) as error:
        read(path)
    assert says in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "t_s"),
    [
        ("t_s;knee_lift_deg\n0,5;41,5\n1,25;42\n", [0.5, 1.25]),
        ("time\tknee_lift_deg\n23:59:59.5\t41.5\n00:00:00.25\t42\n", [86399.5, 86400.25]),
        ("\ufeffsubject,T_S,Knee_lift_deg\nx,0.5,41.5\n\ny,1.25,42\n", [0.5, 1.25]),
        ("time,knee_lift_deg\n2026-11-20 18:30:00,41.5\n2026-11-20T18:30:01,42\n", [66600.0, 66601.0]),
    ],
)
def test_csv_as_programs_write_it(tmp_path, text, t_s):
    path = tmp_path / "lab.csv"
    path.write_text(text, encoding="utf-8")
    found = read(path)
    assert found.t_s.tolist() == t_s and found.knee_lift_deg.tolist() == [41.5, 42.0]


def test_the_command(kneesync, tmp_path):
    from tests.support.knee_files import tired_run

    (tmp_path / "run.knee").write_bytes(bytes(tired_run(minutes=10).data))
    from kneesync import read as read_session

    session = read_session(tmp_path / "run.knee")
    columns = session.columns
    rows = "".join(
        f"{t - 50:.3f},{lift - 2:.2f}\n" for t, lift in zip(columns["t_s"], columns["knee_lift_deg"], strict=True)
    )
    (tmp_path / "lab.csv").write_text("t_s,knee_lift_deg\n" + rows, encoding="utf-8")
    code, out, err = kneesync("validate", tmp_path / "run.knee", tmp_path / "lab.csv", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["offset_s"] == pytest.approx(50, abs=0.01) and found["knee_lift_deg"]["bias"] == pytest.approx(2)
    code, out, _ = kneesync("validate", tmp_path / "run.knee", tmp_path / "lab.csv", "--plain")
    assert code == 0 and out.startswith("The board says 2.0° more knee lift than the reference;")
    code, out, err = kneesync("validate", tmp_path / "run.knee", tmp_path / "none.csv")
    assert (code, out) == (1, "") and "cannot read" in err and err.count("\n") == 1
