"""Pages of what stays open and how it is kept: the sessions of a person, and their password."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import factors, leaving, sessions
from portal.accounts.forms import NewPasswordForm
from portal.accounts.gates import without_passkey
from portal.accounts.stepup import fresh_proof
from portal.accounts.views import refused, shown
from portal.acting import Visit


@require_safe
def opened(request: Visit) -> HttpResponse:
    """Where this account is signed in, this session first."""
    found = sessions.opened_by(request.user.pk, request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": found})


@require_POST
def end_one(request: Visit) -> HttpResponse:
    """Ends one session elsewhere."""
    if not leaving.end_session(request, request.POST.get("session", "")):
        raise Http404
    messages.success(request, _("This session has ended."))
    return redirect("accounts:sessions")


@require_POST
def end_others(request: Visit) -> HttpResponse:
    """Ends every session but this one."""
    ended = leaving.end_other_sessions(request)
    messages.success(request, ngettext("%(num)s session ended.", "%(num)s sessions ended.", ended) % {"num": ended})
    return redirect("accounts:sessions")


@without_passkey
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(or_new=True, carry=False)
def password(request: Visit) -> HttpResponse:
    """Takes another password, against the present one."""
    sent = request.POST if "current" in request.POST else None
    form = NewPasswordForm(sent, account=request.user)
    context = {"is_known": bool(request.session.get(factors.LEAKED_KEY))}
    if sent is not None and form.is_valid():
        given = form.cleaned_data
        answer = factors.change_password(request, current=given["current"], new=given["new"])
        if answer.accepted:
            messages.success(request, _("Your password is changed. Every other session of yours has ended."))
            return redirect("accounts:security")
        return refused(
            request, "accounts/password.html", form, answer, _("This is not your present password."), **context
        )
    return shown(request, "accounts/password.html", form, 422 if form.errors else 200, **context)
