"""One try at a door of this room: it owns the transaction and leaves exactly one outcome behind.

Decide, append, commit, then raise: an exception raised inside the block would take the entry of
the refusal back with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Decision, Ground, Refused
from consent.dossiers import DossierRef
from records.dossiers import Entered, Unknown
from records.vault.cipher import Flaw, Unreadable

Released = TypeVar("Released")

# The drawers whose headers an act opened are remembered as bits, in the frozen order of Category.
_DRAWER_BITS = {category: 1 << position for position, category in enumerate(Category)}
_log = logging.getLogger("carnet.records")


def drawer_bits(categories: Iterable[Category]) -> str:
    """Drawers as five hexadecimal digits, for a line of the log."""
    return f"{sum(_DRAWER_BITS[category] for category in set(categories)):05x}"


@dataclass(slots=True)
class Attempt:
    """Who tries what, on which dossier and object: filled in as the door finds out."""

    actor: Actor
    event: Event
    ref: DossierRef | None = None
    category: str = ""
    object_id: UUID | None = None

    def stand_before(self, entered: Entered) -> None:
        """Name the dossier, and for whom the actor acts there."""
        self.ref = entered.ref
        if entered.facts.represents:
            self.actor = replace(self.actor, on_behalf_of=entered.ref.pseudonym)

    def allowed(self, why: Decision | Ground | None, **facts: str | int | UUID) -> None:
        """Remember that it was allowed, and what that rests on; ``None`` for a list of one's own duties."""
        self._append(Outcome.ALLOWED, why, facts)

    def refused(self, decision: Decision) -> Refused:
        """Remember a refused drawer; the refusal to raise."""
        self._append(Outcome.REFUSED, decision, {})
        return Refused(decision)

    def unknown(self, decision: Decision | None = None) -> Unknown:
        """Remember a refused object, whether it exists or not; the refusal to raise.

        Where it exists, its dossier is named, so that the patient sees who tried.
        """
        self._append(Outcome.REFUSED, decision, {})
        return Unknown()

    def failed(self, unreadable: Unreadable) -> Unreadable:
        """Remember that sealed bytes did not open; the exception to raise."""
        # The log prints no argument: the reason is a token of a closed list, so it may stand in the message.
        _log.error(
            f"sealed data do not open: {unreadable.flaw.value}",
            extra={"request_id": self.actor.request, "task": self.event.dotted},
        )
        self._append(Outcome.FAILED, None, {"error": unreadable.flaw.value})
        return unreadable

    def _append(self, outcome: Outcome, why: Decision | Ground | None, facts: Mapping[str, str | int | UUID]) -> None:
        decision = why if isinstance(why, Decision) else None
        append(
            self.event,
            actor=self.actor,
            outcome=outcome,
            dossier=self.ref.pseudonym if self.ref else None,
            category=self.category,
            object_id=self.object_id,
            ground=decision.ground if decision else str(why or ""),
            choice=decision.choice if decision else None,
            matrix=decision.matrix if decision else "",
            facts=facts,
        )


def through(attempt: Attempt, act: Callable[[Attempt], Released | Exception]) -> Released:
    """Run ``act`` in a durable transaction and release its value after the commit.

    ``act`` returns the value, or the refusal to raise once its entry is committed. It reads before
    it writes: sealed bytes that do not open leave the entry of the failure and nothing else.

    A key destroyed between two statements of ``act`` is no failure: what it had sealed was sealed again
    long before, so everything is read once more, from the beginning, and only then is it one.

    Raises:
        Exception: what ``act`` returned; or what kept the entry from being written, in which case
            nothing leaves.
    """
    try:
        outcome = _once(replace(attempt), act, bears_destroyed_key=False)
    except _KeyDestroyed:
        outcome = _once(attempt, act, bears_destroyed_key=True)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _KeyDestroyed(Exception):
    """The first try met a destroyed key: its transaction goes back as a whole."""


def _once(
    attempt: Attempt, act: Callable[[Attempt], Released | Exception], *, bears_destroyed_key: bool
) -> Released | Exception:
    with transaction.atomic(durable=True):
        try:
            return act(attempt)
        except Unreadable as unreadable:
            if unreadable.flaw is Flaw.DESTROYED_KEY and not bears_destroyed_key:
                raise _KeyDestroyed from None
            return attempt.failed(unreadable)
