"""Every page is closed until both factors are proven; every page speaks its reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from audit.actor import Role, Strength
from portal.accounts import gates
from portal.accounts.entering import LEAKED_KEY
from portal.acting import Visit

Answer = Callable[[HttpRequest], HttpResponse]


class ClosedByDefaultMiddleware(LoginRequiredMiddleware):
    """Stands after ``ActorMiddleware``; it opens what ``gates`` marks, and nothing else."""

    def process_view(  # type: ignore[override]
        self, request: Visit, view_func: Callable[..., Any], _view_args: Any, _view_kwargs: Any
    ) -> HttpResponseBase | None:
        """The page to go to first, or ``None`` when the person may go on."""
        if gates.is_open(view_func):
            return None
        if not request.user.is_authenticated:
            return self._to_sign_in(request, view_func)
        if gates.needs_password_only(view_func):
            return None
        if not request.user.is_verified():
            return _sent_to(request, resolve_url("accounts:second_factor"))
        if request.actor.role is Role.ANONYMOUS:
            # A professional whom the directory does not know, or no longer: on no side of the portal.
            return render(request, "accounts/not_in_directory.html", status=403)
        if request.actor.role is Role.ADMINISTRATOR and request.actor.strength is not Strength.PASSKEY:
            # A stolen password and a code read out over the telephone open nothing of an administrator's.
            return _sent_to(request, resolve_url("accounts:passkey_first")) if gates.needs_passkey(view_func) else None
        if request.session.get(LEAKED_KEY) and gates.needs_passkey(view_func):
            return _sent_to(request, resolve_url("accounts:password"))
        return None

    def _to_sign_in(self, request: Visit, view_func: Callable[..., Any]) -> HttpResponseBase:
        """The sign-in page, with the way back only where going back by a link makes sense."""
        if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
            return self.handle_no_permission(request, view_func)
        return _sent_to(request, resolve_url("accounts:sign_in"))


class LanguageMiddleware:
    """The language belongs to the person: once the password is given, theirs takes over.

    Before, ``LocaleMiddleware`` has chosen by cookie and by the browser's wishes.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: Visit) -> HttpResponse:
        """The answer, in the language of its reader."""
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def _sent_to(request: Visit, address: str) -> HttpResponse:
    """A redirection that a fragment request follows with the whole window, not into a corner of it."""
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    return redirect(address)
