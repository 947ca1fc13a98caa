"""The findings and the week as Markdown, to keep, to print, or to send to a coach."""

from kneesync.views.drills.text import (
    OURS,
    barrier_line,
    cue_line,
    day_title,
    finding_lines,
    item_line,
    no_finding,
    pain_lines,
    precaution_lines,
    title,
    volume_line,
)


def markdown(advice):
    """The findings and the week as Markdown text. What a runner typed is escaped."""
    lines = [f"# {_escaped(title(advice).replace(' · ', ', '))}", ""]
    lines += [f"> {_escaped(line)}" for line in pain_lines(advice)] + ([""] if advice["pain"] else [])
    for one in advice["findings"]["findings"]:
        head, *rest = finding_lines(one)
        lines += [f"## {_escaped(head)}", "", *(_escaped(line) + "  " for line in rest), ""]
    lines += [*map(_escaped, no_finding(advice)), ""]
    if advice["findings"]["barriers"]:
        lines += ["## What to work on", ""]
        lines += [f"- {_escaped(barrier_line(row))}" for row in advice["findings"]["barriers"]] + [""]
    plan = advice["plan"]
    lines += ["## Your week", "", _escaped(volume_line(plan)), ""]
    for day in plan["days"]:
        lines += [f"### {_escaped(day_title(day))}", ""]
        for item in day["items"]:
            lines += [
                f"- [ ] **{_escaped(item['name'])}** {_escaped(item_line(item).removeprefix(item['name']).strip())}"
            ]
            lines += [f"  {_escaped(item['how'])}"]
            lines += [f"  {_escaped(caution)}" for caution in item["cautions"]]
        lines += [""]
    lines += [_escaped(cue_line(plan)), "", *(f"- {_escaped(note)}" for note in [*plan["notes"], OURS]), ""]
    if advice["progress"]:
        lines += ["## Before and after", "", *(f"- {_escaped(row['text'])}" for row in advice["progress"]), ""]
    lines += ["## Precautions", "", *(f"- {_escaped(line)}" for line in precaution_lines(plan)), ""]
    return "\n".join(lines)


def _escaped(text):
    return "".join("\\" + one if one in r"\`*_[]<>#|" else one for one in text)
