"""``/health/live/``, ``/health/ready/`` and ``/metrics``: for machines, without a session."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from portal.accounts.gates import open_to_all
from portal.watching import broker
from portal.watching.exposition import CONTENT_TYPE, exposed
from portal.watching.measuring import measured
from records.unlocking import keyring
from records.vault.keyring import KeyringRefused


@open_to_all
@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked, so that a database that is away restarts no web."""
    return JsonResponse({"live": True})


@open_to_all
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Whether pages can be shown: 503 without the database or the keyring. Without Redis only letters wait."""
    parts = {"database": _database(), "keyring": _keyring(), "redis": broker.answers()}
    is_ready = parts["database"] and parts["keyring"]
    return JsonResponse({"ready": is_ready, **parts}, status=200 if is_ready else 503)


@open_to_all
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for who holds the token; production without a token has no such page."""
    if settings.METRICS_TOKEN or settings.IS_PRODUCTION:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
            raise Http404
    return HttpResponse(exposed(measured()), content_type=CONTENT_TYPE)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def _keyring() -> bool:
    try:
        return keyring().health().ok
    except (KeyringRefused, OSError):
        return False
