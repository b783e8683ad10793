"""Doors of inviting: an account that nobody can open yet, and the code that goes on paper.

The code on paper is told to the inviter once and kept as a keyed digest; the second code will go to the
mail address or telephone given here. Whoever holds only one of the two opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event
from consent.granting import Invalid
from consent.models import Membership, Organisation, Professional
from portal.accounts import enrolment, recovery
from portal.accounts.models import Account
from portal.notifications.channels.outcomes import NeverAgain
from portal.notifications.channels.sms import international
from portal.notifications.kinds import Channel
from portal.welcoming.models import Invitation
from portal.welcoming.rpps import is_rpps
from records.house import lookup_digest
from records.people import Contact, Identity
from records.reading import Unknown
from records.welcoming import welcome_patient

_CODE_CHARACTERS = 16


@dataclass(frozen=True, slots=True, repr=False)
class Reached:
    """How a person will be reached: the mail address they sign in with, a telephone, the way of the second code."""

    mail: str
    phone: str = ""
    second: Channel = Channel.MAIL

    def __repr__(self) -> str:
        return "<Reached>"


def invite_patient(*, actor: Actor, identity: Identity, reached: Reached) -> str:
    """Opens a record for somebody new, with an account that waits; the code to give at the desk or by letter.

    Raises:
        Unknown: the actor is no professional.
        Invalid: an address that is none or in use, or a national number that has a record.
    """
    if actor.role is not Role.PROFESSIONAL:
        raise Unknown
    place = _checked(reached)
    with transaction.atomic(durable=True):
        account = enrolment.create_waiting(actor=actor, login=reached.mail, role=Role.PATIENT.value)
        # The address that the second code will prove is filed then; the other one now.
        contact = Contact(email="" if reached.second is Channel.MAIL else reached.mail.strip())
        ref = welcome_patient(actor=actor, identity=identity, contact=contact, account_id=account.pk)
        return _write(actor, account, reached.second, place, dossier=ref.pseudonym)


def invite_professional(*, actor: Actor, person: Professional, organisation_id: UUID, reached: Reached) -> str:
    """Enters a professional whom an administrator has looked up, with an account that waits; the code for the letter.

    Raises:
        Unknown: the actor is no administrator.
        Invalid: a number that is none or entered already, an address in use, an unknown organisation.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise Unknown
    if not is_rpps(person.rpps or ""):
        raise Invalid(_("This is no RPPS number: it has eleven digits, and the last one checks the others."))
    if Professional.objects.filter(rpps=person.rpps).exists():
        raise Invalid(_("A professional with this number is entered already."))
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise Invalid(_("Choose an organisation of the list."))
    place = _checked(reached)
    with transaction.atomic(durable=True):
        person.account = enrolment.create_waiting(actor=actor, login=reached.mail, role=Role.PROFESSIONAL.value)
        person.save(force_insert=True)
        work = Membership.objects.create(professional=person, organisation=organisation, during=(timezone.now(), None))
        facts = {"professional": person.pk, "organisation": organisation.pk}
        log.append(Event.PROFESSIONAL_VERIFIED, actor=actor, object_id=person.pk, facts=facts)
        log.append(Event.MEMBERSHIP_CREATED, actor=actor, object_id=work.pk, facts=facts)
        return _write(actor, person.account, reached.second, place)


def invite(*, actor: Actor, account: Account, reached: Reached) -> str:
    """The code on paper of an account that waits, in the open transaction that made it.

    Raises:
        Invalid: no telephone number, for a second code by SMS.
    """
    return _write(actor, account, reached.second, _checked(reached))


def invite_again(*, actor: Actor, account: Account) -> str:
    """Another code on paper for an account that still waits; the former one is worth nothing any more.

    Raises:
        Invalid: nobody waits there.
    """
    with transaction.atomic(durable=True):
        waiting = Invitation.objects.select_for_update().filter(account=account, used_at=None).first()
        if waiting is None:
            raise Invalid(_("This account does not wait for its owner."))
        code = _draw()
        waiting.code_digest, waiting.made_at = digest_of(code), timezone.now()
        waiting.save(update_fields=["code_digest", "made_at"])
        log.append(Event.ACCOUNT_INVITED, actor=actor, object_id=account.pk)
    return recovery.as_written(code)


def digest_of(code: str) -> bytes:
    """The keyed digest under which an invitation is found."""
    return lookup_digest("code", f"invitation:{code}")


def as_read(typed: str) -> str:
    """The canonical form of a typed paper code; empty when it cannot be one."""
    return recovery.as_read_of(typed, _CODE_CHARACTERS)


def _write(actor: Actor, account: Account, second: Channel, place: str, dossier: UUID | None = None) -> str:
    code = _draw()
    waiting = Invitation(account=account, code_digest=digest_of(code), invited_by=actor.id)
    waiting.take_place(second, place)
    waiting.save(force_insert=True)
    log.append(
        Event.ACCOUNT_INVITED, actor=actor, dossier=dossier, object_id=account.pk, facts={"method": second.value}
    )
    return recovery.as_written(code)


def _draw() -> str:
    return recovery.draw(_CODE_CHARACTERS)


def _checked(reached: Reached) -> str:
    """Where the second code goes."""
    if reached.second is Channel.MAIL:
        return reached.mail.strip()
    try:
        return international(reached.phone)
    except NeverAgain:
        raise Invalid(_("This is no telephone number. Write it like 06 12 34 56 78 or +33 6 12 34 56 78.")) from None
