"""Documents in a bucket with the S3 interface: for as many machines as one likes.

Apart from ``records.stores``, so that a house that keeps its documents in a folder never loads a client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from records.stores import StoreAway, Stored, Writing, new_name
from records.vault.cipher import Flaw, Unreadable

# The least that S3 takes as a part is 5 MiB. Held in memory while a document comes in: its ciphertext, never more.
_PART = 8 * 1024 * 1024
_GONE = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
# Seconds: a page waits for a store no longer than for a database.
_CONNECT, _READ, _TRIES = 5, 30, 3


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
    """The bucket of the settings. ``seconds`` and ``tries`` are how long and how often it is asked."""

    def __init__(self, *, seconds: float = _READ, tries: int = _TRIES, **options: Any) -> None:
        client = Config(
            connect_timeout=min(seconds, _CONNECT),
            read_timeout=seconds,
            retries={"total_max_attempts": tries, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # Stores other than Amazon's do not know the newer checksums; the seal tells any change.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=client, **options)

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
    """What the client raises becomes :class:`StoreAway`: its text could quote addresses and names of keys."""
    try:
        yield
    except (OSError, BotoCoreError, ClientError):
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
