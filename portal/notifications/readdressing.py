"""Another address for one's letters: it counts once it has shown the code that was sent to it.

Doors. The former address is told that it was replaced, since whoever took over an account would begin
by turning its letters away.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from secrets import randbelow
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.granting import Invalid
from portal.accounts.models import Account
from portal.notifications.channels.outcomes import NeverAgain
from portal.notifications.channels.sms import international
from portal.notifications.held import WAITS, Held, HeldAddress, hold_address
from portal.notifications.kinds import Channel
from records.contacts import replace_contact
from records.house import open_for_house, seal_for_house
from records.identity import Contact, find_own, open_contact

MOST_TRIES = 5
# Between two codes: nobody's mailbox is filled with them.
_PAUSE = timedelta(seconds=60)
_DIGITS = 6
_FIELDS = {Channel.MAIL: "email", Channel.SMS: "phone"}
# RFC 5321, 4.5.3.1.3.
_LONGEST = 254


class Confirmed(StrEnum):
    """How the typing of a code ended."""

    DONE = "done"
    WRONG = "wrong"
    OVER = "over"


def ways_of(actor: Actor) -> tuple[Channel, ...]:
    """By which ways letters to somebody on this side of the portal can leave."""
    return tuple(Channel) if actor.role is Role.PATIENT else (Channel.MAIL,)


def current_contact(*, actor: Actor) -> Contact:
    """Where one's own letters go now.

    Raises:
        NoDossier: a patient without a health record.
        Unreadable: the address does not open.
    """
    if actor.role is Role.PATIENT:
        return open_contact(actor=actor, dossier_id=find_own(actor).id)
    sealed = bytes(Account.objects.get(pk=actor.id).sealed_contact)
    return Contact(email=open_for_house("contact", actor.id, sealed).decode() if sealed else "")


def waiting_for(actor: Actor) -> HeldAddress | None:
    """The address that waits for its code, if there is one and its time is not over."""
    return HeldAddress.objects.filter(
        account_id=actor.id, is_former=False, made_at__gt=timezone.now() - WAITS, tries__lt=MOST_TRIES
    ).first()


def ask(*, actor: Actor, channel: Channel, typed: str) -> None:
    """Take down another address; a code goes to it like any letter, by the log.

    Raises:
        Invalid: it is no address of this kind, or a code left a moment ago.
        NoDossier: a patient without a health record.
    """
    address = _checked(channel, typed)
    if channel not in ways_of(actor):
        raise Invalid(_("Letters to this account leave by mail only."))
    with transaction.atomic(durable=True):
        Account.objects.select_for_update(no_key=True).get(pk=actor.id)
        dossier = find_own(actor).pseudonym if actor.role is Role.PATIENT else None
        before = waiting_for(actor)
        if before is not None and before.made_at > timezone.now() - _PAUSE:
            raise Invalid(_("A code has just left. Wait a minute before you ask for another one."))
        held = hold_address(actor.id, channel, Held(address, f"{randbelow(10**_DIGITS):0{_DIGITS}d}"), is_former=False)
        append(
            Event.CONTACT_CHANGE_ASKED,
            actor=actor,
            dossier=dossier,
            object_id=held.id,
            facts={"method": channel.value},
        )


def confirm(*, actor: Actor, code: str) -> Confirmed:
    """Try the code; right, the address counts from now on and the former one is kept until it was told.

    Raises:
        NoDossier: a patient without a health record.
        Unreadable: an address does not open.
    """
    with transaction.atomic(durable=True):
        Account.objects.select_for_update(no_key=True).get(pk=actor.id)
        waiting = waiting_for(actor)
        if waiting is None:
            return Confirmed.OVER
        held = waiting.opened()
        if not constant_time_compare("".join(code.split()), held.code):
            return _refused(actor, waiting)
        _replace(actor, Channel(waiting.channel), held.address)
        waiting.delete()
        return Confirmed.DONE


def leave(*, actor: Actor) -> None:
    """Let the address in force be; the one that waited is forgotten."""
    HeldAddress.objects.filter(account_id=actor.id, is_former=False).delete()


def _refused(actor: Actor, waiting: HeldAddress) -> Confirmed:
    waiting.tries += 1
    waiting.save(update_fields=["tries"])
    append(
        Event.CONTACT_CHANGE_REFUSED,
        actor=actor,
        outcome=Outcome.REFUSED,
        object_id=waiting.id,
        facts={"method": waiting.channel, "remaining": MOST_TRIES - waiting.tries},
    )
    return Confirmed.WRONG if waiting.tries < MOST_TRIES else Confirmed.OVER


def _replace(actor: Actor, channel: Channel, address: str) -> None:
    reference = uuid4()
    if actor.role is Role.PATIENT:
        contact = replace_contact(actor=actor, address={_FIELDS[channel]: address}, reference=reference)
        former = contact.email if channel is Channel.MAIL else contact.phone
    else:
        former = _replace_of_staff(actor, address, reference)
    if former:
        hold_address(actor.id, channel, Held(former), is_former=True, identifier=reference)


def _replace_of_staff(actor: Actor, address: str, reference: UUID) -> str:
    account = Account.objects.get(pk=actor.id)
    sealed = bytes(account.sealed_contact)
    former = open_for_house("contact", actor.id, sealed).decode() if sealed else ""
    account.sealed_contact = seal_for_house("contact", actor.id, address.encode())
    account.save(update_fields=["sealed_contact"])
    append(Event.CONTACT_CHANGED, actor=actor, object_id=reference)
    return former


def _checked(channel: Channel, typed: str) -> str:
    address = typed.strip()
    try:
        if channel is Channel.SMS:
            return international(address)
        validate_email(address)
    except NeverAgain:
        raise Invalid(_("This is no telephone number. Write it like 06 12 34 56 78 or +33 6 12 34 56 78.")) from None
    except ValidationError:
        raise Invalid(_("This is no mail address. Write it like name@example.fr.")) from None
    if len(address) > _LONGEST or not address.isascii():
        raise Invalid(_("Letters cannot be sent to this address."))
    return address
