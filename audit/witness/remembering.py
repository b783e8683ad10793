"""The memory of a witness: the last checkpoint it signed of each log, one file each.

The file is the whole of it: a note that anybody can check. It is replaced in one step and written
through to the disk before the witness answers; a witness that signed and then forgot could be made
to sign a second history.
"""

from __future__ import annotations

import fcntl
import os
from hashlib import sha256
from pathlib import Path

from audit.note import BadNote, Checkpoint, parse_note


class BadMemory(RuntimeError):
    """The folder of the witness is held by another process, or a file in it is no checkpoint."""


class Memory:
    """The folder ``path``, held by this process alone.

    Raises:
        BadMemory: another witness holds the folder, or a file in it cannot be read. A witness must
            not begin anew when its memory is damaged: it would sign a second history.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._held = os.open(path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._held)
            raise BadMemory(f"{path} is held by another witness.") from None
        for file in path.glob("*.checkpoint"):
            _parse(file, file.read_text(encoding="utf-8"))

    def close(self) -> None:
        """Let another process hold the folder; a second time does nothing."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def note(self, origin: str) -> str | None:
        """The last cosigned checkpoint of this log as a note, if there is one."""
        try:
            return self._file(origin).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def checkpoint(self, origin: str) -> Checkpoint | None:
        """The same, read.

        Raises:
            BadMemory: the file was damaged since the start.
        """
        note = self.note(origin)
        return None if note is None else _parse(self._file(origin), note)

    def keep(self, origin: str, note: str) -> None:
        """Remember ``note`` in place of the one before; on the disk when this returns."""
        fresh = self._file(origin).with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file(origin))
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, origin: str) -> Path:
        return self._path / f"{sha256(origin.encode()).hexdigest()}.checkpoint"


def _parse(file: Path, note: str) -> Checkpoint:
    try:
        return Checkpoint.parse(parse_note(note).text)
    except BadNote as error:
        raise BadMemory(f"{file} is damaged ({error}). Put it back from a copy; do not delete it.") from None
