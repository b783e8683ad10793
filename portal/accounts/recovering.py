"""Getting back in without the password, or without the second factor: three days, letters, and a code that stops it.

Whoever asks is told a code to come back with; the letters hold another one, which stops it at the home
address. What is left of the two factors is asked for at the end: losing one never lowers the other. Somebody
who has lost both goes to the desk for a new invitation, and staff to an administrator.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from audit import log
from audit.actor import Actor, Role, Strength
from audit.events import Event
from portal.accounts import entering, logins, recovery, throttling
from portal.accounts.entering import Answer
from portal.accounts.models import Account, Passkey, RecoveryDevice, SealedTOTPDevice
from portal.accounts.recoveries import LASTS, STOP_CHARACTERS, Recovery, open_of
from portal.accounts.sessions import end_others
from portal.acting import Visit
from records.house import lookup_digest, seal_for_house

WAITS = timedelta(hours=72)
MOST_OPEN = 3
_CLAIM_CHARACTERS = 16


class Lost(StrEnum):
    """What somebody has lost."""

    PASSWORD = "password"  # noqa: S105 - a word, no secret  # nosec B105
    FACTOR = "factor"


def ask(request: Visit, *, login_typed: str, lost: Lost) -> str:
    """Takes the wish down, for a patient's account that is open; the code to come back with, in any case.

    Nothing in the answer tells whether there is such an account.
    """
    claim, stop = recovery.draw(_CLAIM_CHARACTERS), recovery.draw(STOP_CHARACTERS)
    digest = logins.digest_of(login_typed)
    row = Recovery(lost=lost.value, claim_digest=_digest("claim", claim), stop_digest=_digest("stop", stop))
    row.sealed_stop = seal_for_house("recovery", row.id, stop.encode())
    with transaction.atomic(durable=True):
        found = Account.objects.select_for_update(no_key=True).filter(
            login_digest=digest, is_active=True, role=Account.Role.PATIENT
        )
        account = found.first()
        if account is not None and account.has_usable_password() and open_of(account.pk).count() < MOST_OPEN:
            row.account = account
            row.save(force_insert=True)
            facts = {"kind": lost.value}
            log.append(Event.ACCOUNT_RECOVERY_ASKED, actor=_owner(account, request), object_id=account.pk, facts=facts)
    return recovery.as_written(claim)


def stop(request: Visit, typed: str) -> bool:
    """Ends every open recovery of the account whose letter held this code; whether there was one."""
    code = recovery.as_read_of(typed, STOP_CHARACTERS)
    with transaction.atomic(durable=True):
        found = Recovery.objects.filter(stop_digest=_digest("stop", code), ended_at=None).first() if code else None
        if found is None:
            return False
        stopped = open_of(found.account_id).update(ended_at=timezone.now())
        actor = _owner(found.account, request)
        log.append(Event.ACCOUNT_RECOVERY_STOPPED, actor=actor, object_id=found.pk, facts={"count": stopped})
    return True


def waiting(typed: str) -> Recovery | None:
    """The open recovery of the code that was told when it was asked for."""
    code = recovery.as_read_of(typed, _CLAIM_CHARACTERS)
    if not code:
        return None
    since = timezone.now() - LASTS
    rows = Recovery.objects.filter(claim_digest=_digest("claim", code), ended_at=None, asked_at__gt=since)
    return rows.select_related("account").filter(account__is_active=True).first()


def is_due(found: Recovery) -> bool:
    """Whether its three days are over."""
    return found.asked_at <= timezone.now() - WAITS


def finish(request: Visit, found: Recovery, password: str) -> Answer:
    """Ends the wait: a new password where it was lost, the present one where the second factor was.

    The session then has one factor. A lost password leaves the second one where it is, and the next page asks for
    it; a lost factor is taken away, and the next page sets another one up.

    Raises:
        ValidationError: the new password is too easy to guess.
    """
    account = found.account
    digest, address = bytes(account.login_digest), throttling.address_of(request)
    if found.lost == Lost.PASSWORD:
        validate_password(password, account)
    else:
        wait = throttling.take_turn(digest, address)
        if wait or not account.check_password(password):
            return Answer(accepted=False, wait_seconds=wait)
    with entering.all_or_nothing(request):
        still = Recovery.objects.select_for_update().filter(pk=found.pk, ended_at=None).first()
        if still is None or not is_due(still):
            return Answer(accepted=False)
        open_of(account.pk).update(ended_at=timezone.now())
        if found.lost == Lost.PASSWORD:
            account.set_password(password)
            account.save(update_fields=["password"])
        else:
            throttling.forgive(digest, address)
            for kind in (SealedTOTPDevice, RecoveryDevice, Passkey):
                kind.objects.filter(user=account).delete()
        end_others(account.pk, None)
        log.append(
            Event.ACCOUNT_RECOVERED, actor=_owner(account, request), object_id=account.pk, facts={"kind": found.lost}
        )
        entering.begin(request, account)
    return Answer(accepted=True)


def _owner(account: Account, request: Visit) -> Actor:
    """The account itself, with nothing proven: its letters tell its owner."""
    return Actor(id=account.pk, role=Role.PATIENT, strength=Strength.NONE, request=request.actor.request)


def _digest(kind: str, code: str) -> bytes:
    return lookup_digest("code", f"recovery-{kind}:{code}")
