"""Where sealed documents lie: a folder, or a bucket with the S3 interface. Both are storages of Django.

They hold sealed bytes only, under names drawn at random that say nothing. An object is written once, whole, and is
never changed: what is replaced gets another name, so that whoever reads the old one reads on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import FileSystemStorage, storages
from storages.backends.s3 import S3Storage

from records.vault.cipher import Flaw, Unreadable

# The least that S3 takes as a part is 5 MiB. Held in memory while a document comes in: its ciphertext, never more.
_PART = 8 * 1024 * 1024
_GONE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})


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
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


class _WritingObject:
    def __init__(self, client: Any, bucket: str) -> None:
        self.name = new_name()
        self._at = {"Bucket": bucket, "Key": self.name}
        self._client = client
        self._held = bytearray()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        self._held += piece
        while len(self._held) >= 2 * _PART:
            self._send(_PART)

    def close(self) -> None:
        with _refusing():
            if not self._upload:
                self._client.put_object(**self._at, Body=bytes(self._held))
                self._held.clear()
                return
        self._send(len(self._held))
        with _refusing():
            self._client.complete_multipart_upload(
                **self._at, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )

    def abandon(self) -> None:
        self._held.clear()
        # What cannot be removed now is an orphan, which the sweep finds.
        with suppress(StoreAway), _refusing():
            if self._upload:
                self._client.abort_multipart_upload(**self._at, UploadId=self._upload)
        with suppress(StoreAway), _refusing():
            self._client.delete_object(**self._at)

    def _send(self, size: int) -> None:
        with _refusing():
            if not self._upload:
                self._upload = self._client.create_multipart_upload(**self._at)["UploadId"]
            number = len(self._parts) + 1
            with memoryview(self._held) as held:
                body = bytes(held[:size])
            answer = self._client.upload_part(**self._at, UploadId=self._upload, PartNumber=number, Body=body)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        del self._held[:size]


class _StoredObject:
    def __init__(self, client: Any, bucket: str, name: str) -> None:
        self._client, self._at = client, {"Bucket": bucket, "Key": name}
        self.size = int(_found(lambda: client.head_object(**self._at))["ContentLength"])

    def read(self, start: int, stop: int) -> bytes:
        if stop <= start:
            return b""
        part = f"bytes={start}-{stop - 1}"
        with _refusing():
            data: bytes = _found(lambda: self._client.get_object(**self._at, Range=part))["Body"].read()
        return data

    def close(self) -> None:
        """Nothing is held between two requests."""


class SealedBucket(S3Storage):  # type: ignore[misc]
    """Documents in a bucket with the S3 interface: for as many machines as one likes."""

    def begin(self) -> Writing:
        """A new object under a new name."""
        return _WritingObject(self._client, self.bucket_name)

    def open_stored(self, name: str) -> Stored:
        """An object of the bucket."""
        return _StoredObject(self._client, self.bucket_name, name)

    def remove(self, name: str) -> None:
        """Delete an object."""
        with _refusing():
            self._client.delete_object(Bucket=self.bucket_name, Key=name)

    def each(self) -> Iterator[tuple[str, datetime]]:
        """Every object with the time it was written."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name)
        with _refusing():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"], found["LastModified"]

    def clear_unfinished(self, before: datetime) -> int:
        """Remove the parts of uploads that were begun before then and never finished."""
        cleared = 0
        with _refusing():
            for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket_name):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        self._client.abort_multipart_upload(
                            Bucket=self.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        cleared += 1
        return cleared

    @property
    def _client(self) -> Any:
        with _refusing():
            return self.bucket.meta.client


@contextmanager
def _refusing() -> Iterator[None]:
    """What the system or the S3 client raises becomes :class:`StoreAway`; a file that is not there stays itself."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError, ClientError):
        # Its text could quote addresses and names of keys.
        raise StoreAway from None


def _found(ask: Callable[[], Any]) -> Any:
    """What the bucket answers about an object.

    Raises:
        Unreadable: there is no such object.
    """
    try:
        with suppress(BotoCoreError):
            return ask()
    except ClientError as refusal:
        if refusal.response.get("Error", {}).get("Code") in _GONE:
            raise Unreadable(Flaw.MISSING) from None
    raise StoreAway


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
