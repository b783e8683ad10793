"""Where the ZIP goes as it is written: sealed part by part, never a whole file in memory and none on a disk."""

from __future__ import annotations

import io
from collections.abc import Callable

from records.copying import PART_BYTES


class SealedSink(io.RawIOBase):
    """A file that can only be written forward. Each full part is handed to ``store(number, bytes)``."""

    def __init__(self, store: Callable[[int, bytes], None], part_bytes: int = PART_BYTES) -> None:
        self._store, self._part_bytes = store, part_bytes
        self._waiting = bytearray()
        self._number = 0
        self.size = 0

    def __repr__(self) -> str:
        return "<SealedSink>"

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: object) -> int:
        """Take the next bytes."""
        piece = bytes(memoryview(data).cast("B"))  # type: ignore[arg-type]
        self._waiting += piece
        self.size += len(piece)
        while len(self._waiting) >= self._part_bytes:
            self._hand_over(self._part_bytes)
        return len(piece)

    def end(self) -> int:
        """Hand over what is left; the length of the whole file in bytes."""
        if self._waiting:
            self._hand_over(len(self._waiting))
        return self.size

    def _hand_over(self, length: int) -> None:
        self._number += 1
        self._store(self._number, bytes(self._waiting[:length]))
        del self._waiting[:length]
