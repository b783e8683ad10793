"""Letters given up and tasks put aside: what an administrator has to mend, without name, address or content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from audit.actor import Role
from audit.pseudonyms import shown
from portal.acting import Visit
from portal.audiences import only_for
from portal.notifications.kinds import Channel
from portal.notifications.models import Aside, Delivery, DeliveryState
from portal.notifications.reasons import reason_words

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Failure:
    """One letter that did not leave by one way. What it told stays between the house and its reader."""

    at: datetime
    channel: str
    reason: str
    reader: str
    tries: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, how often, and when last."""

    channel: str
    reason: str
    count: int
    last: datetime


@only_for(Role.ADMINISTRATOR)
@require_safe
def undelivered(request: Visit) -> HttpResponse:
    """Permanent failures, newest first, and what they have in common."""
    failed = Delivery.objects.filter(state=DeliveryState.FAILED, ended_at__isnull=False)
    newest = failed.order_by("-ended_at")
    before = request.GET.get("before", "")
    if before:
        newest = newest.filter(ended_at__lt=_moment(before))
    rows = list(newest[: SHOWN + 1])
    context = {
        "failures": [_failure(row) for row in rows[:SHOWN]],
        "older": rows[SHOWN - 1].ended_at if len(rows) > SHOWN else None,
        "causes": [
            Cause(_way(row["channel"]), reason_words(row["reason"]), row["count"], row["last"])
            for row in failed.values("channel", "reason").annotate(count=Count("pk"), last=Max("ended_at"))
        ],
        "asides": Aside.objects.filter(is_aside=True).order_by("-last_at")[:SHOWN],
    }
    return render(request, "administration/undelivered.html", context)


def _failure(row: Delivery) -> Failure:
    at = row.ended_at or row.created_at
    return Failure(at, _way(row.channel), reason_words(row.reason), shown("A", row.account_id), row.attempts)


def _way(channel: str) -> str:
    return {Channel.MAIL.value: "mail", Channel.SMS.value: "SMS"}.get(channel, channel)


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Http404
    return moment
