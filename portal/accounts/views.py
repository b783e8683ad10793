"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import enrolment, entering
from portal.accounts.entering import Answer
from portal.accounts.forms import CodeForm, LanguageForm, RecoveryForm, SignInForm
from portal.accounts.gates import open_to_all, password_is_enough
from portal.acting import Visit

# Where the session keeps the page that was asked for before signing in.
NEXT_KEY = "next"
_A_YEAR = 365 * 24 * 60 * 60
_NOT_LET_IN = _("The address or the password is not right.")
_BUSY = _("Many people are signing in. Your password was not looked at yet: try again in a few seconds.")
NOT_RIGHT = _("This code is not right, or it has been used already.")


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: Visit) -> HttpResponse:
    """Address and password."""
    if request.user.is_verified():
        return redirect("home")
    form = SignInForm(request.POST or None)
    wanted = safe_path(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        answer = entering.sign_in(request, login_typed=given["login"], password=given["password"])
        if answer.accepted:
            request.session[NEXT_KEY] = wanted
            return redirect("accounts:second_factor")
        return refused(request, "accounts/sign_in.html", form, answer, str(_NOT_LET_IN), next=wanted)
    return shown(request, "accounts/sign_in.html", form, next=wanted)


@password_is_enough
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: Visit) -> HttpResponse:
    """The code of the authenticator."""
    return _prove(request, CodeForm(request.POST or None), entering.prove_code, "accounts/second_factor.html")


@password_is_enough
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: Visit) -> HttpResponse:
    """A recovery code instead."""
    return _prove(request, RecoveryForm(request.POST or None), entering.prove_recovery, "accounts/recovery.html")


@password_is_enough
@require_POST
def sign_out(request: Visit) -> HttpResponse:
    """Ends the session."""
    entering.sign_out(request)
    answer = redirect("accounts:sign_in")
    # Nothing of what was read stays in this browser; its cookies stay, by which the device is known again.
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@open_to_all
@require_POST
def language(request: Visit) -> HttpResponse:
    """Keeps the language with the person, and in a cookie for the pages before they sign in."""
    form = LanguageForm(request.POST)
    answer = redirect(safe_path(request, request.POST.get("next", "")) or "home")
    if not form.is_valid():
        return answer
    chosen = form.cleaned_data["language"]
    if request.user.is_authenticated:
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=_A_YEAR,
        path="/",
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def safe_path(request: Visit, wanted: str) -> str:
    """``wanted`` when it leads to a page of this site; otherwise nothing (ASVS 5.0, 3.7.2)."""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # A bare word passes as an address relative to this page, and redirect() would take it for the name of a view.
    return wanted if ours and wanted.startswith("/") else ""


def shown(request: Visit, template: str, form: forms.Form, status: int = 200, **context: object) -> HttpResponse:
    """A page with its form."""
    return render(request, template, {"form": form, **context}, status=status)


def refused(
    request: Visit, template: str, form: forms.Form, answer: Answer, sentence: str, **context: object
) -> HttpResponse:
    """The same page with what was wrong, or with how long to wait (429)."""
    field = None if isinstance(form, SignInForm) else next(iter(form.fields))
    if not answer.wait_seconds:
        form.add_error(field, sentence)
        return shown(request, template, form, 422, **context)
    form.add_error(
        field,
        _BUSY
        if answer.busy
        else ngettext(
            "Too many attempts. Please wait %(seconds)d second, then try again.",
            "Too many attempts. Please wait %(seconds)d seconds, then try again.",
            answer.wait_seconds,
        )
        % {"seconds": answer.wait_seconds},
    )
    page = shown(request, template, form, 429, **context)
    page["Retry-After"] = str(answer.wait_seconds)
    return page


def _prove(request: Visit, form: forms.Form, door: Callable[[Visit, str], Answer], template: str) -> HttpResponse:
    """One page of the second factor: set-up when there is none, else its form."""
    if request.user.is_verified():
        return redirect("home")
    if not enrolment.has_second_factor(request.user):
        return redirect("accounts:totp_setup")
    if request.method == "POST" and form.is_valid():
        answer = door(request, form.cleaned_data["code"])
        if answer.accepted:
            return redirect(request.session.pop(NEXT_KEY, "") or "home")
        return refused(request, template, form, answer, str(NOT_RIGHT), has_passkey=enrolment.has_passkey(request.user))
    return shown(request, template, form, has_passkey=enrolment.has_passkey(request.user))
