"""What every act of consent shares: who may do it, when it happens, and how bad input is said.

A door decides, appends, commits, then raises: ``may_share`` leaves the entry of a refusal in the open
transaction, and the door raises only after the commit, or the entry would be lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Decision, Ground, Refused
from consent.declaring import declare
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Professional
from consent.thresholds import decide_sharing

# The class of our advisory locks, so that they meet nobody else's.
_LOCKS = 0x434F4E53
_INSTANT = timedelta(microseconds=1)
_BITS = {category: 1 << position for position, category in enumerate(Category)}
_Done = TypeVar("_Done")


class Invalid(Exception):
    """What was asked makes no sense; nothing was changed. ``sentence`` says what, where and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def may_share(actor: Actor, ref: DossierRef, event: Event, category: Category | None = None) -> Decision:
    """Whether the actor may decide who sees this dossier, or one category; a refusal is remembered at once.

    Somebody who acts for the patient says so first (``actor.on_behalf_of``), or each entry would not tell it.
    Needs an open transaction.
    """
    facts = load_facts(actor, ref)
    if facts.represents and actor.on_behalf_of != ref.pseudonym:
        facts = replace(facts, representations=())
    decision = decide_sharing(facts, category=category)
    if not decision.allowed:
        append(event, actor=actor, outcome=Outcome.REFUSED, dossier=ref.pseudonym, ground=decision.ground)
    return decision


def reaches(actor: Actor, ref: DossierRef, category: Category | str) -> bool:
    """Whether somebody who may share may also decide on this category: the patient, always. Plain function."""
    return decide_sharing(load_facts(actor, ref), category=Category(category)).allowed


def ground_of(actor: Actor) -> Ground:
    """On what an act about sharing rests that was allowed: one's own dossier, or acting for the patient."""
    return Ground.REPRESENTATIVE if actor.on_behalf_of is not None else Ground.OWN_DOSSIER


def share(
    actor: Actor, ref: DossierRef, event: Event, act: Callable[[datetime], _Done], category: Category | None = None
) -> _Done:
    """One act of the patient about who sees their dossier: decide, take a turn, act, commit, or raise.

    ``act`` is given the instant of the act and appends its own entry.

    Raises:
        Refused: the actor is neither the patient nor a parent or guardian of a child under fifteen.
        Invalid: what was asked makes no sense; nothing was changed.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, event, category)
        if decision.allowed:
            return act(take_turn(ref))
    raise Refused(decision)


def now() -> datetime:
    """The database's time: the clock that consents are written and read with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        return at


def take_turn(ref: DossierRef) -> datetime:
    """Wait until nobody else changes the consents of this dossier, and tell the database's time then.

    Without the lock, two windows of the same patient could both end one choice and both begin the
    next: the second would break on an exclusion constraint. No reader waits for it.
    """
    declare(ref.id)
    with connection.cursor() as cursor:
        key = int.from_bytes(ref.id.bytes[:4], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, key])
    return now()


def period(at: datetime, until: datetime | None) -> TimestamptzRange:
    """From now until then, or until further notice.

    Raises:
        ValueError: ``until`` has no time zone.
        Invalid: it ends before it starts.
    """
    if until is not None and until.tzinfo is None:
        raise ValueError(f"until={until!r}: expected an aware datetime")
    if until is not None and until <= at:
        raise Invalid(_("The end date is already past. Choose a later date, or no end date."))
    return TimestamptzRange(at, until)


def ended(during: TimestamptzRange, at: datetime) -> TimestamptzRange:
    """The same range, stopped now. It keeps at least an instant: an empty range would say it never was."""
    start = during.lower
    if start is None:
        raise ValueError(f"during={during!r}: expected a start")
    return TimestamptzRange(start, max(at, start + _INSTANT))


def moment_fact(at: datetime | None) -> str:
    """An instant as a token of the log, in UTC; ``none`` for no end."""
    return at.astimezone(UTC).strftime("%Y-%m-%dt%H:%M:%S.%fz") if at else "none"


def account_fact(professional: UUID) -> dict[str, UUID]:
    """Whose letter an act towards a professional is, as a fact of its entry; empty for who has no account here."""
    found = Professional.objects.filter(id=professional).values_list("account", flat=True).first()
    return {"account": found} if found else {}


def scope_fact(categories: Iterable[Category]) -> str:
    """Categories as a token of the log: bits in their frozen order, in hexadecimal."""
    return f"{sum(_BITS[category] for category in set(categories)):05x}"
