"""Changing one's own factors: each act asks for a fresh proof and leaves its entry."""

from __future__ import annotations

from audit import log
from audit.actor import Strength
from audit.events import Event
from portal import acting
from portal.accounts import devices, enrolment, recovery
from portal.accounts.entering import (
    Answer,
    all_or_nothing,
    check_code,
    check_recovery,
    renew_session,
    rise,
    verified,
)
from portal.accounts.models import RecoveryDevice, SealedTOTPDevice
from portal.acting import Visit


def confirm_totp(request: Visit, code: str) -> tuple[Answer, tuple[str, ...]]:
    """The authenticator being set up shows its first code: it becomes the second factor.

    Returns the recovery codes when the account had no sheet yet. A session that had only the
    password rises; other sessions that stood on the former authenticator fall back to it.
    """
    codes: tuple[str, ...] = ()
    with all_or_nothing(request):
        waiting = enrolment.pending_authenticator(request, lock=True)
        answer, device = verified(request, [waiting] if waiting else [], code)
        if device is not None:
            codes = _take_up(request, device)
    acting.again(request)
    return answer, codes


def renew_codes(request: Visit, proof: str) -> tuple[Answer, tuple[str, ...]]:
    """A new sheet of recovery codes, against a fresh code of either kind."""
    codes: tuple[str, ...] = ()
    with all_or_nothing(request):
        answer = _fresh_proof(request, proof)
        if answer.accepted:
            codes = enrolment.issue_recovery_codes(request.user)
            log.append(Event.ACCOUNT_RECOVERY_RENEWED, actor=request.actor, facts={"count": len(codes)})
    return answer, codes


def begin_replacement(request: Visit, proof: str) -> Answer:
    """Opens the set-up of another authenticator, against a fresh code of either kind."""
    with all_or_nothing(request):
        answer = _fresh_proof(request, proof)
        if answer.accepted:
            enrolment.prepare_authenticator(request)
    return answer


def _take_up(request: Visit, device: SealedTOTPDevice) -> tuple[str, ...]:
    """The new authenticator counts from now on, and the session stands on it."""
    first = not request.user.is_verified()
    enrolment.confirm_authenticator(request, device)
    codes = () if RecoveryDevice.objects.filter(user=request.user).exists() else _first_sheet(request)
    log.append(
        Event.ACCOUNT_FACTOR_ADDED,
        actor=acting.acting(request, Strength.OTP),
        object_id=request.user.pk,
        facts={"factor": device.strength.value},
    )
    if first:
        # The first sign-in of all: the letter about the factor says it already.
        devices.recognise(request)
        rise(request, device)
    else:
        renew_session(request, device)
    return codes


def _first_sheet(request: Visit) -> tuple[str, ...]:
    codes = enrolment.issue_recovery_codes(request.user)
    log.append(Event.ACCOUNT_RECOVERY_RENEWED, actor=acting.acting(request, Strength.OTP), facts={"count": len(codes)})
    return codes


def _fresh_proof(request: Visit, proof: str) -> Answer:
    """A code of the authenticator, or one of the sheet."""
    check = check_recovery if recovery.as_read(proof) else check_code
    answer, _device = check(request, proof)
    return answer
