"""Reading a file in a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import IO

import simplejson

from records.formats.child import REFUSED, SECONDS
from records.formats.fhir.bundle import MAX_BYTES, Bundle, Unreadable, parse_bundle
from records.formats.sentences import sentence_of

_PROJECT = str(Path(__file__).resolve().parents[2])
_START = (
    "import sys; sys.path.insert(0, sys.argv[2]); from records.formats.child import main; sys.exit(main(sys.argv[1]))"
)


def read_apart(kind: str, raw: bytes) -> Bundle:
    """``raw`` read as ``kind`` (``cda`` or ``hl7v2``) by a process without keys, as a FHIR bundle.

    Raises:
        Unreadable: the reader refused, took too long or too much memory, or ended without an answer.
    """
    code, told, late = _run(kind, raw)
    if code == 0 and len(told) <= MAX_BYTES:
        return parse_bundle(told)
    if code == REFUSED:
        raise Unreadable(_refusal(told))
    # Ended by a signal: the clock, the ceiling of processor time, or a fault of the parser itself.
    raise Unreadable(sentence_of("too-long", {"seconds": SECONDS}) if late or code < 0 else sentence_of("fault", {}))


def _run(kind: str, raw: bytes) -> tuple[int, bytes, bool]:
    """The exit code, the answer (cut one byte after the most it may be), and whether the time was up."""
    # -I: neither the environment nor the folder of the caller decides what is imported.
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-I", "-B", "-c", _START, kind, _PROJECT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("a process started with pipes: expected both ends, found none")
    killer = Timer(SECONDS, process.kill)
    killer.daemon = True
    killer.start()
    feeder = Thread(target=_feed, args=(process.stdin, raw), daemon=True)
    feeder.start()
    try:
        told = process.stdout.read(MAX_BYTES + 1)
    finally:
        # The answer is whole or too long; either way nothing more is wanted of this process.
        process.stdout.close()
        code = process.wait()
        late = not killer.is_alive()
        killer.cancel()
        feeder.join()
    return code, told, late


def _feed(pipe: IO[bytes], raw: bytes) -> None:
    # A reader that ends early closes its end.
    with suppress(OSError), pipe:
        pipe.write(raw)


def _refusal(told: bytes) -> str:
    """The sentence of a refusal; whatever else the process said gives the general one."""
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        answer = simplejson.loads(told[:4096])
        return sentence_of(str(answer.get("token")), answer.get("facts", {}))
    return sentence_of("fault", {})
