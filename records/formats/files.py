"""A file of any kind that Carnet takes in, as a FHIR bundle.

The kind is told by the content; a name that says another kind refuses the file.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from consent.categories import Category
from records.formats.apart import made_apart, read_apart
from records.formats.enclosed import READERS, detached, file_of, files_of
from records.formats.fhir.bundle import Bundle, Entry, Unreadable, bundle_of
from records.formats.fhir.came import PERSON
from records.formats.fhir.drawers import CATEGORY_SYSTEM, HELD_CLOSE
from records.formats.fhir.mapping import LeftOut, category_of, is_delicate
from records.formats.fhir.references import References
from records.formats.papers import MEDIA, About, paper
from records.formats.parts import SAME_DRAWER
from records.formats.returning import repointed, returned
from records.formats.sentences import sentence_of

_HEAD = 1024
_MARK = b"\xef\xbb\xbf"
# What begins like this is a kind that is known, and not taken in: GIF, archives, TIFF, programs, office files.
_OTHERS = (
    b"GIF8",
    b"{\\rtf",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"II*\0",
    b"MM\0*",
    b"Rar!",
    b"7z\xbc\xaf",
    b"MZ",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
)
_PAPERS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
_HL7 = re.compile(rb"[\x0b\s]*(?:MSH|FHS|BHS)[^\w\s]")
# Kinds that an ending of a name may stand for. Any other ending says nothing, and the content decides alone.
_ENDINGS: Mapping[str, frozenset[str]] = {
    ".pdf": frozenset({"pdf"}),
    ".jpg": frozenset({"jpeg"}),
    ".jpeg": frozenset({"jpeg"}),
    ".jpe": frozenset({"jpeg"}),
    ".png": frozenset({"png"}),
    ".dcm": frozenset({"dicom"}),
    ".dicom": frozenset({"dicom"}),
    ".json": frozenset({"fhir"}),
    ".xml": frozenset({"cda"}),
    ".xsl": frozenset({"cda"}),
    ".cda": frozenset({"cda"}),
    ".hl7": frozenset({"hl7v2"}),
    ".oru": frozenset({"hl7v2"}),
    ".er7": frozenset({"hl7v2"}),
    ".txt": frozenset({"text", "hl7v2"}),
    ".text": frozenset({"text", "hl7v2"}),
}
# Brands of HEIF as phones write it (ISO/IEC 23008-12, annex B; "mif1" and "msf1" are any HEIF).
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_OUTSIDE = frozenset({"heic", "other"})
_FROM_OUTSIDE = frozenset({"fhir", "cda", "hl7v2"})
# The most that any kind may weigh; each reader has its own ceiling below.
MAX_BYTES = 32 * 2**20


def kind_of(head: bytes, name: str = "") -> str:
    """What begins with ``head``: ``fhir``, ``cda`` (any XML), ``hl7v2``, ``pdf``, ``jpeg``, ``png``, ``dicom``.

    ``text`` only by its ``name``, because nothing else tells it; ``heic`` and ``other`` for kinds that stay outside,
    else empty.
    """
    if head[128:132] == b"DICM":
        return "dicom"
    for begins, kind in _PAPERS.items():
        if head.startswith(begins):
            return kind
    bare = head.removeprefix(_MARK).lstrip(b" \t\r\n")
    if _HL7.match(head.removeprefix(_MARK)):
        return "hl7v2"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return "heic"
    if head.startswith(_OTHERS):
        return "other"
    if "text" in _ENDINGS.get(_ending(name), ()) and bare:
        return "text"
    if bare[:1] in (b"{", b"["):
        return "fhir"
    return "cda" if bare[:1] == b"<" or head[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<") else ""


def read_file(path: Path, about: About | None = None) -> Bundle:
    """Read the file at ``path``, whatever its kind among those taken in.

    Args:
        about: what is said of a file that says nothing itself; without it, its name and its date.

    Raises:
        Unreadable: the file is missing, of another kind, too large, malformed or hostile. Its ``format`` says what
            it was taken for.
    """
    raw = whole(path)
    return read_bytes(raw, path.name, about or About(title=title_of(path.name), day=_day_of(path)))


def read_bundle(path: Path) -> Bundle:
    """Read the file at ``path``, which has to be FHIR R4.

    Raises:
        Unreadable: the file is missing, too large, not JSON, or not FHIR R4.
    """
    return read_apart("fhir", whole(path))


def read_bytes(raw: bytes, name: str, about: About) -> Bundle:
    """The file ``raw``, which its owner calls ``name``, as :func:`read_file` reads one.

    Raises:
        Unreadable: as there.
    """
    kind = kind_of(raw[:_HEAD], name)
    try:
        if kind == "heic":
            raise Unreadable(_say(kind))
        if not kind or kind == "other":
            raise Unreadable(_say("empty" if not raw.strip() else "not-taken" if kind else "unknown-kind"))
        if kind not in _ENDINGS.get(_ending(name), (kind,)):
            raise Unreadable(_say("wrong-name"))
        if kind == "fhir":
            return _opened(returned(read_apart(kind, raw)))
        if kind in _FROM_OUTSIDE:
            return _opened(settled(read_apart(kind, raw), kind))
        return _alone(settled(bundle_of(paper(kind, raw, made_apart(kind, raw), about)), kind), MEDIA[kind])
    except Unreadable as refusal:
        refusal.format = kind if kind and kind not in _OUTSIDE else "unknown"
        raise


def _opened(bundle: Bundle) -> Bundle:
    """The bundle with the files inside its documents beside them: checked, and shut when they should not be opened.

    A resource that came as FHIR keeps its own bytes; a document of another format has them in its original.
    """
    files, entries, shut = dict(bundle.files), [], bundle.shut
    for entry in bundle.entries:
        found, closed = files_of(entry.resource) if entry.resource and entry.position not in files else ((), 0)
        shut += closed
        if found:
            files[entry.position] = found
        whole = entry.resource is not None and found and not closed and bundle.format != "fhir"
        entries.append(_with(entry, detached(entry.resource or {}, READERS)) if whole else entry)
    return replace(bundle, entries=tuple(entries), files=files, shut=shut) if files or shut else bundle


def _alone(bundle: Bundle, media: str) -> Bundle:
    """The bundle of a file by itself: the file lies beside its document, and no longer in it."""
    files, entries = {}, []
    for entry in bundle.entries:
        resource = entry.resource or {}
        if _is(resource, "DocumentReference"):
            inside, shut = files_of(resource) if media == MEDIA["dicom"] else ((), 0)
            if shut:
                raise Unreadable(_say("embedded"))
            papers = tuple(file for file in inside if file.media_type == MEDIA["pdf"])
            files[entry.position] = (*papers, *file_of(resource, media))
            entries.append(_with(entry, detached(resource, {media, MEDIA["pdf"]})))
        else:
            entries.append(entry)
    found = References([(entry.full_url, entry.resource) for entry in entries if entry.resource])
    return replace(bundle, entries=tuple(entries), references=found, files=files)


def title_of(name: str) -> str:
    """The name of a file as a title: no folder, no ending, no sign that cannot be printed."""
    last = re.split(r"[/\\]", name)[-1]
    stem = last[: -len(_ending(last))] if _ending(last) in _ENDINGS else last
    return " ".join("".join(sign if sign.isprintable() else " " for sign in stem).replace("_", " ").split())[:120]


def _ending(name: str) -> str:
    stem, dot, ending = name.strip().lower().rpartition(".")
    return f".{ending}" if dot and stem else ""


def _day_of(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def settled(bundle: Bundle, kind: str) -> Bundle:
    """A bundle made from a document: its Patient says who it is about, and each piece has its drawer.

    The header of a document is no identity sheet: it is compared, and kept inside the document. Results that are no
    biology lie with their document, and a document lies no more openly than the most delicate thing it tells.
    """
    people = [entry.resource for entry in bundle.entries if entry.resource and _is(entry.resource, "Patient")]
    entries = [entry for entry in bundle.entries if entry.resource and not _is(entry.resource, "Patient")]
    addresses = frozenset(f"urn:uuid:{person['id']}" for person in people)
    entries = [_with(entry, repointed(entry.resource or {}, addresses, PERSON)) for entry in entries]
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


def whole(path: Path) -> bytes:
    """The bytes of a regular file no larger than any kind may be."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable(_say("no-file"), format="unknown")
        if facts.st_size > MAX_BYTES:
            size = {"size": -(-facts.st_size // 2**20), "ceiling": MAX_BYTES // 2**20}
            raise Unreadable(sentence_of("too-large", size), format="unknown")
        with path.open("rb") as stream:
            # One byte more than allowed: a file that grows while it is read is refused by its reader.
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(_say("missing"), format="unknown") from None
    except OSError:
        raise Unreadable(_say("closed"), format="unknown") from None


def _say(token: str) -> str:
    return sentence_of(token, {})
