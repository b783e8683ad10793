"""Pages of administrators: the log and its integrity."""

from __future__ import annotations

import json
from datetime import date, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from audit.actor import Role
from audit.log import BadCursor
from audit.reviewing import latest_checkpoint
from consent.granting import Invalid
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.administration.charting import hours_chart
from portal.administration.forms import LogForm
from portal.administration.looking import ask_for_verification, read_integrity, read_log, verdict_of, verify
from portal.administration.rows import row_of
from portal.administration.taking import as_table, take_log
from portal.administration.tasks import verify_the_log
from portal.audiences import only_for
from portal.oversight.auditevents import bundle_of

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
        view = read_log(actor=request.actor, wanted=form.wanted(), day=day, before=request.GET.get("before"))
    except BadCursor as bad:
        raise Http404 from bad
    context = {
        "form": form,
        "asked": _asked(request),
        "looked_back_to": view.page.looked_back_to if form.is_valid() else None,
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
@require_POST
@fresh_proof(staff_passkey=True, back=lambda request: _log_asked(request.POST))
def take(request: Visit, kind: str) -> HttpResponse:
    """The lines that the filters let through, as a file: a table, or FHIR AuditEvents."""
    form = LogForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("The filters could not be understood. Go back, correct them and search first."))
    lines = take_log(actor=request.actor, wanted=form.wanted(), kind=kind)
    name = f"carnet-log-{timezone.localdate():%Y-%m-%d}.{'csv' if kind == 'csv' else 'json'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if kind == "csv":
        return HttpResponse(as_table(lines), content_type="text/csv; charset=utf-8", headers=headers)
    bundle = bundle_of([line.entry for line in lines if line.entry], site=settings.SITE_URL)
    text = json.dumps(bundle, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/fhir+json", headers=headers)


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
        ask_for_verification(actor=request.actor)
        verify_the_log.delay(str(request.actor.request))
        messages.info(request, _("The log is long: it is being read from its first entry. Reload in a few minutes."))
    except OperationalError:
        messages.error(request, _("The background worker cannot be reached: nothing was verified."))
    return redirect("administration:integrity")


def _address(request: Visit, *, before: str) -> str:
    """The same question, from that line on."""
    return urlencode({**_asked(request), "before": before})


def _asked(request: Visit) -> dict[str, str]:
    """What was typed into the filters."""
    return _filters(request.GET)


def _log_asked(sent: QueryDict) -> str:
    """The page of the log, with the filters that were sent along."""
    return f"{reverse('administration:log')}?{urlencode(_filters(sent))}"


def _filters(given: QueryDict) -> dict[str, str]:
    return {name: str(value) for name, value in given.items() if value and name in LogForm.base_fields}


def _days_around(day: date) -> dict[str, str | None]:
    """The questions for the day before and the day after, which must have come."""
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    come = after <= timezone.localdate()
    return {
        "previous_day": urlencode({"since": before, "until": before}),
        "next_day": urlencode({"since": after, "until": after}) if come else None,
    }
