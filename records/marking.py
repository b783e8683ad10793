"""Doors that mark a record: held for a visit, released, kept from guardians, opened to them.

A professional marks what they may read, the patient opens to guardians what is theirs. Every refusal answers as if
there were no such record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor, Role
from audit.events import Event
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Decision
from consent.declaring import Lookup, find
from consent.granting import Invalid
from consent.wishing import WishKind, result_wish
from records.attempts import Attempt, through
from records.dossiers import Entered, aged_ref, enter
from records.dossiers import Unknown as Unknown
from records.listing import decide_record
from records.models import Held, Record
from records.writing import longest_hold

__all__ = ["Invalid", "Unknown", "hold", "keep_secret", "open_to_guardians", "release"]

_Act = Callable[[Attempt, Entered, Record, Decision], None]


def hold(*, actor: Actor, record_id: UUID, until: datetime, reason: Held = Held.VISIT) -> None:
    """A result does not appear to the patient before a date; professionals see it, and until when it is held.

    Raises:
        Unknown: there is no such record for this professional.
        Invalid: a date in the past, or beyond the hard maximum from the day of filing; or the patient wishes to see
            results of this category at once.
    """
    act = partial(_as_professional, act=partial(_hold, until=until, reason=reason), record_id=record_id)
    through(Attempt(actor, Event.RECORD_HELD, object_id=record_id), act)


def release(*, actor: Actor, record_id: UUID) -> None:
    """A held result appears to the patient from now on.

    Raises:
        Unknown: there is no such record for this professional.
        Invalid: it is not held.
    """
    act = partial(_as_professional, act=_release, record_id=record_id)
    through(Attempt(actor, Event.RECORD_RELEASED, object_id=record_id), act)


def keep_secret(*, actor: Actor, record_id: UUID) -> None:
    """Keep a minor's record from their guardians: its author does, or whoever may add to its category.

    Raises:
        Unknown: there is no such record for this professional.
        Invalid: the patient is an adult, it is secret already, or it was opened to guardians: that is final.
    """
    act = partial(_as_professional, act=_keep_secret, record_id=record_id)
    through(Attempt(actor, Event.RECORD_KEPT_SECRET, object_id=record_id), act)


def open_to_guardians(*, actor: Actor, record_id: UUID, confirmed: bool) -> None:
    """The minor opens one of their records to their guardians, for good.

    Raises:
        Unknown: there is no such record in a dossier of this actor's own.
        Invalid: it was not confirmed, or is open to them already.
    """
    act = partial(_open_to_guardians, record_id=record_id, confirmed=confirmed)
    through(Attempt(actor, Event.RECORD_OPENED_TO_GUARDIANS, object_id=record_id), act)


def _as_professional(attempt: Attempt, *, act: _Act, record_id: UUID) -> Unknown | None:
    found = _found(attempt, record_id)
    if found is None:
        return attempt.unknown()
    entered, record = found
    decision = decide_record(entered, record)
    if attempt.actor.role is not Role.PROFESSIONAL or not decision.allowed:
        return attempt.unknown(decision)
    attempt.category = record.category
    act(attempt, entered, record, decision)
    return None


def _found(attempt: Attempt, record_id: UUID) -> tuple[Entered, Record] | None:
    find(Lookup.RECORD, record_id)
    record = Record.objects.select_for_update().filter(id=record_id).defer("header", "body").first()
    entered = enter(attempt.actor, record.dossier_id) if record is not None else None
    if record is None or entered is None:
        return None
    attempt.ref = entered.ref
    return entered, record


def _hold(
    attempt: Attempt, entered: Entered, record: Record, decision: Decision, *, until: datetime, reason: Held
) -> None:
    at, last = entered.facts.at, record.filed_at + longest_hold()
    if until.tzinfo is None:
        raise ValueError(f"until={until!r}: expected an aware datetime")
    if until <= at:
        raise Invalid(_("The date is already past. Choose a later one."))
    if until > last:
        days = longest_hold() // timedelta(days=1)
        raise Invalid(
            ngettext(
                "A result is held for %(count)d day at most from the day it was filed.",
                "A result is held for %(count)d days at most from the day it was filed.",
                days,
            )
            % {"count": days}
        )
    if result_wish(entered.ref, Category(record.category), at) is WishKind.AT_ONCE:
        raise Invalid(_("The patient wishes to see results of this category at once."))
    record.held_until, record.held_for = until, reason
    record.save(update_fields=["held_until", "held_for"])
    attempt.allowed(decision, reason=reason.value)


def _release(attempt: Attempt, entered: Entered, record: Record, decision: Decision) -> None:
    if record.held_until is None or record.held_until <= entered.facts.at:
        raise Invalid(_("This result is not held. Nothing was changed."))
    record.held_until, record.held_for = None, ""
    record.save(update_fields=["held_until", "held_for"])
    attempt.allowed(decision)


def _keep_secret(attempt: Attempt, entered: Entered, record: Record, decision: Decision) -> None:
    if aged_ref(entered.ref.id).age not in {Age.UNDER_15, Age.FROM_15}:
        raise Invalid(_("Only a minor has guardians."))
    if record.opened_at is not None:
        raise Invalid(_("This document was opened to the guardians. That is final."))
    if record.secret:
        raise Invalid(_("This document is already kept from the guardians."))
    record.secret = True
    record.save(update_fields=["secret"])
    attempt.allowed(decision)


def _open_to_guardians(attempt: Attempt, *, record_id: UUID, confirmed: bool) -> Unknown | None:
    found = _found(attempt, record_id)
    if found is None:
        return attempt.unknown()
    entered, record = found
    decision = decide_record(entered, record)
    if not entered.facts.is_own or not decision.allowed:
        return attempt.unknown(decision)
    if record.opened_at is not None:
        raise Invalid(_("This document is already open to your guardians."))
    if not confirmed:
        raise Invalid(_("Opening a document to your guardians cannot be undone. Confirm it."))
    attempt.category = record.category
    record.opened_at = entered.facts.at
    record.save(update_fields=["opened_at"])
    attempt.allowed(decision)
    return None
