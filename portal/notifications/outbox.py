"""``/outbox/``: what the demo would have sent by mail and SMS. Production has no such page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.gates import open_to_all
from portal.notifications.channels.sink import outgoing


@open_to_all
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The newest messages, as they would have looked."""
    return render(request, "notifications/outbox.html", {"messages_out": outgoing()})
