"""The SHA-256 of what is written, counted on another core while the next pieces are sealed.

Sealing a large document and hashing what was sealed cost about the same. ``hashlib`` lets other threads go on while it
works on more than a few kilobytes, so the digest costs no time where a second core is free. One block at a time is in
the hands of a thread, which ends with its block: nothing has to be closed when an upload is given up.
"""

from __future__ import annotations

from hashlib import sha256
from threading import Thread

_BLOCK = 1 << 20


class RunningDigest:
    """A SHA-256 that grows piece by piece; holds at most two blocks of a megabyte, whatever the size."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._block = bytearray()
        self._working: Thread | None = None

    def __repr__(self) -> str:
        return "<RunningDigest>"

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece; it is copied, and may be written over afterwards."""
        self._block += piece
        if len(self._block) >= _BLOCK:
            self._wait()
            self._working = Thread(target=self._hash.update, args=(self._block,), name="digest")
            self._working.start()
            self._block = bytearray()

    def digest(self) -> bytes:
        """The 32 bytes over everything so far."""
        self._wait()
        self._hash.update(self._block)
        self._block = bytearray()
        return self._hash.digest()

    def _wait(self) -> None:
        # Blocks must be taken in order.
        if self._working is not None:
            self._working.join()
            self._working = None
