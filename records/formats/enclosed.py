"""The files inside what is taken in: each looked at in a process of its own, cleaned or left shut.

A file by itself (PDF, photograph, DICOM) leaves its record and is kept beside it. A document of another format keeps
its own bytes as they came; a PDF or a picture inside it is kept beside it too, so that pages can show it. One that
would do harm, is locked or damaged is not opened: it stays where it was, and the report says so.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha1
from typing import Any

from records.formats.apart import made_apart
from records.formats.beside import File
from records.formats.fhir.bundle import Unreadable
from records.formats.fhir.elements import items

# More files than that in one document are kept inside it only.
MOST = 20

READERS = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png"}
"""The files that are looked at inside of others, and what reads each."""

_ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/dicom": ".dcm",
    "text/plain": ".txt",
}


def files_of(resource: Mapping[str, Any]) -> tuple[tuple[File, ...], int]:
    """The files inside a resource of another format, checked, and how many were left shut."""
    found: list[File] = []
    shut = 0
    for attachment in _attachments(resource):
        if len(found) >= MOST:
            break
        media = str(attachment.get("contentType", "")).partition(";")[0].strip().lower()
        content = _content(attachment)
        if media not in READERS or not content:
            continue
        try:
            told = made_apart(READERS[media], content)
        except Unreadable:
            shut += 1
            continue
        removed = tuple(what for what in told.facts.get("removed", []) if isinstance(what, str))
        found.append(File(_name(attachment, media), media, told.files[0] if told.files else content, removed))
    return tuple(found), shut


def file_of(resource: Mapping[str, Any], media: str) -> tuple[File, ...]:
    """The file that a document was made of: the last of its attachments, which is of this type and already read."""
    attachment = resource["content"][-1]["attachment"]
    removed = tuple(str(told["valueCode"]) for told in attachment.get("extension", []))
    return (File(_name(attachment, media), media, b64decode(attachment["data"]), removed),)


def detached(resource: dict[str, Any], media: Collection[str]) -> dict[str, Any]:
    """A document made here without the bytes of the files of these types, which lie beside it.

    The record keeps size and SHA-1 of each (https://hl7.org/fhir/R4/datatypes.html#Attachment), so that the same file
    is known the next time.
    """
    if "presentedForm" in resource:
        return {**resource, "presentedForm": [_without_bytes(form, media) for form in resource["presentedForm"]]}
    contents = [
        {**holder, "attachment": _without_bytes(holder["attachment"], media)} for holder in resource.get("content", [])
    ]
    return {**resource, "content": contents} if contents else resource


def _without_bytes(attachment: dict[str, Any], media: Collection[str]) -> dict[str, Any]:
    if str(attachment["contentType"]).partition(";")[0] not in media or "data" not in attachment:
        return attachment
    # SHA-1 is what the standard names; it finds the same file again and protects nothing.
    digest = sha1(b64decode(attachment["data"]), usedforsecurity=False).digest()
    plain = {key: value for key, value in attachment.items() if key != "data"}
    return {**plain, "hash": b64encode(digest).decode()}


def _attachments(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    kind = resource.get("resourceType")
    if kind == "DocumentReference":
        for holder in items(resource, "content"):
            yield from items(holder, "attachment")
    elif kind == "DiagnosticReport":
        yield from items(resource, "presentedForm")
    elif kind == "Media":
        yield from items(resource, "content")
    elif kind == "Binary":
        yield resource


def _content(attachment: Mapping[str, Any]) -> bytes:
    told = attachment.get("data")
    try:
        return b64decode("".join(told.split()), validate=True) if isinstance(told, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _name(attachment: Mapping[str, Any], media: str) -> str:
    title = attachment.get("title")
    return (title if isinstance(title, str) and title else "document") + _ENDINGS.get(media, "")
