"""Accounts and factors are made here, in the caller's open transaction."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import timedelta
from urllib.parse import quote, urlencode

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, SystemTask
from audit.events import Event
from consent import granting
from portal.accounts import logins, recovery
from portal.accounts.models import Account, Passkey, RecoveryDevice, SealedTOTPDevice
from portal.accounts.passwords import ContextWordsValidator, StrengthValidator, words_of_login
from portal.acting import Visit
from records import house

_PENDING_KEY = "pending_authenticator"
_ISSUER = "Carnet"


class Invalid(granting.Invalid):
    """An account cannot be made from this; ``str()`` is one sentence for the person who asked."""


def create_account(*, actor: Actor, login: str, password: str, role: str, language: str = "fr") -> Account:
    """Makes an account without a second factor; its owner adds one at the first sign-in.

    The sign-in address of staff is kept sealed as their contact; a patient's is not kept here.

    Raises:
        Invalid: no address, an address already in use, a weak password, an unknown role or language.
        audit.log.OutsideTransaction: no transaction is open.
    """
    address = logins.normalise_login(login)
    account = Account(login_digest=logins.digest_of(address), role=role, language=language)
    _refuse_bad(account, address, password)
    account.set_password(password)
    if role != Account.Role.PATIENT:
        account.sealed_contact = house.seal_for_house("contact", account.pk, address.encode())
    account.save(force_insert=True)
    log.append(Event.ACCOUNT_CREATED, actor=actor, object_id=account.pk, facts={"role": role, "language": language})
    return account


def create_waiting(*, actor: Actor, login: str, role: str, language: str = "fr") -> Account:
    """An account that no password opens: its owner sets one, once both codes of the invitation were shown.

    Raises:
        Invalid: no address, or an address already in use.
        audit.log.OutsideTransaction: no transaction is open.
    """
    account = Account(login_digest=refuse_login(login), role=role, language=language)
    try:
        account.full_clean(exclude=["password", "login_digest"])
    except ValidationError as refused:
        raise Invalid(" ".join(refused.messages)) from None
    account.set_unusable_password()
    account.save(force_insert=True)
    log.append(Event.ACCOUNT_CREATED, actor=actor, object_id=account.pk, facts={"role": role, "language": language})
    return account


def refuse_login(login: str) -> bytes:
    """The digest of a sign-in address that nobody has yet.

    Raises:
        Invalid: no address, or an address already in use.
    """
    address = logins.normalise_login(login)
    try:
        validate_email(address)
    except ValidationError as refused:
        raise Invalid(" ".join(refused.messages)) from None
    digest = logins.digest_of(address)
    if Account.objects.filter(login_digest=digest).exists():
        raise Invalid(_("This address already opens an account."))
    return digest


def enrol_totp(account: Account, *, actor: Actor | None = None) -> str:
    """Gives the account a confirmed authenticator at once, and returns its key in base32.

    For people who are made by the house (demo, tests); everybody else proves their device first.
    """
    device = _new_authenticator(account, confirmed=True)
    log.append(
        Event.ACCOUNT_FACTOR_ADDED,
        actor=actor or Actor.system(SystemTask.SEED),
        object_id=account.pk,
        facts={"factor": device.strength.value},
    )
    return key_as_text(device).replace(" ", "")


def issue_recovery_codes(account: Account) -> tuple[str, ...]:
    """Draws a new sheet in the place of the former one; the codes exist in clear in the answer only."""
    sheet, _created = RecoveryDevice.objects.get_or_create(user=account, defaults={"name": "recovery"})
    codes = recovery.draw_sheet()
    sheet.replace_codes(codes)
    return tuple(recovery.as_written(code) for code in codes)


def has_authenticator(account: Account) -> bool:
    """Whether an authenticator application is in place."""
    return SealedTOTPDevice.objects.filter(user=account, confirmed=True).exists()


def has_passkey(account: Account) -> bool:
    """Whether a passkey is in place."""
    return Passkey.objects.filter(user=account, confirmed=True).exists()


def has_second_factor(account: Account) -> bool:
    """Whether the password alone is no longer enough to set one up."""
    return has_authenticator(account) or has_passkey(account)


def prepare_authenticator(request: Visit) -> None:
    """Draws a key that waits for its first code; only this session can see and confirm it."""
    # Another session may be setting up too: only what has been waiting for days is taken away.
    days_ago = timezone.localdate() - timedelta(days=2)
    SealedTOTPDevice.objects.filter(user=request.user, confirmed=False, added_on__lt=days_ago).delete()
    request.session[_PENDING_KEY] = _new_authenticator(request.user, confirmed=False).pk


def pending_authenticator(request: Visit, *, lock: bool = False) -> SealedTOTPDevice | None:
    """The authenticator that this session is setting up."""
    waiting = SealedTOTPDevice.objects.filter(
        pk=request.session.get(_PENDING_KEY), user_id=request.user.pk, confirmed=False
    )
    return (waiting.select_for_update() if lock else waiting).first()


def confirm_authenticator(request: Visit, device: SealedTOTPDevice) -> None:
    """The prepared authenticator replaces any former one."""
    SealedTOTPDevice.objects.filter(user_id=device.user_id).exclude(pk=device.pk).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    del request.session[_PENDING_KEY]


def key_as_text(device: SealedTOTPDevice) -> str:
    """The key in base32, in groups of four, to be typed into an authenticator."""
    text = b32encode(device.unseal()).decode("ascii")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def key_as_address(device: SealedTOTPDevice) -> str:
    """The ``otpauth:`` address of the picture; its label tells the role, never the person.

    Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    label = quote(f"{_ISSUER}:{device.user.get_role_display()}")
    parameters = {
        "secret": b32encode(device.unseal()).decode("ascii"),
        "issuer": _ISSUER,
        "algorithm": "SHA1",
        "digits": device.DIGITS,
        "period": device.STEP_SECONDS,
    }
    return f"otpauth://totp/{label}?{urlencode(parameters)}"


def _new_authenticator(account: Account, *, confirmed: bool) -> SealedTOTPDevice:
    device = SealedTOTPDevice(user=account, name="authenticator", confirmed=confirmed)
    device.seal(secrets.token_bytes(SealedTOTPDevice.KEY_BYTES))
    device.save(force_insert=True)
    return device


def _refuse_bad(account: Account, address: str, password: str) -> None:
    """Raises :class:`Invalid` with everything that stands against this account."""
    try:
        validate_email(address)
        validate_password(password, account)
        ContextWordsValidator(words_of_login(address)).validate(password)
        StrengthValidator(words=words_of_login(address)).validate(password)
        account.full_clean(exclude=["password", "login_digest"])
    except ValidationError as refused:
        raise Invalid(" ".join(refused.messages)) from None
    if Account.objects.filter(login_digest=account.login_digest).exists():
        raise Invalid(_("This address already opens an account."))
