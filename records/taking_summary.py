"""The door to a patient summary that leaves: what matters, with its resources, as far as its asker may take it away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.acting import scope_fact
from consent.categories import Category
from consent.decisions import Right, decide
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.came import came_of
from records.formats.fhir.carried import Carried, original
from records.formats.fhir.elements import string
from records.formats.fhir.ips import Entry
from records.formats.fhir.references import pointers
from records.listing import as_readable, everything, marks_of, open_row
from records.models import Record
from records.people import Identity
from records.shown import Blunt, Item
from records.summarising import summary_of
from records.summary import Section, shown_of

__all__ = ["PROCEDURES", "SummaryShare", "Unknown", "open_summary_share"]

PROCEDURES = "procedures"
"""What was done, in a summary that leaves: the page of the summary has no room for it."""

_DRAWERS = (Category.HOSPITAL_REPORT, Category.CONSULTATION_REPORT, Category.IMAGING)
_MOST_PROCEDURES = 20
_NOT_DONE = frozenset({"not-done", "entered-in-error", "preparation"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SummaryShare(Blunt):
    """A summary to take away; ``chosen`` by the name of its section, ``at`` the moment for which it holds."""

    identity: Identity
    at: datetime
    chosen: Mapping[str, tuple[Entry, ...]]


def open_summary_share(*, actor: Actor, dossier_id: UUID) -> SummaryShare:
    """The summary of a dossier with its resources, for the patient or who acts for them.

    Raises:
        Unknown: there is no such dossier for this actor, or they do not act for its patient.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.EXPORT_FILLED), partial(_share, dossier_id=dossier_id))


def _share(attempt: Attempt, *, dossier_id: UUID) -> SummaryShare | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not (entered.may_read and (entered.facts.is_own or entered.facts.represents)):
        return attempt.unknown(entered.opening)
    view = summary_of(entered)
    chosen = {section.value: shown_of(view.chosen, section) for section in Section}
    chosen[PROCEDURES] = _procedures(entered)
    rows = Record.objects.in_bulk([item.record_id for items in chosen.values() for item in items])
    taken = {section: tuple(_entries(entered, items, rows)) for section, items in chosen.items()}
    drawers = {Category(rows[entry.record_id].category) for entries in taken.values() for entry in entries}
    count = sum(map(len, taken.values()))
    attempt.allowed(entered.opening, count=count, categories=scope_fact(drawers))
    return SummaryShare(identity=view.identity, at=view.at, chosen=taken)


def _procedures(entered: Entered) -> tuple[Item, ...]:
    """What was done, the last first, each kind once."""
    found: dict[tuple[str, str], Item] = {}
    for category in _DRAWERS:
        if entered.reading(category).allowed:
            for item in everything(entered, category):
                header = item.header
                if header.kind == "Procedure" and header.status not in _NOT_DONE:
                    found.setdefault((header.system, header.code or header.title.casefold()), item)
    newest = sorted(found.values(), key=lambda item: item.header.date or item.filed_at, reverse=True)
    return tuple(newest[:_MOST_PROCEDURES])


def _entries(entered: Entered, items: tuple[Item, ...], rows: Mapping[UUID, Record]) -> Iterator[Entry]:
    for item in items:
        row = rows.get(item.record_id)
        marks = marks_of(row) if row is not None else None
        if row is None or not decide(entered.facts, category=item.category, right=Right.EXPORT, marks=marks).allowed:
            continue
        _item, whole = open_row(entered, row)
        resource = as_readable(entered, whole)
        plain, carried = original(resource), Carried(resource)
        addresses = {string(pointer, "reference") for pointer in pointers(plain)}
        yield Entry(
            record_id=row.id,
            header=item.header,
            resource=plain,
            came=came_of(resource),
            names={address: name for address in addresses if (name := carried.name({"reference": address}))},
        )
