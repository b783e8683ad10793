"""A fresh proof: the person in front of the screen is still the one who signed in.

A code of the authenticator, typed again, is worth a few minutes in this session.
"""

from __future__ import annotations

import time

from portal import acting
from portal.accounts import entering
from portal.accounts.entering import Answer
from portal.acting import FRESH_KEY, Visit


def prove_again(request: Visit, code: str) -> Answer:
    """Try a code once more; accepted, the session is fresh for a few minutes, under a new key."""
    with entering.all_or_nothing(request):
        answer, device = entering.check_code(request, code)
        if device is not None:
            entering.renew_session(request, device)
            request.session[FRESH_KEY] = int(time.time())
    acting.again(request)
    return answer


def grow_stale(request: Visit) -> None:
    """The proof is worth nothing any more: what it showed is hidden again."""
    request.session.pop(FRESH_KEY, None)
