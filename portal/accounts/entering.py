"""Coming in and leaving: each act and its entry in the log stand or fall together.

Every function here owns its transaction. When the entry cannot be written nothing happened: the
session of the request is put back as the database has it, and the exception goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.middleware.csrf import rotate_token
from django_otp import login as carry_device

from audit import log
from audit.actor import Actor, Strength
from audit.events import Event, Outcome
from portal import acting
from portal.accounts import ceremonies, devices, enrolment, hashing, leaks, logins, sessions, throttling
from portal.accounts.models import Account, Passkey, RecoveryDevice, SealedTOTPDevice
from portal.acting import Visit

# Where a session keeps that its password is known from a leak: nothing else opens until it is changed.
LEAKED_KEY = "leaked"
_BACKEND = "portal.accounts.backends.LoginBackend"

_RANKS = {strength: rank for rank, strength in enumerate((Strength.RECOVERY, Strength.OTP, Strength.PASSKEY))}

D = TypeVar("D", SealedTOTPDevice, RecoveryDevice)
Proven = SealedTOTPDevice | RecoveryDevice | Passkey


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the proof was accepted; if not, the seconds to wait before the next try (0: none).

    ``busy``: the proof was not looked at, for others were being served.
    """

    accepted: bool
    wait_seconds: int = 0
    busy: bool = False


def sign_in(request: Visit, *, login_typed: str, password: str) -> Answer:
    """The first factor: afterwards the session knows the account, and only the next step is open.

    The session gets a new key. Unknown and ended accounts answer like a wrong password.
    """
    digest, address = logins.digest_of(login_typed), throttling.address_of(request)
    device = devices.known_to(request, digest)
    with nullcontext(True) if device else hashing.in_line(throttling.prefix_of(address)) as free:
        if not free:
            _remember_refusal(request, digest, waited=True)
            return Answer(accepted=False, wait_seconds=hashing.BUSY_SECONDS, busy=True)
        wait = throttling.take_turn(digest, address, device)
        found = None if wait else authenticate(request, login_digest=digest, password=password)
    if not isinstance(found, Account):
        _remember_refusal(request, digest, waited=bool(wait))
        return Answer(accepted=False, wait_seconds=wait)
    with all_or_nothing(request):
        throttling.forgive(digest, address, device)
        begin(request, found)
        if leaks.is_known(password):
            request.session[LEAKED_KEY] = True
    acting.again(request)
    return Answer(accepted=True)


def begin(request: Visit, account: Account) -> None:
    """The session is this person's, with one factor, in the open transaction; a second is prepared if there is none."""
    login(request, account, backend=_BACKEND)
    sessions.set_limits(request, account.role)
    if not enrolment.has_second_factor(account):
        enrolment.prepare_authenticator(request)
    log.append(Event.ACCOUNT_PASSWORD_ACCEPTED, actor=acting.acting(request, Strength.PASSWORD))


def prove_code(request: Visit, code: str) -> Answer:
    """The second factor, from an authenticator: the session rises and gets a new key."""
    with all_or_nothing(request):
        answer, device = check_code(request, code)
        if device is not None:
            rise(request, device)
    acting.again(request)
    return answer


def prove_recovery(request: Visit, code: str) -> Answer:
    """The second factor, from the sheet of recovery codes: used up by this."""
    with all_or_nothing(request):
        answer, device = check_recovery(request, code)
        if device is not None:
            rise(request, device)
    acting.again(request)
    return answer


def sign_in_by_passkey(request: Visit, typed: str) -> Answer:
    """Both factors at once, or the second after a password: the authenticator has verified its person."""
    challenge = ceremonies.take_challenge(request, ceremonies.GET)
    with all_or_nothing(request):
        passkey = ceremonies.judge_sign_in(request, challenge, typed)
        if passkey is None:
            refuse_passkey(request)
        else:
            if not request.user.is_authenticated:
                login(request, passkey.user, backend=_BACKEND)
                sessions.set_limits(request, passkey.user.role)
            rise(request, passkey)
    acting.again(request)
    return Answer(accepted=passkey is not None)


def refuse_passkey(request: Visit) -> None:
    """Remembers, in the open transaction, that a passkey proved nothing."""
    known = request.user.is_authenticated
    log.append(
        Event.ACCOUNT_FACTOR_REFUSED if known else Event.ACCOUNT_SIGN_IN_REFUSED,
        actor=acting.acting(request, Strength.PASSWORD) if known else Actor.anonymous(request=request.actor.request),
        outcome=Outcome.REFUSED,
        facts={"factor": Strength.PASSKEY.value},
    )


def sign_out(request: Visit) -> None:
    """Ends the session on the server too."""
    with all_or_nothing(request):
        if request.user.is_authenticated:
            log.append(Event.ACCOUNT_SIGNED_OUT, actor=acting.acting(request, request.actor.strength))
        logout(request)
    acting.again(request)


def check_code(request: Visit, code: str) -> tuple[Answer, SealedTOTPDevice | None]:
    """Tries the code on each authenticator of the account, in the open transaction; a refusal is logged."""
    devices = list(
        SealedTOTPDevice.objects.filter(user=request.user, confirmed=True).select_for_update().order_by("pk")
    )
    return verified(request, devices, code)


def check_recovery(request: Visit, code: str) -> tuple[Answer, RecoveryDevice | None]:
    """Tries a recovery code, in the open transaction; its use and its refusal are logged."""
    sheets = list(RecoveryDevice.objects.filter(user=request.user).select_for_update())
    answer, sheet = verified(request, sheets, code)
    if sheet is not None:
        actor = acting.acting(request, Strength.RECOVERY)
        log.append(Event.ACCOUNT_RECOVERY_USED, actor=actor, facts={"remaining": sheet.codes.count()})
    return answer, sheet


def rise(request: Visit, device: Proven) -> None:
    """The session becomes a proven one, in the open transaction, and the log knows."""
    renew_session(request, device)
    request.session[acting.RISEN_KEY] = int(time.time())
    actor = acting.acting(request, device.strength)
    log.append(Event.ACCOUNT_SIGNED_IN, actor=actor, facts={"device": devices.recognise(request)})


def renew_session(request: Visit, device: Proven) -> None:
    """The session stands on this device from now on: new key, new form token (ASVS 5.0, 7.2.4).

    One that stands on something better stays there: a weaker proof takes no strength away and adds none.
    """
    stands_on = getattr(request.user, "otp_device", None)
    if stands_on is None or _RANKS[device.strength] >= _RANKS[stands_on.strength]:
        carry_device(request, device)
    request.session.cycle_key()
    rotate_token(request)


@contextmanager
def all_or_nothing(request: Visit) -> Iterator[None]:
    """One durable transaction; when it fails the request keeps nothing of what it had put in its session."""
    before = request.session.session_key
    try:
        with transaction.atomic(durable=True):
            yield
    except BaseException:
        # The middleware would otherwise save the risen session on its way out.
        request.session = type(request.session)(before)
        request.user = AnonymousUser()  # type: ignore[assignment]
        raise


def _remember_refusal(request: Visit, digest: bytes, *, waited: bool) -> None:
    """The visitor stays anonymous in the log, and what they typed is not in it."""
    with transaction.atomic(durable=True):
        log.append(
            Event.ACCOUNT_SIGN_IN_REFUSED,
            actor=Actor.anonymous(request=request.actor.request),
            outcome=Outcome.REFUSED,
            object_id=Account.objects.filter(login_digest=digest).values_list("pk", flat=True).first(),
            facts={"reason": "wait" if waited else "proof"},
        )


def verified(request: Visit, devices: list[D], code: str) -> tuple[Answer, D | None]:
    """The first of these locked devices that accepts, in the open transaction; a refusal is logged."""
    wait = max((device.seconds_to_wait() for device in devices), default=0)
    for device in devices:
        if device.verify_token(code):
            return Answer(accepted=True), device
    log.append(
        Event.ACCOUNT_FACTOR_REFUSED,
        actor=acting.acting(request, Strength.PASSWORD),
        outcome=Outcome.REFUSED,
        facts={"factor": devices[0].strength.value if devices else "none"},
    )
    return Answer(accepted=False, wait_seconds=wait), None
