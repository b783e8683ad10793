"""Door that gives the whole of one drawer for a copy to take away: every document with its body, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Length

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.decisions import Right, decide
from records.attached import attached_to
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.came import came_of
from records.formats.fhir.carried import original
from records.formats.fhir.leaving import Beside, Going
from records.listing import as_readable, marks_of, open_row
from records.models import Record
from records.people import Identity
from records.shown import Attached, Blunt, Item

__all__ = ["Place", "Share", "Unknown", "open_share"]

Place = tuple[datetime, UUID]
"""Where a drawer was left: when its last document was filed, and its identifier."""

# Sealed bytes of bodies opened at once. One document alone may weigh more than that.
_MOST_BYTES = 8 * 2**20
_MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Share(Blunt):
    """What a copy holds of one drawer, in the order it was filed; nothing of a drawer that is closed to its asker.

    ``files`` are to be opened one by one, each through its own door. ``rest`` is where to go on, ``None`` at the end.
    """

    identity: Identity
    category: Category
    documents: tuple[tuple[Item, Going], ...]
    files: tuple[Attached, ...]
    rest: Place | None = None


def open_share(*, actor: Actor, dossier_id: UUID, category: Category, after: Place | None = None) -> Share:
    """Everything in one drawer that this actor may take away, from ``after`` on, as much as fits in memory.

    Raises:
        Unknown: there is no such dossier for this actor, or they do not act for its patient.
        Unreadable: sealed data do not open.
    """
    act = partial(_share, dossier_id=dossier_id, category=category, after=after)
    return through(Attempt(actor, Event.EXPORT_FILLED), act)


def _share(attempt: Attempt, *, dossier_id: UUID, category: Category, after: Place | None) -> Share | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not (entered.may_read and (entered.facts.is_own or entered.facts.represents)):
        return attempt.unknown(entered.opening)
    attempt.category = category.value
    decision = decide(entered.facts, category=category, right=Right.EXPORT)
    places, more = _next(entered, category, after) if decision.allowed else ([], False)
    documents = tuple(_documents(attempt.actor, entered, category, [record_id for _filed, record_id in places]))
    if documents:
        attempt.allowed(decision, count=len(documents))
    return Share(
        identity=entered.identity(),
        category=category,
        documents=tuple((item, going) for item, going, _files in documents),
        files=tuple(file for _item, _going, files in documents for file in files),
        rest=places[-1] if more else None,
    )


def _next(entered: Entered, category: Category, after: Place | None) -> tuple[list[Place], bool]:
    """Where the next documents lie, no more of them than may be opened at once, and whether others follow."""
    rows = Record.objects.filter(dossier_id=entered.ref.id, category=category.value).order_by("filed_at", "id")
    if after is not None:
        rows = rows.filter(Q(filed_at__gt=after[0]) | Q(filed_at=after[0], id__gt=after[1]))
    found: list[Place] = []
    weight = 0
    weighed = rows.annotate(weight=Length("body")).values_list("filed_at", "id", "weight")[: _MOST_ROWS + 1]
    for filed_at, record_id, each in weighed:
        weight += each
        if found and (weight > _MOST_BYTES or len(found) == _MOST_ROWS):
            return found, True
        found.append((filed_at, record_id))
    return found, False


def _documents(
    actor: Actor, entered: Entered, category: Category, record_ids: list[UUID]
) -> list[tuple[Item, Going, tuple[Attached, ...]]]:
    opened = []
    rows = Record.objects.filter(dossier_id=entered.ref.id, category=category.value, id__in=record_ids)
    for row in rows.order_by("filed_at", "id").iterator(chunk_size=200):
        if decide(entered.facts, category=category, right=Right.EXPORT, marks=marks_of(row)).allowed:
            item, resource = open_row(entered, row)
            files = attached_to(actor, entered, row.id)
            going = Going(
                record_id=row.id,
                resource=original(as_readable(entered, resource)),
                came=came_of(resource),
                filed_at=row.filed_at,
                author_name=item.header.author_name,
                files=tuple(_beside(file) for file in files),
            )
            opened.append((item, going, files))
    return opened


def _beside(file: Attached) -> Beside:
    return Beside(document_id=file.document_id, name=file.name, media_type=file.media_type, length=file.length)
