"""A FHIR R4 file in hand: a bundle, or one resource alone (https://hl7.org/fhir/R4/bundle.html).

Files are read by a process of their own (``records.formats.apart``, ``records.formats.fhir.checking``); what it
answers is believed no more than a file and checked again here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import simplejson

from records.formats.beside import File
from records.formats.fhir.checking import checked
from records.formats.fhir.elements import Node, items
from records.formats.fhir.references import References
from records.formats.refusals import Unfit
from records.formats.sentences import sentence_of


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
    """One entry of a bundle: its place in the file (from 1), its address, its resource (``None`` when it has none).

    ``links`` says more of it (Bundle.entry.link): what Carnet wrote there when the entry left is known again.
    """

    position: int
    full_url: str
    resource: dict[str, Any] | None
    links: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Entry {self.position}>"


@dataclass(frozen=True, slots=True, repr=False)
class Bundle:
    """What a file holds, in its order, with an index of what points at what.

    Attributes:
        format: the format of the file it was made from, as the log names it.
        subject: the Patient that the header of a document is about. It is compared with the dossier and not filed:
            it lies inside the document.
        files: the files to keep beside a record, by the position of its entry.
        shut: how many files inside were left unopened, because they would do harm, are locked or damaged.
    """

    type: str
    entries: tuple[Entry, ...]
    references: References
    format: str = "fhir"
    subject: dict[str, Any] | None = None
    files: Mapping[int, tuple[File, ...]] = field(default_factory=dict)
    shut: int = 0

    def __repr__(self) -> str:
        return f"<Bundle of {len(self.entries)}>"


def bundle_of(content: object) -> Bundle:
    """The bundle in what a process that read a file answered; it is believed no more than a file.

    Raises:
        Unreadable: it is no FHIR R4, or nested too deeply.
    """
    try:
        return _open(checked(content))
    except Unfit as refusal:
        raise Unreadable(sentence_of(refusal.token, refusal.facts)) from None


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
        raise Unreadable(sentence_of("half-character", {})) from None


def _open(content: dict[str, Any]) -> Bundle:
    if content["resourceType"] != "Bundle":
        return _indexed("resource", (Entry(1, "", content),))
    entries = tuple(
        Entry(place, _text(entry.get("fullUrl")), entry.get("resource"), _links(entry))
        for place, entry in enumerate(content.get("entry", []), start=1)
    )
    return _indexed(content["type"], entries)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _links(entry: Node) -> dict[str, str]:
    return {_text(link.get("relation")): _text(link.get("url")) for link in items(entry, "link")}


def _indexed(kind: str, entries: tuple[Entry, ...]) -> Bundle:
    found = [(entry.full_url, entry.resource) for entry in entries if entry.resource is not None]
    return Bundle(kind, entries, References(found))


def exact(content: dict[str, Any]) -> dict[str, Any]:
    """``content`` with every float made the Decimal of its shortest writing, as a file would have brought it."""
    made: dict[str, Any] = simplejson.loads(simplejson.dumps(content, use_decimal=True), use_decimal=True)
    return made
