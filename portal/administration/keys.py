"""How the keys stand: what turns, how old the oldest is, and which master key wraps how many. No key and no name."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from records.key_report import report_keys
from records.ordering import order_new_keys, ordered_at


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.ADMINISTRATOR)
@fresh_proof(staff_passkey=True, only_if=lambda request: request.method == "POST")
def keys(request: Visit) -> HttpResponse:
    """The report; and the order, after an incident, that every key turns."""
    if request.method != "POST":
        context = {"report": report_keys(), "ordered_at": ordered_at()}
        return render(request, "administration/keys.html", context)
    count = order_new_keys(actor=request.actor)
    told = ngettext(
        "%(num)s health record gets a new key; it begins within a minute.",
        "%(num)s health records get a new key each; it begins within a minute.",
        count,
    )
    messages.success(request, told % {"num": count})
    return redirect("administration:keys")
