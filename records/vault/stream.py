"""Tink's AES256-GCM-HKDF streaming: bytes of any size, sealed and opened in segments.

``28 || salt (32) || nonce prefix (7)``, then segments of AES-256-GCM under a key derived from the salt and the
associated data. A segment's nonce holds its number and whether it is the last, so that segments cannot be swapped,
dropped or cut off. Stricter than Tink in one point: nothing may follow the last segment, where Tink's reader ignores
what follows a full one. Whoever writes holds one segment, whoever reads as many as they ask for, whatever the size.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from records.vault.cipher import TAG_BYTES, Flaw, Unreadable
from records.vault.envelope import KEY_BYTES

SEGMENT = 64 * 1024
SALT_BYTES = 32
PREFIX_BYTES = 7
HEADER = 1 + SALT_BYTES + PREFIX_BYTES

# Read at once by whoever reads on: fewer requests to a distant store, and still little memory.
_AHEAD = 16

Bytes = bytes | bytearray | memoryview
Sink = Callable[[Bytes], object]
Source = Callable[[int, int], bytes]


def draw_header() -> bytes:
    """A header for one stream: its salt and nonce prefix are never used again."""
    return bytes((HEADER,)) + os.urandom(SALT_BYTES + PREFIX_BYTES)


def stream_size(length: int, segment: int = SEGMENT) -> int:
    """How many bytes a stream of ``length`` bytes takes."""
    full = segment - TAG_BYTES
    return HEADER + length + TAG_BYTES * max(1, -(-(HEADER + length) // full))


def stream_length(size: int, segment: int = SEGMENT) -> int:
    """How many bytes a stream of ``size`` bytes holds; below 0 when no stream has that size."""
    return size - HEADER - TAG_BYTES * -(-size // segment)


class StreamWriter:
    """Seals a stream piece by piece.

    ``sink`` is called with each sealed piece and must have done with it when it returns: the next one takes its place
    in memory. What was written is worth nothing unless :meth:`close` was reached.

    Args:
        header: from :func:`draw_header`; the writer hands it to the sink first.
    """

    def __init__(self, key: bytes, aad: bytes, sink: Sink, *, header: bytes, segment: int = SEGMENT) -> None:
        self._gcm, self._prefix = _keyed(key, aad, header)
        self._sink = sink
        self._full = segment - TAG_BYTES
        self._plain, self._held = bytearray(self._full), 0
        self._sealed = bytearray(segment)
        self._room = self._full - HEADER
        self._number = 0
        sink(header)

    def __repr__(self) -> str:
        return "<StreamWriter>"

    def write(self, data: Bytes) -> None:
        """Seal the next piece. A full segment waits for one more byte: only then is it known not to be the last."""
        with memoryview(data).cast("B") as view:
            at, end = 0, len(view)
            while at < end:
                if self._held == self._room:
                    self._seal(memoryview(self._plain)[: self._held], last=False)
                    self._held = 0
                if not self._held and end - at > self._room:
                    # Whole segments go by without being copied first.
                    step = self._room
                    self._seal(view[at : at + step], last=False)
                else:
                    step = min(self._room - self._held, end - at)
                    self._plain[self._held : self._held + step] = view[at : at + step]
                    self._held += step
                at += step

    def close(self) -> None:
        """Seal the last segment; nothing can be written afterwards."""
        self._seal(memoryview(self._plain)[: self._held], last=True)
        self._plain, self._held, self._room = bytearray(), 0, 0

    def _seal(self, plain: memoryview, *, last: bool) -> None:
        if not self._plain:
            raise ValueError("write to a closed stream")
        out = memoryview(self._sealed)[: len(plain) + TAG_BYTES]
        self._gcm.encrypt_into(_nonce(self._prefix, self._number, last=last), plain, None, out)
        self._sink(out)
        self._number += 1
        self._room = self._full


class StreamReader:
    """Opens any part of a stream.

    Made only when the very last segment opens: a stream that was cut or added to is refused before its first byte is
    released. Every other segment is checked before any of it is released.

    Args:
        source: the bytes of the stream from one position to another.
        size: how many bytes the stream has.

    Raises:
        Unreadable: header, size or last segment are not right.
    """

    def __init__(self, key: bytes, aad: bytes, source: Source, size: int, *, segment: int = SEGMENT) -> None:
        header = source(0, min(size, HEADER))
        if len(header) != HEADER or size < HEADER + TAG_BYTES:
            raise Unreadable(Flaw.LENGTH)
        if header[0] != HEADER:
            raise Unreadable(Flaw.FORMAT)
        self._gcm, self._prefix = _keyed(key, aad, header)
        self._source, self._size, self._segment = source, size, segment
        self._full = segment - TAG_BYTES
        self._count = -(-size // segment)
        self.length = stream_length(size, segment)
        # Only the stream of an empty message ends with an empty segment.
        if self.length < 0 or (self._count > 1 and self._start(self._count - 1) >= self.length):
            raise Unreadable(Flaw.LENGTH)
        self._last: bytes = self._fetch(self._count - 1, self._count)[0]

    def __repr__(self) -> str:
        return "<StreamReader>"

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from ``start`` up to ``stop``, as a slice would have it.

        Raises:
            Unreadable: a segment does not open.
        """
        return b"".join(self.pieces(start, stop))

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The same, piece by piece, each at most a segment long.

        Raises:
            Unreadable: a segment does not open; what came before it was right.
        """
        stop = self.length if stop is None else min(stop, self.length)
        if start < 0 or start >= stop:
            return
        number, after = self._number_at(start), self._number_at(stop - 1) + 1
        while number < after:
            for opened in self._some(number, min(number + _AHEAD, after)):
                begins = self._start(number)
                whole = start <= begins and begins + len(opened) <= stop
                yield opened if whole else opened[max(0, start - begins) : stop - begins]
                number += 1

    def _some(self, first: int, after: int) -> Iterator[bytes]:
        """The segments from one number to another; the last one was opened already."""
        sealed_after = min(after, self._count - 1)
        if first < sealed_after:
            yield from self._fetch(first, sealed_after)
        if after == self._count:
            yield self._last

    def _fetch(self, first: int, after: int) -> list[bytes]:
        base, end = self._lies_at(first), min(after * self._segment, self._size)
        sealed = self._source(base, end)
        if len(sealed) != end - base:
            raise Unreadable(Flaw.LENGTH)
        view = memoryview(sealed)
        return [
            self._open(number, view[self._lies_at(number) - base : min((number + 1) * self._segment, end) - base])
            for number in range(first, after)
        ]

    def _open(self, number: int, sealed: memoryview) -> bytes:
        try:
            return self._gcm.decrypt(_nonce(self._prefix, number, last=number == self._count - 1), sealed, None)
        except InvalidTag:
            raise Unreadable(Flaw.TAG) from None

    def _lies_at(self, number: int) -> int:
        return max(HEADER, number * self._segment)

    def _number_at(self, position: int) -> int:
        return (position + HEADER) // self._full

    def _start(self, number: int) -> int:
        return max(0, number * self._full - HEADER)


def _keyed(key: bytes, aad: bytes, header: bytes) -> tuple[AESGCM, bytes]:
    salt, prefix = header[1 : 1 + SALT_BYTES], header[1 + SALT_BYTES :]
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=aad).derive(key)
    return AESGCM(derived), prefix


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    # Beyond 2^32 segments (256 TiB) the number no longer fits: no nonce is ever used twice.
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
