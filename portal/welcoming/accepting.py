"""Doors of accepting an invitation: the code on paper, then the code that was sent, then a password.

Wrong codes are counted by address prefix, and each sent code may be tried five times (``readdressing``).
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from audit import log
from audit.actor import Actor, Role, Strength
from audit.events import Event, Outcome
from consent.granting import Invalid
from portal.accounts import entering
from portal.accounts.models import Account
from portal.acting import Visit
from portal.notifications import readdressing
from portal.notifications.readdressing import Confirmed
from portal.welcoming.inviting import as_read, digest_of
from portal.welcoming.models import LASTS, Invitation

# Where the session of a visitor keeps whose invitation they showed.
_KEY = "invitation"


def show_paper(request: Visit, typed: str) -> bool:
    """Takes the code on paper; right, the second code leaves at once."""
    code = as_read(typed)
    found = _waiting().filter(code_digest=digest_of(code)).first() if code else None
    if found is None:
        with transaction.atomic(durable=True):
            log.append(
                Event.ACCOUNT_INVITATION_REFUSED,
                actor=Actor.anonymous(request=request.actor.request),
                outcome=Outcome.REFUSED,
            )
        return False
    request.session[_KEY] = str(found.pk)
    request.session.cycle_key()
    send_second(request)
    return True


def send_second(request: Visit) -> bool:
    """Sends the second code, or another one a minute later; whether one left now."""
    found = waiting_in(request)
    if found is None:
        return False
    channel, address = found.place()
    try:
        readdressing.ask(actor=_owner(found, request), channel=channel, typed=address)
    except Invalid:
        # One left less than a minute ago: it still counts.
        return False
    return True


def waiting_in(request: Visit) -> Invitation | None:
    """The invitation whose paper code this session has shown."""
    kept = request.session.get(_KEY)
    return _waiting().filter(pk=UUID(kept)).select_related("account").first() if kept else None


def accept(request: Visit, *, code: str, password: str) -> Confirmed:
    """Tries the second code; right, the password is set and the session is the new person's, with one factor.

    Raises:
        ValidationError: the password is too easy to guess; the code was not tried.
    """
    found = waiting_in(request)
    if found is None:
        return Confirmed.OVER
    validate_password(password, found.account)
    outcome = readdressing.confirm(actor=_owner(found, request), code=code)
    if outcome is Confirmed.DONE:
        _hand_over(request, found, password)
    return outcome


def _hand_over(request: Visit, found: Invitation, password: str) -> None:
    account: Account = found.account
    with entering.all_or_nothing(request):
        account.set_password(password)
        # Whoever invited them did not choose for them: they go on in the language that they came in.
        spoken = (get_language() or "")[:2]
        if spoken in Account.Language.values:
            account.language = spoken
        account.save(update_fields=["password", "language"])
        Invitation.objects.filter(pk=found.pk).update(used_at=timezone.now(), sealed=b"")
        request.session.pop(_KEY, None)
        entering.begin(request, account)


def _waiting() -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, made_at__gt=timezone.now() - LASTS, account__is_active=True)


def _owner(found: Invitation, request: Visit) -> Actor:
    """The person who will own the account: nobody else has both codes."""
    role = Role(found.account.role)
    if role is not Role.PATIENT:
        # Not on their side of the portal yet: no door opens to them.
        role = Role.ANONYMOUS
    return Actor(id=found.account.pk, role=role, strength=Strength.NONE, request=request.actor.request)
