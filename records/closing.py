"""Doors that close a record, and destroy its keys when the law says so.

Closed, a record is kept for ten years from that day (code de la santé publique, article L. 1111-18), sealed and refused
to everybody, its patient and the house included: its keys stay wrapped in a state that unwraps nothing. Then, or before
on a lawful order (GDPR, article 17), its keys are destroyed for good. Both are done by functions of the database
(migration 0004) that ask for the ten years or the order themselves: the application cannot do either on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import Lookup, declare, declared, find, over_every_dossier
from records.attempts import Attempt, through
from records.dossiers import NoDossier
from records.dossiers import Unknown as Unknown
from records.key_cache import empty_every_cache
from records.models import Dossier, ErasureOrder, Likeness

__all__ = ["KEPT_YEARS", "NotLawful", "Receipt", "Unknown", "close", "expired", "read_receipt", "shred"]

# The number that the function of the database compares with; said to people.
KEPT_YEARS = 10


class NotLawful(Exception):
    """Neither are the ten years over nor is there an order: nothing was destroyed."""

    def __init__(self) -> None:
        super().__init__("The ten years are not over and no order says so. Nothing was destroyed.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the patient keeps of a closed record: when, until when it is kept, when its keys went, and how many."""

    pseudonym: UUID
    closed_at: datetime
    kept_until: datetime
    shredded_at: datetime | None


def close(*, actor: Actor, dossier_id: UUID) -> Receipt:
    """Close one's own record, with a fresh proof. From the commit on it opens to nobody.

    Raises:
        Unknown: there is no such dossier for this actor, it is closed already, or the proof is not fresh.
    """
    receipt = through(Attempt(actor, Event.DOSSIER_CLOSED), partial(_close, dossier_id=dossier_id))
    empty_every_cache()
    return receipt


def close_after_death(*, actor: Actor, account_id: UUID) -> bool:
    """Close the record of a patient who has died: an administrator with a fresh proof. Whether there was an open one.

    Raises:
        Unknown: this actor may not.
    """
    with declared():
        find(Lookup.ACCOUNT, account_id)
        opened = Dossier.objects.filter(account_id=account_id, closed_at=None)
        dossier_id = opened.values_list("id", flat=True).first()
    if dossier_id is None:
        return False
    through(Attempt(actor, Event.DOSSIER_CLOSED), partial(_close_of_the_dead, dossier_id=dossier_id))
    empty_every_cache()
    return True


def shred(*, actor: Actor, dossier_id: UUID) -> int:
    """Destroy every key of a dossier for good, when its ten years are over or an order says so. The house only.

    Returns:
        How many versions were destroyed; 0 when that was done before.

    Raises:
        Unknown: there is no such dossier, or this actor may not.
        NotLawful: it is too early and nobody ordered it.
    """
    gone = through(Attempt(actor, Event.DOSSIER_SHREDDED), partial(_shred, dossier_id=dossier_id))
    empty_every_cache()
    return gone


def read_receipt(actor: Actor) -> Receipt:
    """The receipt of the patient's own closed record.

    Raises:
        NoDossier: they have no record, or it is not closed.
    """
    with declared():
        find(Lookup.ACCOUNT, actor.id)
        closed = Dossier.objects.filter(account_id=actor.id).exclude(closed_at=None)
        dossier = closed.first() if actor.role is Role.PATIENT else None
    if dossier is None:
        raise NoDossier
    return _receipt(dossier)


def expired(now: datetime | None = None) -> list[UUID]:
    """The closed dossiers whose keys are to be destroyed: by age, or by an order. The oldest closing first."""
    over = Q(closed_at__lte=_years_before(now or timezone.now()))
    due = Dossier.objects.filter(over | Q(erasure_order__isnull=False), shredded_at=None)
    with over_every_dossier():
        return list(due.order_by(F("closed_at").asc(nulls_last=True)).values_list("id", flat=True))


def _close(attempt: Attempt, *, dossier_id: UUID) -> Receipt | Exception:
    declare(dossier_id)
    # Waits for every writer, as whoever retires a key does: nobody files into a record that is closed meanwhile.
    dossier = Dossier.objects.select_for_update().filter(id=dossier_id, closed_at=None).first()
    if dossier is None:
        return attempt.unknown()
    attempt.ref = dossier.ref
    own = attempt.actor.role is Role.PATIENT and dossier.account_id == attempt.actor.id
    if not (own and attempt.actor.fresh):
        return attempt.unknown()
    _call("public.records_close_dossier", dossier_id)
    dossier.refresh_from_db(fields=["closed_at"])
    append(Event.DOSSIER_CLOSED, actor=attempt.actor, dossier=dossier.pseudonym, key_version=dossier.active_key_version)
    return _receipt(dossier)


def _close_of_the_dead(attempt: Attempt, *, dossier_id: UUID) -> Receipt | Exception:
    declare(dossier_id)
    dossier = Dossier.objects.select_for_update().filter(id=dossier_id, closed_at=None).first()
    if dossier is None or attempt.actor.role is not Role.ADMINISTRATOR or not attempt.actor.fresh:
        return attempt.unknown()
    attempt.ref = dossier.ref
    _call("public.records_close_dossier", dossier_id)
    dossier.refresh_from_db(fields=["closed_at"])
    append(
        Event.DOSSIER_CLOSED,
        actor=attempt.actor,
        dossier=dossier.pseudonym,
        key_version=dossier.active_key_version,
        facts={"reason": "died"},
    )
    return _receipt(dossier)


def _shred(attempt: Attempt, *, dossier_id: UUID) -> int | Exception:
    declare(dossier_id)
    dossier = Dossier.objects.select_for_update().filter(id=dossier_id).first()
    if dossier is None or attempt.actor.task is not SystemTask.ERASURE:
        return attempt.unknown()
    attempt.ref = dossier.ref
    if dossier.shredded_at is not None:
        return 0
    order = ErasureOrder.objects.filter(dossier=dossier).first()
    if order is None and (dossier.closed_at is None or dossier.closed_at > _years_before(timezone.now())):
        attempt.unknown()
        return NotLawful()
    gone = _call("public.records_shred_dossier", dossier_id)
    # With the house key they would still tell whether a guessed name was this one.
    Likeness.objects.filter(dossier_id=dossier_id).delete()
    append(
        Event.DOSSIER_SHREDDED,
        actor=attempt.actor,
        dossier=dossier.pseudonym,
        object_id=order.id if order else None,
        key_version=dossier.active_key_version,
        facts={"reason": order.ground if order else "expired", "count": gone},
    )
    return gone


def _call(function: str, dossier_id: UUID) -> int:
    """Call one of the two functions; how many keys it destroyed, if it destroys any."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [dossier_id])
        answer = cursor.fetchone()[0]
    return answer if isinstance(answer, int) else 0


def _receipt(dossier: Dossier) -> Receipt:
    closed_at = dossier.closed_at or timezone.now()
    return Receipt(dossier.pseudonym, closed_at, _years_after(closed_at), dossier.shredded_at)


def _years_before(moment: datetime) -> datetime:
    return _moved(moment, -KEPT_YEARS)


def _years_after(moment: datetime) -> datetime:
    return _moved(moment, KEPT_YEARS)


def _moved(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        # The 29th of February: as PostgreSQL's interval, the last day of the month.
        return moment.replace(year=moment.year + years, day=28)
