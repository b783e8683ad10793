"""The door to a whole record at once: by time, or by words.

No index holds a word in clear: every header that the reader may see is opened within the request, compared, and let
go of. Drawers that are closed to the reader are not looked at, and nothing of them is counted. One search is one line
of the log; it holds neither the words nor what they found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.dossiers import DossierRef
from records.attempts import Attempt, drawer_bits, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.drawers import fifty, is_ahead, is_outside
from records.glances import Glance, glances, item_of, years_of
from records.people import Identity
from records.seeking import Reader, Sought, Where, words_of
from records.shown import Blunt, Item
from records.visits import last_visit

__all__ = ["Found", "Hit", "Sought", "Unknown", "Where", "search"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hit(Blunt):
    """One row, and where the words were found in it; nowhere when none was looked for."""

    item: Item
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Found(Blunt):
    """One page of what was looked for, last events first.

    ``total`` and ``by_category`` count what was found, ``searched`` in how many rows; ``open_to_reader`` are the
    drawers that were looked at. ``following`` is the record to give as ``after`` for the next page.
    """

    ref: DossierRef
    identity: Identity
    hits: tuple[Hit, ...]
    ahead: tuple[Hit, ...]
    total: int
    searched: int
    years: tuple[tuple[int, int], ...]
    by_category: tuple[tuple[Category, int], ...]
    open_to_reader: tuple[Category, ...]
    following: UUID | None
    last_visit: datetime | None


def search(*, actor: Actor, dossier_id: UUID, sought: Sought) -> Found:
    """Look through everything in a dossier that this actor may see.

    Raises:
        Unknown: there is no such dossier for this actor.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.DOSSIER_SEARCHED), partial(_search, dossier_id=dossier_id, sought=sought))


def _search(attempt: Attempt, *, dossier_id: UUID, sought: Sought) -> Found | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.may_read:
        return attempt.unknown(entered.opening)
    open_to_reader = [category for category in Category if entered.reading(category).allowed]
    looked_at = [category for category in open_to_reader if not sought.categories or category in sought.categories]
    visited = last_visit(attempt.actor, entered.ref.pseudonym)
    everything = glances(entered, looked_at)
    met = list(_met(_within(everything, sought, visited), sought))
    ahead = [each for each, _places in met if is_ahead(entered, each)]
    where = {each.row.id: places for each, places in met}
    rest = [each for each, _places in met if not is_ahead(entered, each)]
    years = years_of(rest)
    if sought.year is not None:
        rest = [each for each, year in zip(rest, years, strict=True) if year == sought.year]
    rows, following = fifty(rest, sought.after)
    is_first = sought.after is None and sought.year is None
    found = Found(
        ref=entered.ref,
        identity=entered.identity(),
        hits=tuple(_hit(entered, each, where) for each in rows),
        ahead=tuple(_hit(entered, each, where) for each in reversed(ahead)) if is_first else (),
        total=len(met),
        searched=len(everything),
        years=tuple(sorted(Counter(years).items(), reverse=True)),
        by_category=tuple(Counter(Category(each.row.category) for each, _places in met).most_common()),
        open_to_reader=tuple(open_to_reader),
        following=following,
        last_visit=visited,
    )
    attempt.allowed(entered.opening, count=len(everything), categories=drawer_bits(looked_at))
    return found


def _hit(entered: Entered, glance: Glance, where: dict[UUID, tuple[Where, ...]]) -> Hit:
    return Hit(item=item_of(entered, glance), where=where[glance.row.id])


def _within(everything: list[Glance], sought: Sought, visited: datetime | None) -> Iterable[Glance]:
    """What lies in the period, outside its range, or is new, as it was asked for."""
    rows: Iterable[Glance] = everything
    if sought.only_new:
        rows = [each for each in rows if visited is not None and each.row.filed_at > visited]
    if sought.since is not None:
        since = sought.since
        rows = [each for each in rows if each.when >= since]
    if sought.until is not None:
        until = sought.until
        rows = [each for each in rows if each.when < until]
    if sought.outside:
        rows = filter(is_outside, rows)
    return rows


def _met(rows: Iterable[Glance], sought: Sought) -> Iterator[tuple[Glance, tuple[Where, ...]]]:
    words, authors = words_of(sought.words), words_of(sought.author)
    if not words and not authors:
        yield from ((each, ()) for each in rows)
        return
    reader = Reader(words, authors)
    labels = {category.value: category.label for category in Category}
    zone = timezone.get_current_timezone()
    for each in rows:
        where = reader.found_in(each.fields(), labels[each.row.category], each.when, zone)
        if where is not None:
            yield each, where
