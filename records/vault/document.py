"""Seal and open documents of any size: format 0x02.

``02 || key version (4) || commitment (32) || stream``. From byte 37 on it is a stream of Tink
(``records.vault.stream``) whose key is the subkey of the drawer and whose associated data are the place: an auditor
needs none of our code.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from records.vault.cipher import TAG_BYTES, Flaw, Subkeys, Unreadable
from records.vault.envelope import COMMIT_BYTES, Place
from records.vault.stream import (
    HEADER,
    Sink,
    Source,
    StreamReader,
    StreamWriter,
    draw_header,
    stream_length,
    stream_size,
)

FORMAT = 0x02
FRAME = 1 + 4 + COMMIT_BYTES
LEAST = FRAME + HEADER + TAG_BYTES
"""The size of an empty document when sealed."""

_VERSION_AT = 1
_COMMIT_AT = 5


def sealed_size(length: int) -> int:
    """How many bytes a document of ``length`` bytes takes when sealed."""
    return FRAME + stream_size(length)


def plain_length(size: int) -> int:
    """How many bytes a document has that takes ``size`` bytes when sealed."""
    return stream_length(size - FRAME)


def version_of(frame: bytes) -> int:
    """The key version that a sealed document names, from its first :data:`FRAME` bytes.

    Raises:
        Unreadable: the format is unknown or the document too short to hold anything.
    """
    if not frame or frame[0] != FORMAT:
        raise Unreadable(Flaw.FORMAT)
    if len(frame) < FRAME:
        raise Unreadable(Flaw.LENGTH)
    return int.from_bytes(frame[_VERSION_AT:_COMMIT_AT], "big")


def seal_document(subkeys: Subkeys, place: Place, sink: Sink, *, header: bytes | None = None) -> StreamWriter:
    """What seals a document for that place alone, piece by piece; it is whole when the writer was closed.

    Args:
        sink: takes each sealed piece, as of :class:`~records.vault.stream.StreamWriter`.
        header: given by test vectors only.

    Raises:
        ValueError: the place is of another kind or category than these keys.
    """
    drawn = draw_header() if header is None else header
    commitment, key, aad = subkeys.for_stream(place, drawn)
    sink(b"".join((bytes((FORMAT,)), subkeys.key_version.to_bytes(4, "big"), commitment)))
    return StreamWriter(key, aad, sink, header=drawn)


def open_document(subkeys_of: Callable[[int], Subkeys], place: Place, source: Source, size: int) -> StreamReader:
    """What opens any part of a sealed document where it belongs.

    Checks, in this order: format, length, key version (``subkeys_of`` raises when it is unknown or destroyed),
    commitment, last segment; every other segment before it is released.

    Args:
        source: the sealed bytes from one position to another.
        size: how many sealed bytes there are.

    Raises:
        Unreadable: any check failed.
    """
    head = source(0, min(size, FRAME + HEADER))
    version = version_of(head[:FRAME])
    if size < LEAST or len(head) != FRAME + HEADER:
        raise Unreadable(Flaw.LENGTH)
    commitment, key, aad = subkeys_of(version).for_stream(place, head[FRAME:])
    if not hmac.compare_digest(commitment, head[_COMMIT_AT:FRAME]):
        raise Unreadable(Flaw.COMMITMENT)
    return StreamReader(key, aad, lambda start, stop: source(FRAME + start, FRAME + stop), size - FRAME)
