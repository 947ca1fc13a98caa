"""The self-check: what no sensor on the thigh sees is asked, and kept with the athlete's training."""

import datetime

from kneesync import untrusted
from kneesync.coach.advice import whose
from kneesync.coach.catalog import load
from kneesync.errors import KneesyncError
from kneesync.library import training

WORDS = ("yes", "no", "none")


def keys():
    return list(load().barriers)


def parsed(answers):
    """{barrier: "yes", "no" or None (take it back)} from KEY=yes texts. KneesyncError if one does not fit."""
    given = {}
    for text in answers:
        key, equals, word = (part.strip().casefold().replace("-", "_") for part in text.partition("="))
        if key not in load().barriers or not equals or word not in WORDS:
            raise KneesyncError(
                f"found --answer {untrusted.printable(text, 60)}, expected KEY=yes, no or none, with KEY of "
                + ", ".join(keys())
            )
        given[key] = None if word == "none" else word
    return given


def asked(ask):
    """The answers to all questions; ask(number, of, question) returns "yes", "no" or None (skipped)."""
    barriers = load().barriers
    found = {key: ask(number, len(barriers), row.ask) for number, (key, row) in enumerate(barriers.items(), 1)}
    return {key: word for key, word in found.items() if word is not None}


def answer(library, athlete, given, today=None):
    """Keep answers; the athlete's Training then."""
    today = (today or datetime.date.today()).isoformat()
    with training.changing(library, whose(library.sessions(), athlete)) as log:
        for key, word in given.items():
            log.answers.pop(key, None)
            if word is not None:
                log.answers[key] = {"answer": word, "date": today}
    return log


def lines(log):
    """What was answered, and what it names."""
    catalog = load()
    yield f"Self-check of {untrusted.printable(log.athlete, 32)}:"
    for key, row in catalog.barriers.items():
        said = log.answers.get(key)
        if said is None:
            yield f"  {key}: not answered. {row.ask}"
        else:
            found = f"names {row.name}" if said["answer"] == row.limited_if else f"does not name {row.name}"
            yield f"  {key}: {said['answer']} ({said['date']}), which {found}."
    yield "Take one back: kneesync drills --check --answer KEY=none"
