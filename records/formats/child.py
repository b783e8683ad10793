"""The process that reads a file of strangers and then ends: bytes in; facts, made files or a token out.

Started by ``records.formats.apart`` with an empty environment: it has no settings, no database, no key. Before the
first byte is read it gives up what it will not need: opening files or connections, starting or touching processes,
memory and time beyond a ceiling. Whoever takes it over holds one file that they wrote themselves.

The answer: four bytes with the length of a JSON object, the object, then the files it made, one after the other;
the object says how long each is.
"""

from __future__ import annotations

import os
import resource
import sys
from codecs import lookup
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import simplejson

from records.formats.confining import confine
from records.formats.refusals import Unfit

SECONDS = 10
MEMORY = 512 * 1024 * 1024

REFUSED = 3
"""The exit code of a refusal; the answer is then a token and numbers."""

HEAD_BYTES = 4

_CHARSETS = ("cp1252", "iso8859-1", "iso8859-15", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii")


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """What a reader made of a file: facts that JSON can write, and files in an order that the facts explain."""

    facts: dict[str, Any]
    files: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "<Made>"


Reader = Callable[..., Made | dict[str, Any]]


def main(module: str, name: str, *numbers: str) -> int:
    """Read standard input with the function ``name`` of ``module`` and answer on standard output.

    Args:
        numbers: whole numbers for the reader, after the bytes (the page to draw, its width).
    """
    # One thread is enough for a preview; a pool would reserve the memory that is about to be bounded.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # The reader, and all it needs, is loaded now: nothing can be opened afterwards.
    reader: Reader = getattr(import_module(module), name)
    for charset in _CHARSETS:
        lookup(charset)
    _give_up()
    answer, code = _answer(reader, [int(number) for number in numbers])
    sys.stdout.buffer.write(answer)
    return code


def _answer(reader: Reader, numbers: list[int]) -> tuple[bytes, int]:
    try:
        made = reader(sys.stdin.buffer.read(), *numbers)
        return _written(made if isinstance(made, Made) else Made(made)), 0
    except Unfit as refusal:
        return _written(Made({"token": refusal.token, "facts": refusal.facts})), REFUSED
    except MemoryError:
        return _written(Made({"token": "too-heavy", "facts": {}})), REFUSED  # a word of a closed list  # nosec B105
    except Exception:
        # Not one word of what went wrong: it could quote the file.
        return _written(Made({"token": "fault", "facts": {}})), REFUSED  # a word of a closed list  # nosec B105


def _written(made: Made) -> bytes:
    told = {"made": made.facts, "sizes": [len(file) for file in made.files]}
    head = simplejson.dumps(told, use_decimal=True, separators=(",", ":")).encode()
    return b"".join((len(head).to_bytes(HEAD_BYTES, "big"), head, *made.files))


def _give_up() -> None:
    for limit, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    confine()
