"""A bundle that Carnet wrote, coming back: what it said of its entries is taken at its word, and checked like any file.

Its Patient says whose record it is and is not filed; what only tells of other entries is passed over; a file that lay
beside a record lies beside it again, once its reader has looked at it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from records.formats.apart import made_apart
from records.formats.beside import File
from records.formats.fhir.bundle import Bundle, Entry, Unreadable
from records.formats.fhir.came import ABOUT, BESIDE, NAME, PERSON, SUBJECT
from records.formats.fhir.elements import string
from records.formats.fhir.references import References

_READERS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpeg",
    "image/png": "png",
    "application/dicom": "dicom",
    "text/plain": "text",
}


def returned(bundle: Bundle) -> Bundle:
    """``bundle`` with what Carnet said of its entries when it wrote them; itself when it was written by others."""
    if not any(entry.links for entry in bundle.entries):
        return bundle
    subject = next((entry for entry in bundle.entries if SUBJECT in entry.links and _is(entry, "Patient")), None)
    binaries = {entry.full_url: entry for entry in bundle.entries if BESIDE in entry.links and _is(entry, "Binary")}
    addresses = frozenset({subject.full_url} if subject is not None and subject.full_url else ())
    entries = [
        replace(entry, resource=_unattached(repointed(entry.resource, addresses, PERSON), binaries))
        if entry.resource
        else entry
        for entry in bundle.entries
        if entry is not subject and ABOUT not in entry.links and entry.full_url not in binaries
    ]
    files, shut = _files(entries, list(binaries.values()))
    return replace(
        bundle,
        entries=tuple(entries),
        references=References([(entry.full_url, entry.resource) for entry in entries if entry.resource]),
        subject=subject.resource if subject is not None else None,
        files=files,
        shut=shut,
    )


def repointed(resource: Any, addresses: Collection[str], address: str) -> Any:
    """``resource`` pointing at ``address`` wherever it pointed at one of ``addresses``; itself when it nowhere did."""
    if isinstance(resource, dict):
        made = {key: repointed(value, addresses, address) for key, value in resource.items()}
        if isinstance(told := made.get("reference"), str) and told in addresses:
            made["reference"] = address
        return made if any(made[key] is not value for key, value in resource.items()) else resource
    if isinstance(resource, list):
        members = [repointed(value, addresses, address) for value in resource]
        changed = any(now is not before for now, before in zip(members, resource, strict=True))
        return members if changed else resource
    return resource


def _is(entry: Entry, kind: str) -> bool:
    return entry.resource is not None and entry.resource.get("resourceType") == kind


def _unattached(resource: dict[str, Any], binaries: Mapping[str, Entry]) -> dict[str, Any]:
    """A document as it is kept: without the addresses of the files that lie beside it."""
    if resource.get("resourceType") == "DocumentReference" and isinstance(resource.get("content"), list):
        return {**resource, "content": [_without_url(holder, "attachment", binaries) for holder in resource["content"]]}
    if resource.get("resourceType") == "DiagnosticReport" and isinstance(resource.get("presentedForm"), list):
        forms = [_without_url({"it": form}, "it", binaries)["it"] for form in resource["presentedForm"]]
        return {**resource, "presentedForm": forms}
    return resource


def _without_url(holder: Any, key: str, binaries: Mapping[str, Entry]) -> Any:
    told = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(told, dict) or told.get("url") not in binaries:
        return holder
    return {**holder, key: {name: value for name, value in told.items() if name != "url"}}


def _files(entries: list[Entry], binaries: list[Entry]) -> tuple[dict[int, tuple[File, ...]], int]:
    places = {entry.full_url: entry.position for entry in entries if entry.full_url and entry.resource}
    files: dict[int, tuple[File, ...]] = {}
    shut = 0
    for entry in binaries:
        place, file = places.get(entry.links[BESIDE]), _file(entry)
        if place is None or file is None:
            shut += 1
        else:
            files[place] = (*files.get(place, ()), file)
    return files, shut


def _file(entry: Entry) -> File | None:
    """The file in a Binary, as its reader leaves it; nothing when it would do harm or is of a kind that none reads."""
    binary = entry.resource or {}
    media = string(binary, "contentType").partition(";")[0].strip().lower()
    try:
        content = b64decode(str(binary.get("data", "")), validate=True)
        told = made_apart(_READERS[media], content)
    except (binascii.Error, ValueError, KeyError, Unreadable):
        return None
    removed = tuple(what for what in told.facts.get("removed", []) if isinstance(what, str))
    # The files that come of an examination have names; the only one that comes of another kind is its cleaned copy.
    made = dict(zip(map(str, told.facts.get("files", ["clean"])), told.files, strict=False))
    return File(unquote(entry.links.get(NAME, ""))[:200] or "file", media, made.get("clean", content), removed)
