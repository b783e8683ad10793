"""Doors of the names behind pseudonyms: one administrator asks, another agrees, both read it for an hour.

The patient is told as soon as the second one agrees: the entry names their record, and letters follow the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event
from audit.pseudonyms import BadPseudonym, uuid_range
from consent.granting import Invalid
from consent.models import Professional
from portal.accounts.models import Account
from portal.oversight.models import Unsealing, UnsealingReason
from records.naming import find_pseudonym, name_behind, pseudonym_of_account
from records.reading import Unknown

AGREE_WITHIN = timedelta(days=7)
READ_WITHIN = timedelta(hours=1)
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Request:
    """One request for a name, as administrators list them. ``mine`` if this administrator asked for it."""

    id: UUID
    pseudonym: UUID
    of_account: bool
    reason: UnsealingReason
    asked_at: datetime
    asked_by: UUID
    agreed_by: UUID | None
    expires_at: datetime | None
    mine: bool
    may_agree: bool
    may_read: bool


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """The name, for one page; ``born`` only of a patient, ``profession`` only of a professional."""

    name: str
    born: date | None
    profession: str
    until: datetime

    def __repr__(self) -> str:
        return "<Opened>"


def ask_name(*, actor: Actor, pseudonym: str, reason: str) -> UUID:
    """Ask for the name behind a pseudonym: ``P-…`` of a record, ``A-…`` of a person.

    Raises:
        PermissionDenied: the actor is no administrator.
        Invalid: no such reason, or the pseudonym stands for nobody.
    """
    _administrators_only(actor)
    if reason not in UnsealingReason.values:
        raise Invalid(_("Choose why the name is needed."))
    with transaction.atomic(durable=True):
        whole, of_account = _find(pseudonym)
        asked = Unsealing.objects.create(pseudonym=whole, of_account=of_account, reason=reason, asked_by=actor.id)
        _remember(Event.UNSEALING_ASKED, actor, asked)
    return asked.id


def agree_to_name(*, actor: Actor, request_id: UUID) -> None:
    """The second administrator agrees; the patient is told.

    Raises:
        PermissionDenied: the actor is no administrator, or asked for it themselves.
        Unknown: there is no such request.
        Invalid: it was agreed to already, or has lapsed.
    """
    _administrators_only(actor)
    now = timezone.now()
    with transaction.atomic(durable=True):
        asked = Unsealing.objects.select_for_update().filter(id=request_id).first()
        if asked is None:
            raise Unknown
        if asked.asked_by == actor.id or (asked.of_account and asked.pseudonym == actor.id):
            raise PermissionDenied
        if asked.agreed_by or now > asked.asked_at + AGREE_WITHIN:
            raise Invalid(_("This request is over. Ask again if the name is still needed."))
        asked.agreed_by, asked.agreed_at, asked.expires_at = actor.id, now, now + READ_WITHIN
        asked.save(update_fields=["agreed_by", "agreed_at", "expires_at"])
        _remember(Event.UNSEALING_DONE, actor, asked)


def read_name(*, actor: Actor, request_id: UUID) -> Opened:
    """The name itself, for the two administrators, until it expires; each reading is remembered.

    Raises:
        PermissionDenied: the actor is none of the two.
        Unknown: there is no such request, or nobody behind it any more.
        Invalid: the second administrator has not agreed, or the time is over.
        Unreadable: the identity does not open.
    """
    _administrators_only(actor)
    now = timezone.now()
    with transaction.atomic(durable=True):
        asked = Unsealing.objects.filter(id=request_id).first()
        if asked is None:
            raise Unknown
        if actor.id not in {asked.asked_by, asked.agreed_by}:
            raise PermissionDenied
        if asked.expires_at is None:
            raise Invalid(_("A second administrator must agree first."))
        if now >= asked.expires_at:
            raise Invalid(_("The time to read this name is over. Ask again if it is still needed."))
        opened = _open(asked, asked.expires_at)
        _remember(Event.UNSEALING_READ, actor, asked)
    return opened


def read_requests(*, actor: Actor) -> list[Request]:
    """The newest requests, by pseudonym.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    _administrators_only(actor)
    now = timezone.now()
    with transaction.atomic(durable=True):
        rows = list(Unsealing.objects.order_by("-asked_at")[:_SHOWN])
        log.append(Event.UNSEALINGS_READ, actor=actor, facts={"count": len(rows)})
    return [_request(row, actor, now) for row in rows]


def _request(row: Unsealing, actor: Actor, now: datetime) -> Request:
    mine = row.asked_by == actor.id
    waits = row.agreed_by is None and now <= row.asked_at + AGREE_WITHIN
    return Request(
        id=row.id,
        pseudonym=row.pseudonym,
        of_account=row.of_account,
        reason=UnsealingReason(row.reason),
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        agreed_by=row.agreed_by,
        expires_at=row.expires_at,
        mine=mine,
        may_agree=waits and not mine and not (row.of_account and row.pseudonym == actor.id),
        may_read=row.expires_at is not None and now < row.expires_at and actor.id in {row.asked_by, row.agreed_by},
    )


def _find(pseudonym: str) -> tuple[UUID, bool]:
    """The whole pseudonym, and whether it is that of a person.

    Raises:
        Invalid: it stands for nobody, or cannot be read.
    """
    nobody = Invalid(_("This pseudonym stands for nobody. Copy it from a line of the log."))
    text = pseudonym.strip().upper()
    try:
        if text.startswith("A-"):
            accounts = list(Account.objects.filter(pk__range=uuid_range(text)).values_list("pk", flat=True)[:2])
            if len(accounts) != 1:
                raise nobody
            return accounts[0], True
        record = find_pseudonym(text)
    except BadPseudonym:
        raise nobody from None
    if record is None:
        raise nobody
    return record, False


def _open(asked: Unsealing, until: datetime) -> Opened:
    record = pseudonym_of_account(asked.pseudonym) if asked.of_account else asked.pseudonym
    if record is not None:
        named = name_behind(record)
        if named is not None:
            return Opened(named.name, named.birth_date, "", until)
    person = Professional.objects.filter(account_id=asked.pseudonym).first() if asked.of_account else None
    if person is None:
        raise Unknown
    return Opened(person.name, None, person.profession_label, until)


def _remember(event: Event, actor: Actor, asked: Unsealing) -> None:
    """The entry names the record, so that its patient is told and reads it in their history."""
    record = pseudonym_of_account(asked.pseudonym) if asked.of_account else asked.pseudonym
    facts: dict[str, str | int | UUID] = {"reason": asked.reason}
    if asked.of_account:
        facts["account"] = asked.pseudonym
    log.append(event, actor=actor, dossier=record, object_id=asked.id, facts=facts)


def _administrators_only(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
