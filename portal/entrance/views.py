"""Pages that are open to everybody: what Carnet never asks, the law's pages, calling back, reporting."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import refusals
from portal.accounts import throttling
from portal.accounts.gates import open_to_all
from portal.acting import Visit
from portal.entrance import calling, reporting
from portal.entrance.forms import WAYS, CallBackForm, ReportForm

_MOST, _DURING = 5, timedelta(hours=1)


@open_to_all
@require_safe
def never(request: Visit) -> HttpResponse:
    """What Carnet will never ask, and how to know a letter of ours."""
    return render(request, "entrance/never.html", {"site": settings.SITE_URL})


@open_to_all
@require_safe
def legal(request: Visit, page: str) -> HttpResponse:
    """The pages that such a service owes: privacy, accessibility, hosting."""
    return render(request, f"entrance/{page}.html", {"operator": settings.OPERATOR, "site": settings.SITE_URL})


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def call_back(request: Visit) -> HttpResponse:
    """Takes a number and the hours that suit."""
    form = CallBackForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wait = throttling.take_place("callback", throttling.address_of(request), most=_MOST, during=_DURING)
        if wait:
            return refusals.too_many(request, wait)
        calling.ask(actor=request.actor, wish=form.wish, language=(get_language() or "fr")[:2])
        messages.success(request, _("Thank you. We will call you on one of these days."))
        return redirect("entrance:call_back")
    return render(request, "entrance/call_back.html", {"form": form}, status=422 if form.errors else 200)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Visit) -> HttpResponse:
    """Takes a suspicious message."""
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wait = throttling.take_place("report", throttling.address_of(request), most=_MOST, during=_DURING)
        if wait:
            return refusals.too_many(request, wait)
        reporting.report(actor=request.actor, **form.cleaned_data)
        messages.success(request, _("Thank you. If you followed its link or told it something, change your password."))
        return redirect("entrance:never")
    context = {"form": form, "ways": dict(WAYS), "own": reporting.own_reports(actor=request.actor)}
    return render(request, "entrance/report.html", context, status=422 if form.errors else 200)
