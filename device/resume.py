"""A run that the boot before left without its end: what the next segment needs of it. Loaded only if there may be one.

    until_ms = resume.look(12, 1, session, recorder, stop_ms, False)

A run goes on if the runner does: after its end by the button within a minute, after a reset (a crash, the watchdog)
within the time that closes a session, after power came back within a minute and without standing still before, as one
who sets out anew does. No clock survives either, so how long the gap was stays unknown; the header says what cut the
run.
"""

import json
from binascii import crc32
from struct import unpack, unpack_from

import board
from recorder import FOLDER

from kneecore import sessionlog as log

SOON_MS = 60_000
_BUTTON, _ERROR = 0, 5  # log.END_REASONS: it may have been a knock; a crash that could still be logged
_TAIL_BYTES = log.BLOCK_BYTES + log.END_BYTES


def look(boot, n, session, recorder, stop_ms, by_button):
    """Make `session` ready to go on with the `n`th run of `boot`. Returns until when (ms of uptime); 0: no.

    `by_button`: it was ended just now, by the button.
    """
    path = "%s/%05d-%d.knee" % (FOLDER, boot, n)
    was_reset = board.was_reset()
    try:
        with open(path, "rb") as file:
            if _is_over(file, was_reset, by_button):
                return 0
            header, run, facts = _read(file)
    except (OSError, ValueError):
        return 0
    if header is None:
        return 0
    board.say("the run in %s %s; it goes on if the runner does" % (path, "ended" if by_button else "was cut"))
    session.goes_on(
        {
            "run": header.get("run") or run,
            "segment": header.get("segment", 1) + 1,
            "cut_by": "button" if by_button else "reset" if was_reset else "power",
        }
    )
    session.pipeline.resume(facts)
    for kind in facts:
        recorder.event(0, *facts[kind])
    if by_button:
        return board.up_ms() + SOON_MS
    return stop_ms if was_reset else SOON_MS


def _block(file, head):
    """The payload of the block whose head was read; None if it is damaged."""
    kind, n, _, crc = unpack(log.BLOCK, head)
    payload = file.read(n) if n <= log.MAX_PAYLOAD_BYTES else b""
    return payload if crc32(payload, crc32(head[: log.CRC_AT])) == crc else None


def _is_over(file, was_reset, by_button):
    """Whether an end block stands at the end, other than a crash's own or the button's."""
    size = file.seek(0, 2)
    if size < _TAIL_BYTES:
        return False
    file.seek(size - _TAIL_BYTES)
    head = file.read(log.BLOCK_BYTES)
    payload = _block(file, head) if head[0] == log.END else None
    return payload is not None and not (payload[0] == (_BUTTON if by_button else _ERROR if was_reset else -1))


def _read(file):
    """(header or None, the run's id, kind -> last event (see Pipeline.resume) of what a pipeline can go on with)."""
    header = None
    run = ""
    facts = {}
    file.seek(len(log.SIGNATURE))
    while True:
        head = file.read(log.BLOCK_BYTES)
        if len(head) < log.BLOCK_BYTES:
            break
        kind, n, _, crc = unpack(log.BLOCK, head)
        if kind != log.HEADER and kind != log.EVENTS:
            if not log.HEADER <= kind <= log.END:
                break
            file.seek(n, 1)
            continue
        payload = _block(file, head)
        if payload is None:
            break
        if kind == log.HEADER:
            header = json.loads(payload)
            run = "%05d-%08x" % (header["boot"], crc)
            continue
        for at in range(0, n - log.EVENT_BYTES + 1, log.EVENT_BYTES):
            event = unpack_from(log.EVENT, payload, at)
            if event[1] == log.ALIGNED or event[1] == log.WANDER:
                facts[event[1]] = event[1:]
            elif event[1] == log.BASELINE:
                facts[log.BASELINE | event[2] << 8] = event[1:]
            elif event[1] == log.RESTRAPPED:
                for known in list(facts):
                    if known != log.WANDER:
                        del facts[known]  # it was learnt anew
    return header, run, facts
