"""docs/cue.svg from build/campaign.json: `python -m bench.campaign 1000 400 && python -m bench.cue_plots`."""

import json
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure


def draw(figures, path):
    """Shares of simulated falls that cue, and of untired slow-downs that do."""
    matplotlib.rcParams["svg.hashsalt"] = "kneesync"  # the same picture from the same figures
    picture = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = picture.subplots(1, 2)
    for kind, colour in (("step", "#0b6e99"), ("ramp", "#b35c00")):
        rows = {name: row for name, row in figures["falls"].items() if name.endswith(kind)}
        drops = [float(name.split("_")[0]) for name in rows]
        what = "within 20 s" if kind == "step" else "over 7 min"
        for key, style, when in (("within_100_s", "--", "100 s"), ("within_15_min", "-", "15 min")):
            shares = [100 * row[key] for row in rows.values()]
            left.plot(drops, shares, style, marker="o", color=colour, label=f"fall {what}, cue within {when}")
    left.set(xlabel="fall of knee lift, degrees", ylabel="% of simulated falls that cue", ylim=(0, 100))
    left.legend(fontsize=7, frameon=False)
    for kind, colour in (("step", "#0b6e99"), ("ramp", "#b35c00")):
        rows = {name: row for name, row in figures["slower"].items() if name.endswith(kind)}
        right.plot(
            [float(name.split("_")[0]) for name in rows],
            [row["cued_percent"] for row in rows.values()],
            marker="o",
            color=colour,
            label="at once" if kind == "step" else "over 5 min",
        )
    right.axhline(10, color="grey", linewidth=0.8, linestyle=":")
    right.set(xlabel="slower by, m/s (untired)", ylabel="% of simulated cases that cue", ylim=(0, 20))
    right.legend(fontsize=7, frameon=False)
    picture.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    draw(json.loads(Path("build/campaign.json").read_text(encoding="utf-8")), Path("docs/cue.svg"))
