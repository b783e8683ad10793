"""Two steps of WebAuthn: offering a challenge, and judging what an authenticator answered.

A challenge lies in the session of one browser, is good once whatever comes of it, and for a few minutes.
Functions that judge work in the caller's open transaction.
"""

from __future__ import annotations

import json
import time
from typing import Any

from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.models import WebAuthnUserHandle
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException

from portal.accounts.models import Account, Passkey
from portal.accounts.relying import RelyingParty
from portal.acting import Visit

GET, CREATE = "get", "create"
SECONDS = 300
_KEY = "ceremony"
# An answer of an authenticator has about 1 kB; nothing longer is looked at.
LONGEST_ANSWER = 16_384
# What a forged answer can make the parsers raise, beside their own exceptions: it is refused like any other.
_FORGED = (OTPWebAuthnApiError, WebAuthnException, ValueError, TypeError, KeyError, IndexError, RecursionError)


def offer_sign_in(request: Visit) -> dict[str, Any]:
    """Options for ``navigator.credentials.get``; the passkeys of the account are named once it is known."""
    user = request.user if request.user.is_authenticated else None
    options, state = RelyingParty(request).authenticate_begin(user=user, require_user_verification=True)
    _keep(request, GET, state)
    return dict(options)


def offer_enrolment(request: Visit, name: str) -> dict[str, Any]:
    """Options for ``navigator.credentials.create``, with the name typed for the device."""
    party = RelyingParty(request)
    party.label = f"{request.user.get_role_display()} · {name}" if name else ""
    options, state = party.register_begin(user=request.user)
    _keep(request, CREATE, state)
    return dict(options)


def take_challenge(request: Visit, purpose: str) -> dict[str, Any] | None:
    """What this browser was asked, taken out of its session for good, before the answer is looked at."""
    kept = request.session.pop(_KEY, None)
    if kept is None:
        return None
    # Written at once: were the answer to end in a failure, the challenge must not come back.
    request.session.save()
    is_for_this = kept["purpose"] == purpose and time.time() - kept["at"] < SECONDS
    return dict(kept["state"]) if is_for_this else None


def judge_sign_in(request: Visit, challenge: dict[str, Any] | None, typed: str) -> Passkey | None:
    """The passkey that signed this challenge, of the account of the session if it has one; else ``None``.

    The row is locked: an authenticator that counts cannot sign for two requests at once.
    """
    if challenge is None or len(typed) > LONGEST_ANSWER:
        return None
    try:
        answer = json.loads(typed)
        credential_id = parse_authentication_credential_json(answer).raw_id
        digest = Passkey.get_credential_id_sha256(credential_id)
        known = Passkey.objects.select_for_update().filter(credential_id_sha256=digest, confirmed=True).first()
        if known is None or not _belongs(request, known, answer):
            return None
        user = request.user if request.user.is_authenticated else known.user
        passkey: Passkey = RelyingParty(request).authenticate_complete(user=user, state=challenge, data=answer)
    except _FORGED:
        return None
    return passkey


def judge_enrolment(request: Visit, challenge: dict[str, Any] | None, typed: str, name: str) -> Passkey | None:
    """The passkey that was made for this challenge, kept; else ``None``."""
    if challenge is None or len(typed) > LONGEST_ANSWER:
        return None
    party = RelyingParty(request)
    party.label = name
    try:
        made: Passkey = party.register_complete(user=request.user, state=challenge, data=json.loads(typed))
    except _FORGED:
        return None
    return made


def _belongs(request: Visit, known: Passkey, answer: dict[str, Any]) -> bool:
    """Whether passkey, session and user handle speak of one active account (WebAuthn, 7.2, step 6)."""
    account: Account = known.user
    if not account.is_active or (request.user.is_authenticated and request.user.pk != account.pk):
        return False
    handle = answer["response"].get("userHandle")
    if not handle:
        # Only an authenticator that was told the credentials of a known account may leave it out.
        return request.user.is_authenticated
    parsed = parse_authentication_credential_json(answer).response.user_handle
    return bool(parsed == WebAuthnUserHandle.get_handle_for_user(account))


def _keep(request: Visit, purpose: str, state: dict[str, Any]) -> None:
    if not request.user.is_authenticated and request.session.is_empty():
        # A visitor who goes away leaves a row for minutes, not for half a day.
        request.session.set_expiry(SECONDS)
    request.session[_KEY] = {"purpose": purpose, "state": state, "at": int(time.time())}
