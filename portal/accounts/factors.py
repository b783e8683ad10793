"""Changing one's own factors: each act leaves its entry. Pages ask for a fresh proof before (``stepup``)."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Strength
from audit.events import Event
from consent.granting import Invalid
from portal import acting
from portal.accounts import ceremonies, devices, enrolment, throttling
from portal.accounts.agents import system_of
from portal.accounts.entering import (
    LEAKED_KEY,
    Answer,
    all_or_nothing,
    refuse_passkey,
    renew_session,
    rise,
    verified,
)
from portal.accounts.models import Account, Passkey, RecoveryDevice, SealedTOTPDevice
from portal.accounts.sessions import end_others
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


def renew_codes(request: Visit) -> tuple[str, ...]:
    """A new sheet of recovery codes; the former ones are worth nothing any more."""
    with all_or_nothing(request):
        codes = enrolment.issue_recovery_codes(request.user)
        log.append(Event.ACCOUNT_RECOVERY_RENEWED, actor=request.actor, facts={"count": len(codes)})
    return codes


def change_password(request: Visit, *, current: str, new: str) -> Answer:
    """Puts a new password in the place of the present one, which is asked for as slowly as at the sign-in page.

    Every other session ends: each stands on a digest of the former password. This one gets a new key.
    """
    digest, address = bytes(request.user.login_digest), throttling.address_of(request)
    wait = throttling.take_turn(digest, address)
    if wait or not request.user.check_password(current):
        return Answer(accepted=False, wait_seconds=wait)
    with all_or_nothing(request):
        throttling.forgive(digest, address)
        request.user.set_password(new)
        request.user.save(update_fields=["password"])
        update_session_auth_hash(request, request.user)
        request.session.pop(LEAKED_KEY, None)
        end_others(request.user.pk, request.session.session_key)
        log.append(Event.ACCOUNT_PASSWORD_CHANGED, actor=request.actor, object_id=request.user.pk)
    acting.again(request)
    return Answer(accepted=True)


def add_passkey(request: Visit, typed: str, name: str) -> bool:
    """Keeps the passkey that an authenticator made for the challenge of this session, and stands on it.

    The person was verified a moment ago, by a fresh proof and by the authenticator itself.
    """
    challenge = ceremonies.take_challenge(request, ceremonies.CREATE)
    with all_or_nothing(request):
        passkey = ceremonies.judge_enrolment(request, challenge, typed, name)
        if passkey is None:
            refuse_passkey(request)
        else:
            renew_session(request, passkey)
            end_others(request.user.pk, request.session.session_key)
            log.append(
                Event.ACCOUNT_FACTOR_ADDED,
                actor=acting.acting(request, Strength.PASSKEY),
                object_id=request.user.pk,
                facts={"factor": Strength.PASSKEY.value},
            )
    acting.again(request)
    return passkey is not None


def begin_with_passkey(request: Visit, typed: str) -> tuple[bool, tuple[str, ...]]:
    """The first factor of somebody who has only a password is a passkey; whether it was kept, and a first sheet.

    Nothing is kept when another session has put a factor in place meanwhile: whoever knew the password
    before the owner's first sign-in must not add a device beside the owner's.
    """
    codes: tuple[str, ...] = ()
    challenge = ceremonies.take_challenge(request, ceremonies.CREATE)
    with all_or_nothing(request):
        # Waits for a session that is about to confirm an authenticator, and leaves the others nothing to confirm.
        SealedTOTPDevice.objects.filter(user=request.user, confirmed=False).delete()
        passkey = None
        if not enrolment.has_second_factor(request.user):
            passkey = ceremonies.judge_enrolment(request, challenge, typed, own_device(request))
        if passkey is None:
            refuse_passkey(request)
            enrolment.prepare_authenticator(request)
        else:
            codes = _first_sheet(request, Strength.PASSKEY)
            actor, facts = acting.acting(request, Strength.PASSKEY), {"factor": Strength.PASSKEY.value}
            log.append(Event.ACCOUNT_FACTOR_ADDED, actor=actor, object_id=request.user.pk, facts=facts)
            # The first sign-in of all: the letter about the factor says it already.
            devices.recognise(request)
            rise(request, passkey)
            end_others(request.user.pk, request.session.session_key)
    acting.again(request)
    return passkey is not None, codes


def own_device(request: Visit) -> str:
    """A first name for the device in front of its owner: what its browser says it is."""
    return system_of(request.headers.get("User-Agent", "")) or _("My device")


def remove_passkey(request: Visit, number: int) -> None:
    """Removes one of the person's passkeys: sessions that stood on it fall back to the password at once.

    Raises:
        Invalid: it is the last one of an administrator, who could not come in any more.
    """
    with all_or_nothing(request):
        own = list(Passkey.objects.select_for_update().filter(user=request.user).order_by("pk"))
        if request.user.role == Account.Role.ADMINISTRATOR and len(own) < 2:
            raise Invalid(_("An administrator needs a passkey. Add another one before you remove this one."))
        removed, _by_table = Passkey.objects.filter(user=request.user, pk=number).delete()
        if removed:
            end_others(request.user.pk, request.session.session_key)
            log.append(
                Event.ACCOUNT_FACTOR_REMOVED,
                actor=request.actor,
                object_id=request.user.pk,
                facts={"factor": Strength.PASSKEY.value},
            )


def _take_up(request: Visit, device: SealedTOTPDevice) -> tuple[str, ...]:
    """The new authenticator counts from now on, and the session stands on it."""
    first = not request.user.is_verified()
    enrolment.confirm_authenticator(request, device)
    codes = () if RecoveryDevice.objects.filter(user=request.user).exists() else _first_sheet(request, Strength.OTP)
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
        end_others(request.user.pk, request.session.session_key)
    return codes


def _first_sheet(request: Visit, strength: Strength) -> tuple[str, ...]:
    codes = enrolment.issue_recovery_codes(request.user)
    log.append(Event.ACCOUNT_RECOVERY_RENEWED, actor=acting.acting(request, strength), facts={"count": len(codes)})
    return codes
