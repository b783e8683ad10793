"""Reading a FHIR R4 file safely: a bundle, or one resource alone (https://hl7.org/fhir/R4/bundle.html).

The file is hostile until read: its size is looked at before a byte is loaded, its depth is bounded,
and no sentence about it repeats what it holds. Numbers become Decimals, so that writing a resource
again gives the digits that came (https://hl7.org/fhir/R4/json.html#primitive).
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import simplejson
from django.utils.translation import gettext_lazy as _

from records.formats.fhir.kinds import KNOWN
from records.formats.fhir.references import References

# The largest Synthea bundle given is 3.3 MB; parsing takes some twenty times the size in memory.
MAX_BYTES = 32 * 1024 * 1024
# FHIR's own deepest structures (nested items of a questionnaire) stay under 30.
MAX_DEPTH = 64
MAX_ENTRIES = 50_000
# Objects, lists and members: 32 MiB of "{},{}," would take a gigabyte once read. Real files have one in 30 bytes.
MAX_PARTS = 1_500_000

BUNDLE_TYPES = ("transaction", "batch", "collection", "searchset", "document")


class Unreadable(Exception):
    """A file that cannot be taken in: what is wrong, where, and what to do. Never what the file holds.

    Attributes:
        format: what the file was taken for, as the log names it.
    """

    def __init__(self, sentence: object, *, format: str = "fhir") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.format = format

    def __str__(self) -> str:
        return str(self.sentence)


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One entry of a bundle: its place in the file (from 1), its address, its resource (``None`` when it has none)."""

    position: int
    full_url: str
    resource: dict[str, Any] | None

    def __repr__(self) -> str:
        return f"<Entry {self.position}>"


@dataclass(frozen=True, slots=True, repr=False)
class Bundle:
    """What a file holds, in its order, with an index of what points at what.

    Attributes:
        format: the format of the file it was made from, as the log names it.
        subject: the Patient that the header of a document is about. It is compared with the dossier and not filed:
            it lies inside the document.
    """

    type: str
    entries: tuple[Entry, ...]
    references: References
    format: str = "fhir"
    subject: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Bundle of {len(self.entries)}>"


def read_bundle(path: Path) -> Bundle:
    """Read the FHIR file at ``path``.

    Raises:
        Unreadable: the file is missing, too large, not JSON, or not FHIR R4.
    """
    return parse_bundle(_load(Path(path)))


def parse_bundle(raw: bytes) -> Bundle:
    """Read a FHIR file already in memory (at most ``MAX_BYTES`` bytes).

    Raises:
        Unreadable: the bytes are too many, not JSON, or not FHIR R4.
    """
    if len(raw) > MAX_BYTES:
        _too_large(len(raw))
    return _open(_decode(raw))


def of_resources(resources: Sequence[dict[str, Any]]) -> Bundle:
    """A bundle of resources made here (the demo), numbers as ``int`` or ``Decimal``."""
    entries = tuple(Entry(place, "", resource) for place, resource in enumerate(resources, start=1))
    return _indexed("collection", entries)


def to_json(resource: object) -> bytes:
    """The resource as JSON in UTF-8, keys in the order they came, decimals with the digits they came with.

    Raises:
        Unreadable: a text holds half a character (a lone surrogate), which UTF-8 cannot write.
    """
    try:
        text: str = simplejson.dumps(resource, use_decimal=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError:
        raise Unreadable(
            _("A text in this file has a broken character. Ask whoever gave you the file for a new one.")
        ) from None


def _load(path: Path) -> bytes:
    """The bytes of a regular file no larger than the ceiling."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable(_("This is not a file. Give the path of a FHIR file, ending in .json."))
        if facts.st_size > MAX_BYTES:
            _too_large(facts.st_size)
        with path.open("rb") as stream:
            # One byte more than allowed: a file that grows while it is read is refused too.
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(_("There is no file at this path. Check its name.")) from None
    except OSError as problem:
        raise Unreadable(
            _("The file cannot be opened (%(why)s). Check that you may read it.") % {"why": problem.strerror}
        ) from None


def _too_large(size: int) -> NoReturn:
    raise Unreadable(
        _("The file is too large: %(size)s MiB, and Carnet reads at most %(ceiling)s MiB. Split it and try again.")
        % {"size": -(-size // 2**20), "ceiling": MAX_BYTES // 2**20}
    )


class _Twice(ValueError):
    """A key written twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _decode(raw: bytes) -> Any:
    """JSON to objects: Decimals, no NaN, no key twice, bounded depth."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Unreadable(
            _("The file is not text in UTF-8 (byte %(place)s). Export it again as FHIR JSON.")
            % {"place": problem.start}
        ) from None
    if sum(map(raw.count, (b"{", b"[", b","))) > MAX_PARTS:
        raise Unreadable(_("The file has more than %(most)s parts. Split it and try again.") % {"most": MAX_PARTS})
    if not text.strip():
        raise Unreadable(_("The file is empty. Export it again."))
    try:
        content = simplejson.loads(text, use_decimal=True, object_pairs_hook=_pairs, parse_constant=_constant)
    except _Twice:
        raise Unreadable(
            _("An object in this file has the same key twice, and nothing says which is true. Export it again.")
        ) from None
    except simplejson.JSONDecodeError as problem:
        raise Unreadable(
            _("The file is not valid JSON: line %(line)s, column %(column)s. Export it again as FHIR JSON.")
            % {"line": problem.lineno, "column": problem.colno}
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, ArithmeticError):
        raise Unreadable(
            _("A number in this file is not one that JSON allows (NaN, Infinity or far too long). Export it again.")
        ) from None
    _check_depth(content)
    return content


def _too_deep() -> Unreadable:
    return Unreadable(
        _("The file is nested too deeply: more than %(depth)s levels. No health record needs that.")
        % {"depth": MAX_DEPTH}
    )


def _check_depth(content: object) -> None:
    level = [content]
    for _depth in range(MAX_DEPTH + 1):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(value for value in node.values() if isinstance(value, dict | list))
            elif isinstance(node, list):
                below.extend(value for value in node if isinstance(value, dict | list))
        if not below:
            return
        level = below
    raise _too_deep()


def _open(content: object) -> Bundle:
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise Unreadable(_('This is JSON but not FHIR: it has no "resourceType". Ask for an export in FHIR R4 (JSON).'))
    if content["resourceType"] != "Bundle":
        return _indexed("resource", (Entry(1, "", _known(content, 1)),))
    if content.get("type") not in BUNDLE_TYPES:
        raise Unreadable(
            _("This bundle is of a type that Carnet does not take in. It takes: %(types)s.")
            % {"types": ", ".join(BUNDLE_TYPES)}
        )
    entries = content.get("entry", [])
    if not isinstance(entries, list):
        raise Unreadable(_('This bundle is malformed: "entry" is not a list. Export it again as FHIR R4 (JSON).'))
    if len(entries) > MAX_ENTRIES:
        raise Unreadable(
            _("This bundle has more than %(most)s entries. Split it and try again.") % {"most": MAX_ENTRIES}
        )
    return _indexed(content["type"], tuple(_entry(place, entry) for place, entry in enumerate(entries, start=1)))


def _entry(position: int, entry: object) -> Entry:
    if not isinstance(entry, dict):
        raise Unreadable(
            _("Entry %(place)s of this bundle is malformed: it is not an object. Export it again.")
            % {"place": position}
        )
    full_url = entry.get("fullUrl")
    resource = entry.get("resource")
    return Entry(
        position,
        full_url if isinstance(full_url, str) else "",
        None if resource is None else _known(resource, position),
    )


def _known(resource: object, position: int) -> dict[str, Any]:
    """The resource, once its type is one of FHIR R4."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(kind, str):
        raise Unreadable(
            _('Entry %(place)s is malformed: its resource has no "resourceType". Export it again.')
            % {"place": position}
        )
    if kind not in KNOWN:
        raise Unreadable(
            _("Entry %(place)s is of a type that does not exist in FHIR R4. Ask for an export in FHIR R4.")
            % {"place": position}
        )
    return resource


def _indexed(kind: str, entries: tuple[Entry, ...]) -> Bundle:
    found = [(entry.full_url, entry.resource) for entry in entries if entry.resource is not None]
    return Bundle(kind, entries, References(found))


def exact(content: dict[str, Any]) -> dict[str, Any]:
    """``content`` with every float made the Decimal of its shortest writing, as a file would have brought it."""
    made: dict[str, Any] = simplejson.loads(simplejson.dumps(content, use_decimal=True), use_decimal=True)
    return made
