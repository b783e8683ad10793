"""The one place where a door's refusal becomes a page.

Doors raise; views do not catch. Every page here says what happened, what did not happen, and the
next step; none says whether what was asked for exists.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actor import Role
from audit.log import BadCursor
from consent.categories import Category
from consent.decisions import Decision, Refused
from consent.granting import Invalid
from portal.audiences import OnlyForOneself, OtherTab
from portal.ui.navigation import audience
from records.dossiers import Closed, NoDossier
from records.reading import Unknown
from records.receiving import NotTaken, QuotaFull
from records.stores import StoreAway
from records.vault.cipher import Flaw, Unreadable
from records.vault.keyring import KeyringRefused

_log = logging.getLogger("carnet.portal")


def _page(
    request: HttpRequest, status: HTTPStatus, heading: str, text: str, icon: str = "information-circle"
) -> HttpResponse:
    """A calm page of one sentence and one way on."""
    context = {"heading": heading, "text": text, "icon_name": icon, "status": int(status)}
    return render(request, "errors/sentence.html", context, status=status)


def page_for(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The page for what a door raised; ``None`` for anything that is not a refusal."""
    if isinstance(exception, Refused):
        return refused(request, exception.decision)
    if isinstance(exception, Unknown):
        return not_found(request)
    if isinstance(exception, Invalid):
        return _page(request, HTTPStatus.BAD_REQUEST, _("Nothing was changed"), str(exception))
    if isinstance(exception, OnlyForOneself):
        return only_for_oneself(request)
    if isinstance(exception, OtherTab):
        return other_tab(request)
    if isinstance(exception, BadCursor):
        return bad_request(request)
    if isinstance(exception, Closed):
        return redirect("keeping:closed")
    if isinstance(exception, NoDossier):
        return no_dossier(request)
    if isinstance(exception, Unreadable):
        # A keyring that hands out other keys than it was given is out of order as a whole, not one document.
        return unavailable(request) if exception.flaw is Flaw.WRONG_KEY else unreadable(request)
    if isinstance(exception, NotTaken):
        return not_taken(request, exception)
    if isinstance(exception, StoreAway):
        _log.error("the store of documents cannot be used: look at DOCUMENTS and where it leads")
        return unavailable(request)
    if isinstance(exception, KeyringRefused):
        # Which file or service and why is for the operator: nothing of it stands in a page.
        _log.error("the keyring cannot be used: look at KEYRING and the settings that belong to it")
        return unavailable(request)
    return None


def only_for_oneself(request: HttpRequest) -> HttpResponse:
    """403: a page about oneself, asked for while acting for somebody."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        _("This page is about yourself"),
        _("You act for somebody else at the moment. Go back to your own record first, at the top of the page."),
        "users",
    )


def other_tab(request: HttpRequest) -> HttpResponse:
    """409: the page was made for somebody else than the session acts for now."""
    return _page(
        request,
        HTTPStatus.CONFLICT,
        _("Nothing was changed"),
        _("Since this page was opened, you began or stopped acting for somebody. Open it again and check the name."),
        "users",
    )


def no_dossier(request: HttpRequest) -> HttpResponse:
    """404: the account is in order, but no health record belongs to it yet."""
    return _page(
        request,
        HTTPStatus.NOT_FOUND,
        _("Your record is not open yet"),
        _("Your account works, and no health record is tied to it so far. Ask the place that gave you the account."),
        "inbox",
    )


def unreadable(request: HttpRequest) -> HttpResponse:
    """500: something sealed does not open; it was remembered, and nothing was shown."""
    return _page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("This cannot be opened at the moment"),
        _("Its seal does not open, so nothing was shown. The incident is in the log and will be looked at."),
        "exclamation-triangle",
    )


def not_taken(request: HttpRequest, refusal: NotTaken) -> HttpResponse:
    """413: a file for which there is no room; nothing of it was kept."""
    if isinstance(refusal, QuotaFull):
        text = _("There is no room left for this file in the health record. Remove files you sent that are not needed.")
    else:
        text = _("This file is larger than Carnet takes (%(most)s MB). Make it smaller, or split it.") % {
            "most": refusal.most // (1024 * 1024)
        }
    return _page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("The file was not kept"), text, "inbox")


def refused(request: HttpRequest, decision: Decision) -> HttpResponse:
    """403: a category, or a whole record, is not open to this person; a professional is told how to ask."""
    dossier_id = request.resolver_match.kwargs.get("dossier_id") if request.resolver_match else None
    context: dict[str, object] = {
        "category": Category(decision.category) if decision.category else None,
        "ask_at": None,
        "back_to": None,
    }
    if audience(request) is Role.PROFESSIONAL and dossier_id is not None and decision.category:
        context["back_to"] = reverse("professional:patient", args=[dossier_id])
        context["ask_at"] = f"{reverse('professional:request', args=[dossier_id])}?category={decision.category}"
    return render(request, "errors/refused.html", context, status=HTTPStatus.FORBIDDEN)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: the address or the form could not be understood."""
    return _page(
        request,
        HTTPStatus.BAD_REQUEST,
        _("This request could not be understood"),
        _("Nothing was changed. Go back, reload the page and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: this page is not for this person."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        _("This page is not open to you"),
        _("Nothing was shown and nothing was changed."),
        "lock-closed",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: unknown and forbidden objects answer alike."""
    return _page(
        request,
        HTTPStatus.NOT_FOUND,
        _("There is nothing at this address for you"),
        _("The page may have moved, or it may not be yours to open. The two look the same on purpose."),
        "map",
    )


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429: wait ``seconds`` before trying again."""
    response = _page(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        _("A short pause, please"),
        _("There were too many attempts in a row. You can try again in a little while; your account is not blocked."),
        "clock",
    )
    response["Retry-After"] = str(seconds)
    return response


def csrf_failure(request: HttpRequest, **_reason: object) -> HttpResponse:
    """403: the form's token is missing or old (``CSRF_FAILURE_VIEW``)."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        _("This form has expired"),
        _("Nothing was changed. Go back, reload the page and send the form again."),
        "clock",
    )


def foreign_origin(request: HttpRequest) -> HttpResponse:
    """403: the form came from another site; plain, because nothing about the person is known yet."""
    return render(request, "errors/bare.html", {"status": 403}, status=HTTPStatus.FORBIDDEN)


def too_large(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    """413, 414 or 431: the body, the address or what surrounds them is larger than any page here sends."""
    return render(request, "errors/bare.html", {"status": int(status)}, status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours; the page touches neither database nor session."""
    return render(request, "errors/bare.html", {"status": 500}, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def unavailable(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """503: the house is closed for a moment."""
    response = render(request, "errors/bare.html", {"status": 503}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(seconds)
    return response
