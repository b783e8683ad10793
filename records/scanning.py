"""Asking the virus scanner (clamd, command INSTREAM) about a file, where one is configured (setting ``CLAMD``).

The scanner is given bytes over its socket and writes them where its own settings say (``TemporaryDirectory``: tmpfs,
see ``docs/threat-model.md``). When it does not answer, or answers anything but *OK*, the file does not go in.

Protocol: clamd(8), https://docs.clamav.net/manual/Usage/Scanning.html#clamd.
"""

from __future__ import annotations

import socket
from contextlib import closing
from typing import cast

from django.conf import settings

from records.formats.fhir.bundle import Unreadable
from records.formats.sentences import sentence_of

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096


class Infected(Unreadable):
    """The scanner found something; what it calls it is nobody's business but the operator's."""

    def __init__(self) -> None:
        super().__init__(sentence_of("infected", {}), format="unknown")


class Unchecked(Unreadable):
    """The scanner is configured and gave no answer that can be believed."""

    def __init__(self) -> None:
        super().__init__(sentence_of("unchecked", {}), format="unknown")


def scan(content: bytes) -> None:
    """Have the scanner look at a file; nothing happens where none is configured.

    Raises:
        Infected: it found something.
        Unchecked: it cannot be reached, took too long, refused the size, or said something else.
    """
    address = str(getattr(settings, "CLAMD", ""))
    if not address:
        return
    try:
        answer = _ask(address, content)
    except OSError:
        raise Unchecked from None
    if answer == b"stream: OK":
        return
    raise Infected if answer.startswith(b"stream: ") and answer.endswith(b" FOUND") else Unchecked


def _ask(address: str, content: bytes) -> bytes:
    with closing(_connected(address)) as wire:
        wire.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            wire.sendall(len(piece).to_bytes(4, "big") + piece)
        wire.sendall(bytes(4))
        told = b""
        while b"\0" not in told and len(told) < _LONGEST_ANSWER and (more := wire.recv(_LONGEST_ANSWER)):
            told += more
    return told.partition(b"\0")[0]


def _connected(address: str) -> socket.socket:
    seconds = cast(int, getattr(settings, "CLAMD_SECONDS", 10))
    if address.startswith("/"):
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        wire.settimeout(seconds)
        try:
            wire.connect(address)
        except OSError:
            wire.close()
            raise
        return wire
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=seconds)
