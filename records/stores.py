"""Where sealed documents lie: a folder, or a bucket (``records.buckets``). Both are storages of Django.

They hold sealed bytes only, under names drawn at random that say nothing. An object is written once, whole, and is
never changed: what is replaced gets another name, so that whoever reads the old one reads on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast
from uuid import uuid4

from django.core.files.storage import FileSystemStorage, storages

from records.vault.cipher import Flaw, Unreadable


class StoreAway(Exception):
    """The store of documents cannot be used now: no answer, no room, no right."""

    def __init__(self) -> None:
        super().__init__("The store of documents cannot be used now.")


class Writing(Protocol):
    """An object on its way into the store."""

    name: str

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Add a piece; it may be changed by its owner afterwards."""
        ...

    def close(self) -> None:
        """Make the object last: after this it survives a loss of power."""
        ...

    def abandon(self) -> None:
        """Leave nothing behind; after :meth:`close` too."""
        ...


class Stored(Protocol):
    """An object of the store, open for reading: a deletion meanwhile does not matter in a folder."""

    size: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from ``start`` up to ``stop``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Store(Protocol):
    """What every store does. Each method raises :class:`StoreAway` when the store cannot be used."""

    def begin(self) -> Writing:
        """A new object under a new name."""
        ...

    def open_stored(self, name: str) -> Stored:
        """An object; :class:`~records.vault.cipher.Unreadable` (``missing``) when there is none."""
        ...

    def remove(self, name: str) -> None:
        """Delete an object; one that is gone already is no mistake."""
        ...

    def each(self) -> Iterator[tuple[str, datetime]]:
        """Every object with the time it was written."""
        ...

    def clear_unfinished(self, before: datetime) -> int:
        """Remove what writers that were killed left behind, if the store keeps it apart; how much."""
        ...


def documents_store() -> Store:
    """The store that the setting ``STORAGES["documents"]`` names."""
    return cast(Store, storages["documents"])


def new_name() -> str:
    """A name that says nothing, spread over 256 folders."""
    drawn = uuid4().hex
    return f"{drawn[:2]}/{drawn[2:]}"


class _WritingFile:
    def __init__(self, root: Path) -> None:
        self.name = new_name()
        self._path = root / self.name
        with _refusing():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            # Unbuffered: pieces are large already, and a buffer would copy them once more.
            self._file = open(self._path, "xb", buffering=0, opener=_private)  # noqa: SIM115

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        with _refusing(), memoryview(piece) as rest:
            at = 0
            while at < len(rest):
                at += self._file.write(rest[at:])

    def close(self) -> None:
        with _refusing():
            os.fsync(self._file.fileno())
            self._file.close()
            for folder in (self._path.parent, self._path.parent.parent):
                _sync_folder(folder)

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()
            self._path.unlink(missing_ok=True)


class _StoredFile:
    def __init__(self, path: Path) -> None:
        try:
            with _refusing():
                self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise Unreadable(Flaw.MISSING) from None
        self.size = os.fstat(self._handle).st_size

    def read(self, start: int, stop: int) -> bytes:
        with _refusing():
            return os.pread(self._handle, stop - start, start)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._handle)


class SealedFolder(FileSystemStorage):
    """Documents in a folder: for one machine, or a shared file system."""

    def begin(self) -> Writing:
        """A new object under a new name."""
        return _WritingFile(Path(self.location))

    def open_stored(self, name: str) -> Stored:
        """An object of the folder."""
        return _StoredFile(Path(self.path(name)))

    def remove(self, name: str) -> None:
        """Delete an object."""
        with _refusing():
            Path(self.path(name)).unlink(missing_ok=True)

    def each(self) -> Iterator[tuple[str, datetime]]:
        """Every object with the time it was written."""
        root = Path(self.location)
        for path in root.glob("??/*"):
            # It may be deleted meanwhile.
            with suppress(FileNotFoundError):
                yield str(path.relative_to(root)), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def clear_unfinished(self, before: datetime) -> int:  # noqa: ARG002
        """Nothing: in a folder, what was begun is an object like any other."""
        return 0


@contextmanager
def _refusing() -> Iterator[None]:
    """What the system raises becomes :class:`StoreAway`; a file that is not there stays itself."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError:
        raise StoreAway from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
