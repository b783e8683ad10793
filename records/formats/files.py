"""A file of any kind that Carnet takes in, as a FHIR bundle. The kind is told by the content, never by the name."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from consent.categories import Category
from records.formats.apart import read_apart
from records.formats.cda import xml
from records.formats.fhir import bundle as fhir
from records.formats.fhir.bundle import Bundle, Entry, Unreadable
from records.formats.fhir.drawers import CATEGORY_SYSTEM, HELD_CLOSE
from records.formats.fhir.mapping import LeftOut, category_of, is_delicate
from records.formats.fhir.references import References
from records.formats.parts import SAME_DRAWER
from records.formats.sentences import sentence_of

_HEAD = 1024
_MARK = b"\xef\xbb\xbf"
# What begins like this is a kind that is known, and not taken in.
_OTHERS = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"II*\0", b"MM\0*")
_HL7 = re.compile(rb"[\x0b\s]*(?:MSH|FHS|BHS)[^\w\s]")


def kind_of(head: bytes) -> str:
    """``fhir``, ``cda`` (any XML), ``hl7v2``, ``other`` for known kinds that are not taken in, else empty."""
    bare = head.removeprefix(_MARK).lstrip(b" \t\r\n")
    if bare[:1] in (b"{", b"["):
        return "fhir"
    if _HL7.match(head.removeprefix(_MARK)):
        return "hl7v2"
    if bare[:1] == b"<" or head[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<"):
        return "cda"
    return "other" if bare.startswith(_OTHERS) or head[128:132] == b"DICM" else ""


def read_file(path: Path) -> Bundle:
    """Read the file at ``path``, whatever its kind among those taken in.

    Raises:
        Unreadable: the file is missing, of another kind, too large, malformed or hostile. Its ``format`` says what
            it was taken for.
    """
    head = _head(path)
    kind = kind_of(head)
    try:
        if kind == "fhir":
            return fhir.read_bundle(path)
        if kind not in ("cda", "hl7v2"):
            raise Unreadable(_say("empty" if not head.strip() else "not-yet" if kind == "other" else "unknown-kind"))
        return settled(read_apart(kind, _whole(path)), kind)
    except Unreadable as refusal:
        refusal.format = kind if kind in ("fhir", "cda", "hl7v2") else "unknown"
        raise


def settled(bundle: Bundle, kind: str) -> Bundle:
    """A bundle made from a document: its Patient says who it is about, and each piece has its drawer.

    The header of a document is no identity sheet: it is compared, and kept inside the document. Results that are no
    biology lie with their document, and a document lies no more openly than the most delicate thing it tells.
    """
    people = [entry.resource for entry in bundle.entries if entry.resource and _is(entry.resource, "Patient")]
    entries = [entry for entry in bundle.entries if entry.resource and not _is(entry.resource, "Patient")]
    papers = [entry for entry in entries if entry.resource and _is(entry.resource, "DocumentReference")]
    if papers and papers[0].resource is not None:
        drawer = category_of(papers[0].resource, bundle.references)
        entries = [_with(entry, _lying(entry.resource or {}, drawer)) for entry in entries]
    # The file itself is carried by the document, or by the first report.
    holder = next((entry for entry in entries if entry.resource and _carries(entry.resource)), None)
    if holder is not None and holder.resource is not None:
        told = _as_delicate_as(holder.resource, entries, bundle.references)
        entries = [_with(entry, told) if entry is holder else entry for entry in entries]
    found = References([(entry.full_url, entry.resource) for entry in entries if entry.resource])
    return replace(bundle, entries=tuple(entries), references=found, format=kind, subject=people[0] if people else None)


def _is(resource: Mapping[str, Any], kind: str) -> bool:
    return resource.get("resourceType") == kind


def _carries(resource: Mapping[str, Any]) -> bool:
    return _is(resource, "DocumentReference") or "presentedForm" in resource


def _with(entry: Entry, resource: dict[str, Any]) -> Entry:
    return entry if resource is entry.resource else replace(entry, resource=resource)


def _lying(resource: dict[str, Any], drawer: object) -> dict[str, Any]:
    """``resource`` in the drawer of its document when it says so; a measurement of an everyday document in its own."""
    if {"coding": [SAME_DRAWER]} not in resource.get("category", []):
        return resource
    plain = {key: value for key, value in resource.items() if key != "category"}
    everyday = not (drawer in HELD_CLOSE or (isinstance(drawer, Category) and is_delicate(drawer)))
    if everyday and category_of(plain, References()) is not Category.LABORATORY:
        return plain
    return _named(resource, drawer)


def _named(resource: dict[str, Any], drawer: object) -> dict[str, Any]:
    """``resource`` with its drawer named outright."""
    others = [concept for concept in resource.get("category", []) if concept != {"coding": [SAME_DRAWER]}]
    return {**resource, "category": [{"coding": [{"system": CATEGORY_SYSTEM, "code": str(drawer)}]}, *others]}


def _as_delicate_as(holder: dict[str, Any], entries: list[Entry], references: References) -> dict[str, Any]:
    """The document that repeats everything, in the drawer of the most delicate thing in it."""
    own = category_of(holder, references)
    if isinstance(own, LeftOut) or own in HELD_CLOSE or is_delicate(own):
        return holder
    for entry in entries:
        lies = category_of(entry.resource or {}, references)
        if not isinstance(lies, LeftOut) and is_delicate(lies):
            return _named(holder, lies)
    return holder


def _head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(_say("no-file"), format="unknown")
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except FileNotFoundError:
        raise Unreadable(_say("missing"), format="unknown") from None
    except OSError:
        raise Unreadable(_say("closed"), format="unknown") from None


def _whole(path: Path) -> bytes:
    """The bytes of the file, one more than allowed when it is too large: the reader refuses it then."""
    size = path.stat().st_size
    if size > xml.MAX_BYTES:
        raise Unreadable(sentence_of("too-large", {"size": -(-size // 2**20), "ceiling": xml.MAX_BYTES // 2**20}))
    with path.open("rb") as stream:
        return stream.read(xml.MAX_BYTES + 1)


def _say(token: str) -> str:
    return sentence_of(token, {})
