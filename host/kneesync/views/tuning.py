"""What other thresholds of the cue would have given, as lines."""


def lines(table, chosen, rate, applied):
    """One line a threshold, then what is recommended."""
    yield f"{table['sessions']} sessions, {table['hours']:.1f} h of running after a baseline; every cue that was due:"
    yield "threshold   cues   an hour   runs with cues"
    for row in table["rows"]:
        per_h = "–" if row["cues_per_h"] is None else f"{row['cues_per_h']:.1f}"
        yield f"{row['cue.drop_cdeg'] / 100:8.1f}° {row['cues']:6d} {per_h:>9} {row['runs_with_cues']:16d}"
    if chosen:
        setting = f"cue.drop_cdeg={chosen['cue.drop_cdeg']}"
        done = "is set on the board" if applied else f"would give that: kneesync settings --set {setting}"
        yield f"For at most {rate:g} cues an hour, {setting} {done}."
