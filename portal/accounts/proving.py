"""A fresh proof: the person in front of the screen is still the one who signed in.

A passkey used again, or a code typed again, is worth a few minutes in this session. ``stepup`` asks
for it before an act; this module takes it.
"""

from __future__ import annotations

import time

from audit import log
from audit.actor import Strength
from audit.events import Event
from portal import acting
from portal.accounts import ceremonies, entering, recovery
from portal.accounts.entering import Answer, Proven
from portal.acting import FRESH_BY_KEY, FRESH_KEY, FRESH_SECONDS, RISEN_KEY, Visit


def prove_again(request: Visit, code: str, *, or_recovery: bool = False) -> Answer:
    """Try a code once more; accepted, the session is fresh for a few minutes, under a new key.

    With ``or_recovery``, what has the form of a recovery code is tried, and used up, as one.
    """
    check = entering.check_recovery if or_recovery and recovery.as_read(code) else entering.check_code
    with entering.all_or_nothing(request):
        answer, device = check(request, code)
        if device is not None:
            _refresh(request, device)
    acting.again(request)
    return answer


def prove_by_passkey(request: Visit, typed: str) -> Answer:
    """Judge what the authenticator answered once more; a session that stood on less rises."""
    challenge = ceremonies.take_challenge(request, ceremonies.GET)
    with entering.all_or_nothing(request):
        passkey = ceremonies.judge_sign_in(request, challenge, typed)
        if passkey is None:
            entering.refuse_passkey(request)
        else:
            _refresh(request, passkey)
    acting.again(request)
    return Answer(accepted=passkey is not None)


def is_fresh(request: Visit, *, by_passkey: bool = False, or_new: bool = False) -> bool:
    """Whether a proof of the last minutes counts for an act; some acts take a passkey and nothing less.

    With ``or_new``, so does having signed in with both factors moments ago, before there is any passkey.
    """
    if or_new and time.time() - request.session.get(RISEN_KEY, 0) < FRESH_SECONDS:
        return True
    if not request.actor.fresh:
        return False
    return not by_passkey or request.session.get(FRESH_BY_KEY) == Strength.PASSKEY.value


def grow_stale(request: Visit) -> None:
    """The proof is worth nothing any more: what it showed is hidden again."""
    request.session.pop(FRESH_KEY, None)
    request.session.pop(FRESH_BY_KEY, None)


def _refresh(request: Visit, device: Proven) -> None:
    entering.renew_session(request, device)
    request.session[FRESH_KEY] = int(time.time())
    request.session[FRESH_BY_KEY] = device.strength.value
    log.append(Event.ACCOUNT_PROVEN_AGAIN, actor=acting.acting(request, device.strength))
