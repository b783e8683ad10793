"""A sealed document as a file that can be read anywhere in it, opened piece by piece in memory."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from records.vault.stream import StreamReader

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Parsers jump about: the piece read last is kept, so that many small reads open it once.
_PIECE = 256 * 1024


class View(io.RawIOBase):
    """What parsers take for an open file. It holds one opened piece, whatever the size of the document.

    ``read`` raises :class:`~records.vault.cipher.Unreadable` when a segment does not open.
    """

    def __init__(self, reader: StreamReader) -> None:
        super().__init__()
        self._reader = reader
        self._at = 0
        self._held_from, self._held = 0, b""

    def __repr__(self) -> str:
        return "<View>"

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; beyond the end there is nothing to read.

        Raises:
            ValueError: the place lies before the beginning.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._reader.length}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}: expected 0 or more")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer from here on, as far as one piece goes."""
        with memoryview(buffer).cast("B") as room:
            piece = self._piece(min(len(room), max(0, self._reader.length - self._at)))
            room[: len(piece)] = piece
            self._at += len(piece)
            return len(piece)

    def _piece(self, wanted: int) -> bytes:
        if not wanted:
            return b""
        skipped = self._at - self._held_from
        if not 0 <= skipped < len(self._held):
            self._held_from = self._at - self._at % _PIECE
            self._held = self._reader.read(self._held_from, self._held_from + _PIECE)
            skipped = self._at - self._held_from
        return self._held[skipped : skipped + wanted]
