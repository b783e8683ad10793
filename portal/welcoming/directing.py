"""Doors of administrators: suspending and ending accounts, organisations, memberships; the death of a patient.

What was done with an account counts at once: its sessions end on the server in the same transaction.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from consent.granting import Invalid
from consent.models import Membership, Organisation, Professional
from portal.accounts import logins
from portal.accounts.models import Account, Passkey
from portal.accounts.sessions import end_others
from records.reading import Unknown


class Act(StrEnum):
    """What an administrator may do with an account; ``died`` is for patients alone."""

    SUSPEND = "suspend"
    RESTORE = "restore"
    END = "end"
    DIED = "died"
    FREE = "free"


_EVENTS = {
    Act.SUSPEND: Event.ACCOUNT_SUSPENDED,
    Act.RESTORE: Event.ACCOUNT_RESTORED,
    Act.END: Event.ACCOUNT_ENDED,
    Act.DIED: Event.ACCOUNT_ENDED,
    Act.FREE: Event.ACCOUNT_FACTOR_REMOVED,
}


def direct(*, actor: Actor, account: Account, act: Act) -> None:
    """Does it, and ends every session of the account.

    ``suspend`` can be taken back, ``end`` and ``died`` cannot. ``free`` removes every passkey of somebody who
    has lost them; their password and authenticator stay as they are.

    Raises:
        Unknown: the actor is no administrator.
        Invalid: it is one's own account, or the account has ended.
    """
    only_administrators(actor, _EVENTS[act])
    if account.pk == actor.id:
        raise Invalid(_("Another administrator has to do this: it is your own account."))
    with transaction.atomic(durable=True):
        row = Account.objects.select_for_update().get(pk=account.pk)
        if row.ended_at is not None:
            raise Invalid(_("This account has ended for good."))
        if act is Act.FREE:
            Passkey.objects.filter(user=row).delete()
        else:
            row.is_active = act is Act.RESTORE
            row.ended_at = timezone.now() if act in {Act.END, Act.DIED} else None
            row.save(update_fields=["is_active", "ended_at"])
        end_others(row.pk, None)
        facts = {"reason": act.value, "role": row.role}
        log.append(_EVENTS[act], actor=actor, object_id=row.pk, facts=facts)


def patient_of_login(*, actor: Actor, typed: str) -> Account | None:
    """The patient's account with that sign-in address, for an administrator who was told it; nothing is opened.

    Raises:
        Unknown: the actor is no administrator.
    """
    only_administrators(actor, Event.ACCOUNTS_READ)
    digest = logins.digest_of(typed)
    with transaction.atomic(durable=True):
        found = Account.objects.filter(login_digest=digest, role=Account.Role.PATIENT).first()
        log.append(Event.ACCOUNTS_READ, actor=actor, object_id=found.pk if found else None)
    return found


def enter_organisation(*, actor: Actor, organisation: Organisation) -> None:
    """Enters an organisation.

    Raises:
        Unknown: the actor is no administrator.
        Invalid: its FINESS number is entered already.
    """
    only_administrators(actor, Event.ORGANISATION_CREATED)
    if organisation.finess and Organisation.objects.filter(finess=organisation.finess).exists():
        raise Invalid(_("An organisation with this number is entered already."))
    with transaction.atomic(durable=True):
        organisation.save(force_insert=True)
        log.append(Event.ORGANISATION_CREATED, actor=actor, object_id=organisation.pk)


def end_organisation(*, actor: Actor, organisation_id: UUID) -> int:
    """Ends every membership of an organisation that closes; how many.

    Raises:
        Unknown: the actor is no administrator, or there is no such organisation.
    """
    only_administrators(actor, Event.ORGANISATION_ENDED)
    if not Organisation.objects.filter(pk=organisation_id).exists():
        raise Unknown
    with transaction.atomic(durable=True):
        live = list(Membership.objects.live(timezone.now()).filter(organisation_id=organisation_id))
        for membership in live:
            _end(actor, membership)
        log.append(Event.ORGANISATION_ENDED, actor=actor, object_id=organisation_id, facts={"count": len(live)})
    return len(live)


def begin_membership(*, actor: Actor, person: Professional, organisation_id: UUID) -> None:
    """Somebody works there from now on.

    Raises:
        Unknown: the actor is no administrator, or there is no such organisation.
        Invalid: they work there already.
    """
    only_administrators(actor, Event.MEMBERSHIP_CREATED)
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise Unknown
    with transaction.atomic(durable=True):
        if Membership.objects.live(timezone.now()).filter(professional=person, organisation=organisation).exists():
            raise Invalid(_("This person works there already."))
        work = Membership.objects.create(professional=person, organisation=organisation, during=(timezone.now(), None))
        facts = {"professional": person.pk, "organisation": organisation.pk}
        log.append(Event.MEMBERSHIP_CREATED, actor=actor, object_id=work.pk, facts=facts)


def end_membership(*, actor: Actor, person: Professional, membership_id: UUID) -> None:
    """Somebody works there no longer; what they open from now on is opened for nobody there.

    Raises:
        Unknown: the actor is no administrator, or there is no such membership now.
    """
    only_administrators(actor, Event.MEMBERSHIP_ENDED)
    with transaction.atomic(durable=True):
        live = Membership.objects.live(timezone.now()).filter(pk=membership_id, professional=person).first()
        if live is not None:
            _end(actor, live)
    if live is None:
        raise Unknown


def _end(actor: Actor, membership: Membership) -> None:
    membership.during = (membership.during.lower, timezone.now())
    membership.save(update_fields=["during"])
    # Whoever works in it now has to come in anew: the session says for whom one acts.
    account = Professional.objects.values_list("account_id", flat=True).get(pk=membership.professional_id)
    if account is not None:
        end_others(account, None)
    facts = {"professional": membership.professional_id, "organisation": membership.organisation_id}
    log.append(Event.MEMBERSHIP_ENDED, actor=actor, object_id=membership.pk, facts=facts)


def only_administrators(actor: Actor, event: Event) -> None:
    """Nobody else comes through; the attempt is remembered as that event, refused.

    Raises:
        Unknown: the actor is no administrator.
    """
    if actor.role is Role.ADMINISTRATOR:
        return
    with transaction.atomic(durable=True):
        log.append(event, actor=actor, outcome=Outcome.REFUSED)
    raise Unknown
