"""Doors to what a dossier holds: decide, unseal, remember, show.

Facts are loaded once per page. A refused drawer is refused before its records are looked at, so
that the answer cannot depend on whether it is empty. Lists open headers only.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.declaring import Lookup, find
from records.attached import attached_to
from records.attempts import Attempt, drawer_bits, through
from records.comparable import series_of
from records.dossiers import Entered, NoDossier, enter, find_own
from records.dossiers import Unknown as Unknown
from records.drawers import Leaf, Page, page_of
from records.formats.fhir.presenting import present
from records.former import versions_of
from records.listing import (
    allergies,
    as_readable,
    count_by_category,
    decide_record,
    last_filed,
    open_row,
)
from records.models import Record
from records.shown import CategoryView, Drawer, Item, Overview, RecordView
from records.visits import last_visit

__all__ = [
    "Drawer",
    "Item",
    "Leaf",
    "Overview",
    "RecordView",
    "Unknown",
    "open_category",
    "open_overview",
    "open_record",
]

_FIRST = Leaf()


def open_overview(*, actor: Actor, dossier_id: UUID | None = None, newest: int = 8) -> Overview:
    """A dossier at a glance; without ``dossier_id``, the patient's own.

    Raises:
        Unknown: there is no such dossier for this actor.
        NoDossier: the patient has none.
        Unreadable: sealed data do not open.
    """
    attempt = Attempt(actor, Event.DOSSIER_OPENED)
    return through(attempt, partial(_overview, dossier_id=dossier_id, newest=newest))


def open_category(*, actor: Actor, dossier_id: UUID, category: Category, leaf: Leaf = _FIRST) -> Drawer:
    """One page of what a drawer holds that this actor may see; the first one has what is ahead and what goes on.

    Raises:
        Unknown: there is no such dossier for this actor.
        Refused: the drawer is not open to them, whatever it holds.
        Unreadable: sealed data do not open.
    """
    act = partial(_drawer, dossier_id=dossier_id, category=category, leaf=leaf)
    return through(Attempt(actor, Event.CATEGORY_READ), act)


def open_record(*, actor: Actor, record_id: UUID) -> RecordView:
    """One record, whole, with the comparable values that make its curve.

    Raises:
        Unknown: there is no such record for this actor: unknown, somebody else's, closed or masked.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.RECORD_READ, object_id=record_id), partial(_record, record_id=record_id))


def _overview(attempt: Attempt, *, dossier_id: UUID | None, newest: int) -> Overview | Exception:
    if dossier_id is None:
        try:
            dossier_id = find_own(attempt.actor).id
        except NoDossier as missing:
            return missing
    entered = _entered(attempt, dossier_id)
    if isinstance(entered, Exception):
        return entered
    decisions = {category: entered.reading(category) for category in Category}
    open_to_reader = [category for category, decision in decisions.items() if decision.allowed]
    counts = count_by_category(entered, open_to_reader)
    last = last_filed(entered, open_to_reader, newest)
    visited = last_visit(attempt.actor, entered.ref.pseudonym) if newest else None
    alerts = allergies(entered, open_to_reader)
    overview = Overview(
        ref=entered.ref,
        identity=entered.identity(),
        categories=tuple(
            CategoryView(category=category, decision=decision, count=counts[category] if decision.allowed else None)
            for category, decision in ((key, entered.as_shown(value)) for key, value in decisions.items())
        ),
        newest=last,
        alerts=alerts,
        last_visit=visited,
        new=count_by_category(entered, open_to_reader, since=visited).total() if visited else 0,
    )
    seen = drawer_bits(item.category for item in (*last, *alerts))
    attempt.allowed(entered.opening, newest=len(last), shown=len(alerts), categories=seen)
    return overview


def _drawer(attempt: Attempt, *, dossier_id: UUID, category: Category, leaf: Leaf) -> Drawer | Exception:
    entered = _entered(attempt, dossier_id)
    if isinstance(entered, Exception):
        return entered
    attempt.category = category.value
    decided = entered.reading(category)
    decision = entered.as_shown(decided)
    if not decision.allowed:
        return attempt.refused(decision)
    identity = entered.identity()
    drawer = Drawer(ref=entered.ref, identity=identity, category=category, decision=decision, items=())
    if decided.allowed:
        page = page_of(entered, category, leaf)
        drawer = replace(drawer, **{name: getattr(page, name) for name in Page.__slots__})
    attempt.allowed(decision, count=drawer.total)
    return drawer


def _record(attempt: Attempt, *, record_id: UUID) -> RecordView | Exception:
    # Nothing sealed is fetched before the decision: only whose it is, where it lies, and its marks.
    find(Lookup.RECORD, record_id)
    marked = Record.objects.filter(id=record_id).defer("header", "body", "source_digest").first()
    if marked is None:
        return attempt.unknown()
    entered = _entered(attempt, marked.dossier_id)
    if isinstance(entered, Exception):
        return entered
    decision = decide_record(entered, marked)
    if not decision.allowed:
        return attempt.unknown(decision)
    row = Record.objects.get(id=marked.id)
    # Decided again on the very row that is opened: it may have been hidden or moved in between.
    decision = decide_record(entered, row)
    if not decision.allowed:
        return attempt.unknown(decision)
    attempt.category = row.category
    item, whole = open_row(entered, row)
    resource = as_readable(entered, whole)
    series, apart = series_of(entered, item)
    view = RecordView(
        item=item,
        category=item.category,
        identity=entered.identity(),
        resource=resource,
        presentation=present(resource),
        series=series,
        apart=apart,
        ref=entered.ref,
        files=attached_to(attempt.actor, entered, row.id),
        versions=versions_of(entered, row),
    )
    attempt.allowed(decision, shown=len(view.series))
    return view


def _entered(attempt: Attempt, dossier_id: UUID) -> Entered | Unknown:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    return entered if entered.may_read else attempt.unknown(entered.opening)
