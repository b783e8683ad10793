"""The process that reads a file of strangers and then ends: bytes in, a FHIR bundle or a token out.

Started by ``records.formats.apart`` with an empty environment: it has no settings, no database, no key. Before the
first byte is read it gives up what it will not need: opening files or connections, starting processes, memory and
time beyond a ceiling. Whoever takes it over holds one file that they wrote themselves.
"""

from __future__ import annotations

import resource
import sys

import simplejson

from records.formats.cda.document import read_cda
from records.formats.hl7v2.reading import read_hl7
from records.formats.refusals import Unfit

SECONDS = 10
MEMORY = 512 * 1024 * 1024

REFUSED = 3
"""The exit code of a refusal; the answer is then a token and numbers."""


def main(kind: str) -> int:
    """Read standard input as ``kind`` (cda, hl7v2) and answer on standard output."""
    # Codecs of real files are modules, which could not be opened afterwards.
    for charset in ("cp1252", "iso8859-1", "iso8859-15", "utf-8-sig", "utf-16", "ascii"):
        "".encode(charset)
    _give_up()
    try:
        made: object = {"cda": read_cda, "hl7v2": read_hl7}[kind](sys.stdin.buffer.read())
        code = 0
    except Unfit as refusal:
        made, code = {"token": refusal.token, "facts": refusal.facts}, REFUSED
    except MemoryError:
        made, code = {"token": "too-heavy", "facts": {}}, REFUSED
    except Exception:
        # Not one word of what went wrong: it could quote the file.
        made, code = {"token": "fault", "facts": {}}, REFUSED
    sys.stdout.buffer.write(simplejson.dumps(made, use_decimal=True).encode())
    return code


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
