"""The door by which words leave a record for a card that its patient carries: chosen line by line, kept nowhere.

Making a card is an export: it is for the patient, or who acts for them within their scope, and it is remembered with
the drawers that it drew on and the number of lines, never with a word of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.acting import scope_fact
from consent.decisions import Right, decide
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import enter
from records.shown import Item
from records.summarising import SummaryView, summary_of
from records.summary import Section

__all__ = ["CARRIED", "Unknown", "make_card"]

# What a card may carry, in its order.
CARRIED = (Section.ALLERGIES, Section.TREATMENTS, Section.PROBLEMS, Section.DEVICES, Section.BLOOD_GROUP)


def make_card(
    *, actor: Actor, dossier_id: UUID, chosen: Iterable[UUID]
) -> tuple[SummaryView, dict[Section, tuple[Item, ...]]]:
    """The summary that the card is made from, and of its lines those that were chosen and may leave.

    Args:
        chosen: records of the summary; any other is passed over.

    Raises:
        Unknown: there is no such dossier for this actor, or they may only read it.
        Unreadable: sealed data do not open.
    """
    act = partial(_make, dossier_id=dossier_id, chosen=frozenset(chosen))
    return through(Attempt(actor, Event.CARD_MADE), act)


def _make(
    attempt: Attempt, *, dossier_id: UUID, chosen: frozenset[UUID]
) -> tuple[SummaryView, dict[Section, tuple[Item, ...]]] | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not (entered.may_read and (entered.facts.is_own or entered.facts.represents)):
        return attempt.unknown(entered.opening)
    view = summary_of(entered)
    may_leave = {
        section for section in CARRIED if decide(entered.facts, category=section.drawer, right=Right.EXPORT).allowed
    }
    lines = {
        section: tuple(item for item in view.chosen[section] if item.record_id in chosen)
        for section in CARRIED
        if section in may_leave
    }
    taken = [item for items in lines.values() for item in items]
    attempt.allowed(entered.opening, shown=len(taken), categories=scope_fact({item.category for item in taken}))
    return view, lines
