"""The devices on which a person signed in before, so that a new one can be told of.

The browser keeps a random token in a cookie of its own; the table keeps a keyed digest of token and
account. A stolen table therefore tells neither the token nor that two people share a device, and the
token alone opens nothing: it only spares a letter. Signing out leaves it where it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from secrets import token_urlsafe
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from records import house

KNOWN, NEW = "known", "new"
# Browsers keep no cookie longer (RFC 6265bis, 5.5); a device unseen for as long is new again.
REMEMBERED_DAYS = 400

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_TO_KEEP = "_device_token"
_NOBODY = UUID(int=0)


class KnownDevice(models.Model):
    """One browser in which one account has proven both factors."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    first_on = models.DateField(default=timezone.localdate)
    last_on = models.DateField(default=timezone.localdate, db_index=True)

    class Meta:
        app_label = "accounts"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "digest"], name="accounts_one_row_per_device"),
        ]

    def __str__(self) -> str:
        return "known device"


class DeviceMiddleware:
    """Hands the token of :func:`recognise` to the browser, with the answer to the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, perhaps with the cookie."""
        response = self.get_response(request)
        token = getattr(request, _TO_KEEP, "")
        if token:
            response.set_cookie(
                settings.DEVICE_COOKIE_NAME,
                token,
                max_age=timedelta(days=REMEMBERED_DAYS),
                path="/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def known_to(request: HttpRequest, login_digest: bytes) -> str:
    """What tells this device from others if the account of this address came in on it before; else nothing.

    Nobody is signed in yet: it says who may skip the line of strangers, and proves nothing. An address without account
    costs the same two queries.
    """
    given = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    if not _TOKEN.fullmatch(given):
        return ""
    found = get_user_model().objects.filter(login_digest=login_digest).values_list("pk", flat=True).first()
    digest = house.lookup_digest("device", f"{found or _NOBODY}:{given}")
    seen = KnownDevice.objects.filter(account_id=found or _NOBODY, digest=digest, last_on__gte=_since())
    return digest.hex() if seen.exists() else ""


def recognise(request: HttpRequest) -> str:
    """Whether the account of this request signed in on this device before: ``known`` or ``new``.

    Call it in the transaction of the sign-in, once the factors are proven: from then on the device is known.
    """
    given = getattr(request, _TO_KEEP, "") or request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    # One token for all who share a browser, so that none of them becomes new to the others.
    token = given if _TOKEN.fullmatch(given) else token_urlsafe(_TOKEN_BYTES)
    setattr(request, _TO_KEEP, token)
    account = UUID(str(request.user.pk))
    digest = house.lookup_digest("device", f"{account}:{token}")
    seen = KnownDevice.objects.filter(account_id=account, digest=digest)
    if seen.filter(last_on__gte=_since()).update(last_on=timezone.localdate()):
        return KNOWN
    seen.delete()
    # Two sign-ins at once: one row, and nothing of the second is lost.
    KnownDevice.objects.bulk_create([KnownDevice(account_id=account, digest=digest)], ignore_conflicts=True)
    return NEW


def forget_unseen() -> int:
    """Remove the rows of devices that were not seen for :data:`REMEMBERED_DAYS`; how many."""
    removed, _ = KnownDevice.objects.filter(last_on__lt=_since()).delete()
    return removed


def _since() -> date:
    return timezone.localdate() - timedelta(days=REMEMBERED_DAYS)
