"""Door that gives the whole of one drawer for a copy to take away: every document with its body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.decisions import Right, decide
from records.attached import attached_to
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.carried import original
from records.listing import as_readable, marks_of, open_row
from records.models import Record
from records.people import Identity
from records.shown import Attached, Blunt, Item

__all__ = ["Share", "Unknown", "open_share"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Share(Blunt):
    """What a copy holds of one drawer, in the order it was filed; nothing of a drawer that is closed to its asker.

    ``files`` are to be opened one by one, each through its own door.
    """

    identity: Identity
    category: Category
    documents: tuple[tuple[Item, dict[str, Any]], ...]
    files: tuple[Attached, ...]


def open_share(*, actor: Actor, dossier_id: UUID, category: Category) -> Share:
    """Everything in one drawer that this actor may take away.

    Raises:
        Unknown: there is no such dossier for this actor, or they do not act for its patient.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.EXPORT_FILLED), partial(_share, dossier_id=dossier_id, category=category))


def _share(attempt: Attempt, *, dossier_id: UUID, category: Category) -> Share | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not (entered.may_read and (entered.facts.is_own or entered.facts.represents)):
        return attempt.unknown(entered.opening)
    attempt.category = category.value
    decision = decide(entered.facts, category=category, right=Right.EXPORT)
    documents = _documents(entered, category) if decision.allowed else ()
    files = tuple(each for item, _ in documents for each in attached_to(attempt.actor, entered, item.record_id))
    if documents:
        attempt.allowed(decision, count=len(documents))
    return Share(identity=entered.identity(), category=category, documents=documents, files=files)


def _documents(entered: Entered, category: Category) -> tuple[tuple[Item, dict[str, Any]], ...]:
    opened = []
    for row in Record.objects.lying_in(entered.ref.id, [category]).iterator(chunk_size=200):
        if decide(entered.facts, category=category, right=Right.EXPORT, marks=marks_of(row)).allowed:
            item, resource = open_row(entered, row)
            opened.append((item, original(as_readable(entered, resource))))
    return tuple(reversed(opened))
