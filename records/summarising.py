"""The door to a medical summary: one page of what matters, as far as its reader may see.

A section whose drawer is closed to the reader is empty like one with nothing in it: the page never tells which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.acting import scope_fact
from consent.dossiers import DossierRef
from records.attempts import Attempt, through
from records.dossiers import Entered, NoDossier, enter, find_own
from records.dossiers import Unknown as Unknown
from records.listing import everything
from records.people import Identity
from records.shown import Blunt, Item
from records.summary import DRAWERS, Section, select

__all__ = ["NoDossier", "Section", "SummaryView", "Unknown", "open_summary"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SummaryView(Blunt):
    """A summary as its reader sees it; ``at`` is the moment for which it holds."""

    ref: DossierRef
    identity: Identity
    at: datetime
    chosen: Mapping[Section, tuple[Item, ...]]


def open_summary(*, actor: Actor, dossier_id: UUID | None = None) -> SummaryView:
    """The medical summary of a dossier; without ``dossier_id``, of the patient's own.

    Raises:
        Unknown: there is no such dossier for this actor.
        NoDossier: the patient has none.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.SUMMARY_READ), partial(_summary, dossier_id=dossier_id))


def _summary(attempt: Attempt, *, dossier_id: UUID | None) -> SummaryView | Exception:
    if dossier_id is None:
        try:
            dossier_id = find_own(attempt.actor).id
        except NoDossier as missing:
            return missing
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.may_read:
        return attempt.unknown(entered.opening)
    view = summary_of(entered)
    shown = [item for items in view.chosen.values() for item in items]
    attempt.allowed(entered.opening, shown=len(shown), categories=scope_fact({item.category for item in shown}))
    return view


def summary_of(entered: Entered) -> SummaryView:
    """The summary of a dossier that was entered: a plain function, for the doors that show or hand it out.

    Raises:
        Unreadable: sealed data do not open.
    """
    open_to_reader = [category for category in DRAWERS if entered.reading(category).allowed]
    items = [item for category in open_to_reader for item in everything(entered, category)]
    return SummaryView(
        ref=entered.ref,
        identity=entered.identity(),
        at=entered.facts.at,
        chosen=select(items, at=entered.facts.at),
    )
