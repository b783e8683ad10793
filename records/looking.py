"""The door to a document as pictures of its pages, for whoever may read its record.

It is opened and drawn by a process that holds one subkey and nothing else (``records.drawing``). One look is one entry,
however many pages it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from audit.actor import Actor
from consent.categories import Category
from records.documents import StoreAway as StoreAway
from records.documents import Unknown as Unknown
from records.documents import open_document
from records.drawing.opening import packed
from records.formats.apart import made_apart
from records.formats.fhir.bundle import Unreadable
from records.shown import Blunt

__all__ = ["Look", "Sheet", "StoreAway", "Unknown", "look_at"]

SHEETS = 4
_WIDTH = 1240
# What is larger is downloaded: drawing it would take more memory than one process gets.
MOST_BYTES = 40 * 2**20
_DRAWN = {
    "application/pdf": "sealed-pdf",
    "text/plain": "sealed-text",
    "image/jpeg": "sealed-picture",
    "image/png": "sealed-picture",
    "application/dicom": "sealed-examination",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sheet(Blunt):
    """One page: its picture (empty for plain text), and its text, empty when it has none."""

    number: int
    picture: bytes
    media_type: str
    text: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Look(Blunt):
    """A document, looked at from page ``first`` on. Without sheets, ``sentence`` says why none could be drawn."""

    document_id: UUID
    record_id: UUID
    category: Category
    name: str
    media_type: str
    length: int
    pages: int
    first: int
    sheets: tuple[Sheet, ...]
    sentence: str = ""

    @property
    def following(self) -> int:
        """The first page not shown; 0 when all were."""
        last = self.first + len(self.sheets)
        return last if self.sheets and last <= self.pages else 0


def look_at(*, actor: Actor, document_id: UUID, first: int = 1) -> Look:
    """Look at up to four pages of a document.

    Raises:
        Unknown: there is no such document for this actor.
        records.vault.cipher.Unreadable: sealed data do not open.
        StoreAway: the store cannot be used now; nothing was shown.
    """
    with open_document(actor=actor, document_id=document_id) as opened:
        if opened.record_id is None:
            # Not filed, perhaps because no scanner has looked at it: it is shown to nobody.
            raise Unknown
        stored = opened.handover.stored
        facts: dict[str, object] = {}
        sheets: tuple[Sheet, ...] = ()
        sentence = ""
        try:
            if stored.size > MOST_BYTES or opened.media_type not in _DRAWN:
                raise Unreadable("")
            sealed = packed(opened.handover.keys, opened.handover.place, stored.read(0, stored.size))
            made = made_apart(_DRAWN[opened.media_type], sealed, first, SHEETS, _WIDTH)
            facts, sheets = made.facts, _sheets(made.facts, made.files, first)
        except Unreadable as refusal:
            sentence = str(refusal)
        pages = facts.get("pages", 0)
        return Look(
            document_id=opened.document_id,
            record_id=opened.record_id,
            category=opened.category,
            name=opened.name,
            media_type=opened.media_type,
            length=opened.length,
            pages=pages if isinstance(pages, int) else 0,
            first=first,
            sheets=sheets,
            sentence=sentence,
        )


def _size(told: object) -> int:
    return told if isinstance(told, int) and 0 < told < 10_000 else 0


def _sheets(facts: dict[str, object], files: tuple[bytes, ...], first: int) -> tuple[Sheet, ...]:
    """The sheets of an answer that is believed no more than a file."""
    listed = facts.get("sheets")
    told = [one if isinstance(one, dict) else {} for one in listed] if isinstance(listed, list) else []
    pictures = [*files, *(b"" for _one in told)]
    return tuple(
        Sheet(
            number=first + place,
            picture=pictures[place],
            media_type="image/png" if one.get("media") == "image/png" else "image/jpeg",
            text=text if isinstance(text := one.get("text"), str) else "",
            width=_size(one.get("width")),
            height=_size(one.get("height")),
        )
        for place, one in enumerate(told)
    )
