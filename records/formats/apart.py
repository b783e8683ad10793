"""Reading a file in a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import IO

import simplejson

from records.formats.child import HEAD_BYTES, REFUSED, SECONDS, Made
from records.formats.fhir.bundle import Bundle, Unreadable, bundle_of
from records.formats.fhir.checking import MAX_BYTES
from records.formats.sentences import sentence_of

_PROJECT = str(Path(__file__).resolve().parents[2])
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from records.formats.child import main; sys.exit(main(*sys.argv[2:]))"
)
# What reads each kind of file. The names are given to the process, which loads only the one it needs.
READERS: Mapping[str, tuple[str, str]] = {
    "fhir": ("records.formats.fhir.checking", "read_fhir"),
    "cda": ("records.formats.cda.document", "read_cda"),
    "hl7v2": ("records.formats.hl7v2.reading", "read_hl7"),
    "pdf": ("records.formats.pdf.reading", "read_pdf"),
    "sealed-pdf": ("records.drawing.paper", "draw_pdf"),
    "sealed-text": ("records.drawing.paper", "draw_text"),
    "sealed-picture": ("records.drawing.picture", "draw_picture"),
    "sealed-examination": ("records.drawing.examination", "draw_examination"),
    "jpeg": ("records.formats.images.reading", "read_jpeg"),
    "png": ("records.formats.images.reading", "read_png"),
    "dicom": ("records.formats.dicom.reading", "read_dicom"),
    "text": ("records.formats.plain", "read_text"),
}
# A cleaned copy may be a little larger than what came, and facts lie beside it.
MAX_ANSWER = 80 * 2**20


def read_apart(kind: str, raw: bytes) -> Bundle:
    """``raw`` read as ``kind`` (``fhir``, ``cda`` or ``hl7v2``) by a process without keys, as a FHIR bundle.

    Raises:
        Unreadable: the reader refused, took too long or too much memory, or ended without an answer.
    """
    # Written with escapes: an accent of two bytes may come back as six.
    return bundle_of(made_apart(kind, raw, most=3 * MAX_BYTES).facts)


def made_apart(kind: str, raw: bytes, *numbers: int, most: int = MAX_ANSWER) -> Made:
    """What the reader of ``kind`` makes of ``raw``, in a process without keys.

    Args:
        numbers: whole numbers for the reader (the page to draw, its width).
        most: bytes of the longest answer that is believed.

    Raises:
        Unreadable: the reader refused, took too long or too much memory, or ended without an answer.
    """
    code, told, late = _run(kind, raw, numbers, most + HEAD_BYTES)
    if code == 0 and len(told) <= most + HEAD_BYTES:
        with suppress(ValueError, TypeError, AttributeError, KeyError, RecursionError, ArithmeticError):
            return _opened(told)
        raise Unreadable(sentence_of("fault", {}))
    if code == REFUSED:
        raise Unreadable(_refusal(told))
    # Ended by a signal: the clock, the ceiling of processor time, or a fault of the parser itself.
    raise Unreadable(sentence_of("too-long", {"seconds": SECONDS}) if late or code < 0 else sentence_of("fault", {}))


def _run(kind: str, raw: bytes, numbers: tuple[int, ...], most: int) -> tuple[int, bytes, bool]:
    """The exit code, the answer (cut one byte after the most it may be), and whether the time was up."""
    # -I: neither the environment nor the folder of the caller decides what is imported.
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and words  # nosec B603
        [sys.executable, "-I", "-B", "-c", _START, _PROJECT, *READERS[kind], *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("a process started with pipes: expected both ends, found none")
    killer = Timer(SECONDS, _end, (process,))
    killer.daemon = True
    killer.start()
    feeder = Thread(target=_feed, args=(process.stdin, raw), daemon=True)
    feeder.start()
    try:
        told = process.stdout.read(most + 1)
    finally:
        # The answer is whole or too long; either way nothing more is wanted of this process.
        process.stdout.close()
        code = process.wait()
        late = not killer.is_alive()
        killer.cancel()
        feeder.join()
    return code, told, late


def _end(process: subprocess.Popen[bytes]) -> None:
    # Whatever it may have started with it: they are a group of their own.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _feed(pipe: IO[bytes], raw: bytes) -> None:
    # A reader that ends early closes its end.
    with suppress(OSError), pipe:
        pipe.write(raw)


def _opened(told: bytes) -> Made:
    """The answer, taken apart.

    Raises:
        ValueError: it is not what a reader writes.
    """
    end = HEAD_BYTES + int.from_bytes(told[:HEAD_BYTES], "big")
    head = simplejson.loads(told[HEAD_BYTES:end], use_decimal=True)
    files = []
    for size in head["sizes"]:
        if not isinstance(size, int) or not 0 <= size <= len(told) - end:
            raise ValueError("the answer of a reader: expected files as long as it says")
        files.append(told[end : end + size])
        end += size
    if end != len(told) or not isinstance(head["made"], dict):
        raise ValueError("the answer of a reader: expected an object and its files")
    return Made(head["made"], tuple(files))


def _refusal(told: bytes) -> str:
    """The sentence of a refusal; whatever else the process said gives the general one."""
    with suppress(ValueError, TypeError, AttributeError, KeyError, RecursionError, ArithmeticError):
        answer = _opened(told[:4096]).facts
        return sentence_of(str(answer.get("token")), answer.get("facts", {}))
    return sentence_of("fault", {})
