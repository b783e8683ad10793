"""Ending sessions elsewhere: each act and its entry in the log stand or fall together."""

from __future__ import annotations

from django.db import transaction

from audit import log
from audit.events import Event
from portal.accounts import sessions
from portal.acting import Visit


def end_session(request: Visit, handle: str) -> bool:
    """Ends one of the person's sessions, on the server, at once; whether there was such a one."""
    with transaction.atomic(durable=True):
        ended = sessions.end_one(request.user.pk, handle)
        if ended:
            _remember(request, ended)
    return bool(ended)


def end_other_sessions(request: Visit) -> int:
    """Ends every session but this one; how many ended."""
    with transaction.atomic(durable=True):
        ended = sessions.end_others(request.user.pk, request.session.session_key)
        if ended:
            _remember(request, ended)
    return ended


def _remember(request: Visit, ended: int) -> None:
    log.append(Event.ACCOUNT_SESSIONS_ENDED, actor=request.actor, object_id=request.user.pk, facts={"count": ended})
