"""Pages of administrators: the log and its integrity."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from audit.actor import Role
from audit.log import BadCursor
from audit.reviewing import latest_checkpoint
from audit.searching import LogFilter
from portal.acting import Visit
from portal.administration.charting import hours_chart
from portal.administration.forms import LogForm
from portal.administration.looking import read_integrity, read_log, verdict_of, verify
from portal.administration.rows import row_of
from portal.administration.tasks import verify_the_log
from portal.audiences import only_for

# Up to here a verification takes a few seconds, and the answer waits for it; beyond, the worker does it.
AT_ONCE = 50_000


@only_for(Role.ADMINISTRATOR)
@require_safe
def log(request: Visit) -> HttpResponse:
    """The log, filtered; what cannot be understood is said beside its field and searches nothing."""
    form = LogForm(request.GET)
    typed = form.cleaned_data if form.is_valid() else {}
    day = typed.get("until") or typed.get("since") or timezone.localdate()
    try:
        view = read_log(actor=request.actor, wanted=_wanted(typed), day=day, before=request.GET.get("before"))
    except BadCursor as bad:
        raise Http404 from bad
    context = {
        "form": form,
        "day": day,
        "rows": [row_of(line) for line in view.page.lines] if form.is_valid() else [],
        "older": _address(request, before=view.page.next) if view.page.next and form.is_valid() else None,
        "hours": view.hours,
        "checkpoint": view.checkpoint,
        **hours_chart(view.hours, day),
        **_days_around(day),
    }
    return render(request, "administration/log.html", context)


@only_for(Role.ADMINISTRATOR)
@require_safe
def integrity(request: Visit) -> HttpResponse:
    """What was signed, what was verified before; nothing here is green until it is verified again."""
    view = read_integrity(actor=request.actor)
    return render(request, "administration/integrity.html", {"view": view, "report": None, "verdict": ""})


@only_for(Role.ADMINISTRATOR)
@require_POST
def verify_now(request: Visit) -> HttpResponse:
    """Read the whole log again, now; a long one is read by the worker, and the result is a line of the log."""
    checkpoint = latest_checkpoint()
    if checkpoint is None or checkpoint.size <= AT_ONCE:
        report = verify(actor=request.actor)
        context = {"view": read_integrity(actor=request.actor), "report": report, "verdict": verdict_of(report)}
        return render(request, "administration/integrity.html", context)
    try:
        verify_the_log.delay(str(request.actor.id), str(request.actor.request))
        messages.info(request, _("The log is long: it is being read from its first entry. Reload in a few minutes."))
    except OperationalError:
        messages.error(request, _("The background worker cannot be reached: nothing was verified."))
    return redirect("administration:integrity")


def _wanted(typed: dict[str, Any]) -> LogFilter:
    """The filter of the log from the fields of the form; a day runs from midnight to midnight here."""
    since, until = typed.get("since"), typed.get("until")
    return LogFilter(
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
        actor=typed.get("actor", ""),
        dossier=typed.get("dossier", ""),
        event=typed.get("event", ""),
        outcome=typed.get("outcome", ""),
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _address(request: Visit, *, before: str) -> str:
    """The same question, from that line on."""
    kept = {name: value for name, value in request.GET.items() if value and name in LogForm.base_fields}
    return urlencode({**kept, "before": before})


def _days_around(day: date) -> dict[str, str | None]:
    """The questions for the day before and the day after, which must have come."""
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    come = after <= timezone.localdate()
    return {
        "previous_day": urlencode({"since": before, "until": before}),
        "next_day": urlencode({"since": after, "until": after}) if come else None,
    }
