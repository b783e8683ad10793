"""Sessions on the server: whose they are, since when, on what; ended by idleness, by age, or at once.

The table holds a keyed digest of each session key: a stolen database opens no session. When a session
ends by itself stands in its ``expire_date``: so many minutes after it was last used, never later than
twelve hours after the sign-in, both by audience.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from audit.prepared import models_of
from portal.accounts.agents import browser_of, system_of

# Where a session keeps its limits: idle seconds, and the moment (Unix time) after which it is over.
IDLE_KEY, UNTIL_KEY = "idle", "until"
_BROWSER_KEY, _SYSTEM_KEY = "browser", "system"
# How exactly the last use is known: one write a minute and session, not one per request.
_NOTED_EVERY = 60
_DIGEST_HEX = 40


class Session(AbstractBaseSession):
    """One session; ``browser`` and ``system`` are words of a closed list, never what the browser sent."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    browser = models.CharField(max_length=16, blank=True)
    system = models.CharField(max_length=16, blank=True)

    class Meta(AbstractBaseSession.Meta):
        app_label = "accounts"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """The store that reads these rows."""
        return SessionStore


class SessionStore(DatabaseStore):
    """Django's store in the database, over digests of the keys, with limits by audience."""

    expires_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our own table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session as it stands."""
        began = data.get(UNTIL_KEY)
        age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return Session(
            session_key=stored_key(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            account_id=data.get("_auth_user_id"),
            began_at=datetime.fromtimestamp(began, timezone.get_current_timezone()) - age if began else timezone.now(),
            browser=data.get(_BROWSER_KEY, ""),
            system=data.get(_SYSTEM_KEY, ""),
        )

    def get_expiry_age(self, **given: Any) -> int:
        """Seconds from now until this session ends by itself."""
        if IDLE_KEY not in self:
            return int(super().get_expiry_age(**given))
        return max(0, min(self[IDLE_KEY], self[UNTIL_KEY] - int(time.time())))

    def get_expiry_date(self, **given: Any) -> datetime:
        """When it ends by itself."""
        if IDLE_KEY not in self:
            return super().get_expiry_date(**given)
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """Ends this session, or that one."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=stored_key(key)).delete()

    def _get_session_from_db(self) -> Session | None:
        found = models_of(
            Session, "session_key = %s AND expire_date > %s", (stored_key(self.session_key), timezone.now())
        )
        if not found:
            self._session_key = None
            return None
        row = found[0]
        self.expires_at = row.expire_date
        return row


class SessionLimitsMiddleware:
    """Notes that a session is used, so that it does not end while somebody works; right after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, with the end of the session moved on when that is due."""
        session = request.session
        if request.user.is_authenticated and IDLE_KEY in session and isinstance(session, SessionStore):
            end = session.get_expiry_date()
            if session.expires_at is not None and (end - session.expires_at).total_seconds() > _NOTED_EVERY:
                key = stored_key(session.session_key)
                Session.objects.filter(session_key=key).update(expire_date=end, seen_at=timezone.now())
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as its owner is shown it; ``handle`` names it in a form and opens nothing."""

    handle: str
    is_this: bool
    browser: str
    system: str
    began_at: datetime
    seen_at: datetime


def set_limits(request: HttpRequest, role: str) -> None:
    """From the sign-in on: idle and absolute limits of the audience, and on what one signed in."""
    session = request.session
    session.set_expiry(None)
    minutes = settings.IDLE_MINUTES_PATIENT if role == "patient" else settings.IDLE_MINUTES_STAFF
    session[IDLE_KEY] = minutes * 60
    session[UNTIL_KEY] = int(time.time()) + settings.SESSION_COOKIE_AGE
    agent = request.headers.get("User-Agent", "")
    session[_BROWSER_KEY], session[_SYSTEM_KEY] = browser_of(agent), system_of(agent)


def opened_by(account_id: UUID, current: str | None) -> list[Opened]:
    """The live sessions of one account, this one first, then the last used."""
    mine = stored_key(current) if current else ""
    rows = Session.objects.filter(account_id=account_id, expire_date__gt=timezone.now()).order_by("-seen_at")
    shown = [
        Opened(_handle(row), row.session_key == mine, row.browser, row.system, row.began_at, row.seen_at)
        for row in rows
    ]
    return sorted(shown, key=lambda each: not each.is_this)


def end_one(account_id: UUID, handle: str) -> int:
    """Ends the session of that handle, if it belongs to the account; how many ended."""
    keys = [row.session_key for row in Session.objects.filter(account_id=account_id) if _handle(row) == handle]
    return Session.objects.filter(session_key__in=keys).delete()[0]


def end_others(account_id: UUID, current: str | None) -> int:
    """Ends every session of the account but the current one (``None``: all); how many ended."""
    rows = Session.objects.filter(account_id=account_id)
    return (rows.exclude(session_key=stored_key(current)) if current else rows).delete()[0]


def stored_key(session_key: str | None) -> str:
    """The digest under which a session lies in the table."""
    return salted_hmac("accounts.session", session_key or "", algorithm="sha256").hexdigest()[:_DIGEST_HEX]


def _handle(row: Session) -> str:
    return salted_hmac("accounts.session.handle", row.session_key, algorithm="sha256").hexdigest()[:24]
