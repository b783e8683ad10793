"""Doors of staff who have no place in the directory: advisers and administrators, their accounts and roles.

An adviser sees the call-back queue and nothing else: one administrator invites them. Whoever shall be an
administrator, or shall be one no longer, is proposed by one and agreed to by another within a week; the second is told
the paper code, the first knew the address. The role itself is changed by a function of the database that looks for
both (migration 0002): the application has no right to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from consent.granting import Invalid
from portal.accounts import enrolment
from portal.accounts.models import Account
from portal.accounts.sessions import end_others
from portal.welcoming.directing import only_administrators
from portal.welcoming.inviting import Reached, invite
from portal.welcoming.models import Invitation, Nomination
from records.house import open_for_house
from records.reading import Unknown

ROLES = (Account.Role.ADVISER, Account.Role.ADMINISTRATOR)
AGREE_WITHIN = timedelta(days=7)
_HANDLE_HEX = 24


@dataclass(frozen=True, slots=True, repr=False)
class Colleague:
    """One account as administrators are shown it; ``handle`` names it in a form and is no pseudonym of the log."""

    handle: str
    login: str
    role: Role
    is_active: bool
    ended_at: datetime | None
    waits: bool
    is_self: bool

    def __repr__(self) -> str:
        return "<Colleague>"

    @property
    def other_role(self) -> Role:
        """The role that this account could be given."""
        return Role.ADVISER if self.role is Role.ADMINISTRATOR else Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True, repr=False)
class Proposed:
    """What waits for a second administrator."""

    id: UUID
    login: str
    role: Role
    is_new: bool
    asked_at: datetime
    may_agree: bool

    def __repr__(self) -> str:
        return "<Proposed>"


@dataclass(frozen=True, slots=True, repr=False)
class Staff:
    """Everybody of these roles, and what waits."""

    people: list[Colleague]
    proposed: list[Proposed]

    def __repr__(self) -> str:
        return "<Staff>"


def read_staff(*, actor: Actor) -> Staff:
    """Advisers and administrators by the address of their letters; remembered.

    Raises:
        Unknown: the actor is no administrator.
        Unreadable: an address does not open.
    """
    only_administrators(actor, Event.ACCOUNTS_READ)
    with transaction.atomic(durable=True):
        rows = list(Account.objects.filter(role__in=ROLES).order_by("role", "created_on", "pk"))
        waiting = {each.account_id: each for each in Invitation.objects.filter(account__in=rows, used_at=None)}
        people = [_colleague(row, waiting.get(row.pk), actor) for row in rows]
        proposed = [_proposed(each, actor) for each in _waiting().select_related("account").order_by("asked_at")]
        log.append(Event.ACCOUNTS_READ, actor=actor, facts={"count": len(people)})
    return Staff(people, proposed)


def invite_adviser(*, actor: Actor, reached: Reached) -> str:
    """An account for somebody who calls people back; the code on paper.

    Raises:
        Unknown: the actor is no administrator.
        Invalid: an address that is none, or in use.
    """
    only_administrators(actor, Event.ACCOUNT_INVITED)
    with transaction.atomic(durable=True):
        return _invited(actor, reached.mail, Account.Role.ADVISER)


def propose(*, actor: Actor, mail: str) -> None:
    """Proposes a new administrator, reached at that address.

    Raises:
        Unknown: the actor is no administrator.
        Invalid: an address that is none, or in use.
    """
    only_administrators(actor, Event.STAFF_PROPOSED)
    enrolment.refuse_login(mail)
    with transaction.atomic(durable=True):
        wanted = Nomination(role=Account.Role.ADMINISTRATOR, asked_by=actor.id)
        wanted.take_mail(mail)
        _ask(actor, wanted)


def propose_role(*, actor: Actor, handle: str) -> None:
    """Proposes the other role for a colleague.

    Raises:
        Unknown: the actor is no administrator, or there is no such colleague.
        Invalid: it is one's own account, one that ended, or this is proposed already.
    """
    only_administrators(actor, Event.STAFF_PROPOSED)
    account = account_of(handle)
    if account.pk == actor.id:
        raise Invalid(_("Another administrator has to do this: it is your own account."))
    if account.ended_at is not None:
        raise Invalid(_("This account has ended for good."))
    other = Account.Role.ADVISER if account.role == Account.Role.ADMINISTRATOR else Account.Role.ADMINISTRATOR
    with transaction.atomic(durable=True):
        if _waiting().filter(account=account).exists():
            raise Invalid(_("This is proposed already: another administrator has to agree."))
        _ask(actor, Nomination(role=other, account=account, asked_by=actor.id))


def agree(*, actor: Actor, nomination_id: UUID) -> str:
    """The second administrator agrees: the code on paper for somebody new; for a colleague their role, no code.

    Raises:
        Unknown: the actor is no administrator, or nothing of the kind was ever proposed.
        Invalid: they proposed it themselves or it is about them, it is over, or the address is in use by now.
    """
    only_administrators(actor, Event.STAFF_AGREED)
    with transaction.atomic(durable=True):
        wanted = Nomination.objects.select_for_update().filter(pk=nomination_id).first()
        if wanted is None:
            raise Unknown
        if actor.id in {wanted.asked_by, wanted.account_id}:
            raise Invalid(_("Another administrator has to do this."))
        if not _waiting().filter(pk=wanted.pk).exists():
            raise Invalid(_("This proposal is over. Propose it again if it is still wanted."))
        mail = wanted.mail()
        wanted.agreed_by, wanted.agreed_at, wanted.sealed = actor.id, timezone.now(), b""
        wanted.save(update_fields=["agreed_by", "agreed_at", "sealed"])
        log.append(Event.STAFF_AGREED, actor=actor, object_id=wanted.pk, facts={"role": wanted.role})
        if wanted.account_id is None:
            return _invited(actor, mail, Account.Role(wanted.role))
        _change_role(actor, wanted)
    return ""


def found(*, mails: list[str]) -> list[str]:
    """The first administrators of a house that has none; their codes on paper, in the same order. For the command.

    Raises:
        Invalid: there is an administrator, or an address is none, or fewer than two are given.
    """
    if len(set(mails)) < 2:
        raise Invalid(_("Two administrators at least: each act that matters takes two."))
    with transaction.atomic(durable=True):
        if Account.objects.filter(role=Account.Role.ADMINISTRATOR).exists():
            raise Invalid(_("This house has administrators: they invite others on their page of staff."))
        actor = Actor.system(SystemTask.FOUNDING)
        return [_invited(actor, mail, Account.Role.ADMINISTRATOR) for mail in mails]


def account_of(handle: str) -> Account:
    """The account of an adviser or administrator behind the handle of a form.

    Raises:
        Unknown: there is none.
    """
    for account in Account.objects.filter(role__in=ROLES):
        if constant_time_compare(_handle(account), handle):
            return account
    raise Unknown


def _ask(actor: Actor, wanted: Nomination) -> None:
    wanted.save(force_insert=True)
    facts: dict[str, str | UUID] = {"role": str(wanted.role)}
    if wanted.account_id:
        facts["account"] = wanted.account_id
    log.append(Event.STAFF_PROPOSED, actor=actor, object_id=wanted.pk, facts=facts)


def _invited(actor: Actor, mail: str, role: Account.Role) -> str:
    account = enrolment.create_waiting(actor=actor, login=mail, role=role.value)
    return invite(actor=actor, account=account, reached=Reached(mail))


def _change_role(actor: Actor, wanted: Nomination) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.accounts_change_role(%s)", [wanted.pk])
        former = cursor.fetchone()[0]
    if former is None:
        raise Invalid(_("This proposal is over. Propose it again if it is still wanted."))
    account_id = UUID(str(wanted.account_id))
    end_others(account_id, None)
    facts = {"role": wanted.role, "previous": former}
    log.append(Event.ACCOUNT_ROLE_CHANGED, actor=actor, object_id=account_id, facts=facts)


def _waiting() -> QuerySet[Nomination]:
    return Nomination.objects.filter(agreed_at=None, asked_at__gt=timezone.now() - AGREE_WITHIN)


def _colleague(account: Account, waiting: Invitation | None, actor: Actor) -> Colleague:
    sealed = bytes(account.sealed_contact)
    login = open_for_house("contact", account.pk, sealed).decode() if sealed else ""
    if not login and waiting is not None:
        login = waiting.place()[1]
    return Colleague(
        handle=_handle(account),
        login=login,
        role=Role(account.role),
        is_active=account.is_active,
        ended_at=account.ended_at,
        waits=waiting is not None,
        is_self=account.pk == actor.id,
    )


def _proposed(wanted: Nomination, actor: Actor) -> Proposed:
    is_new = wanted.account_id is None
    login = _colleague(wanted.account, None, actor).login if wanted.account else wanted.mail()
    may = actor.id not in {wanted.asked_by, wanted.account_id}
    return Proposed(wanted.pk, login, Role(wanted.role), is_new, wanted.asked_at, may)


def _handle(account: Account) -> str:
    return salted_hmac("welcoming.staff", str(account.pk), algorithm="sha256").hexdigest()[:_HANDLE_HEX]
