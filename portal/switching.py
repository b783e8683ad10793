"""Acting for somebody else in this session: a patient for a child or somebody they care for, a professional in the
name of a colleague.

The session keeps an opaque identifier, nothing more; whether it holds is asked anew on every request. Every form
carries for whom its page was made, so that a page left open in another tab never acts for the wrong person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from consent.acting import now
from consent.delegating import named_by
from consent.models import Professional
from portal.acting import Visit
from records.on_behalf import acting_for, read_represented
from records.vault.cipher import Unreadable

# Where the session keeps for whom its person acts: a dossier, or a delegation.
ACTING_KEY = "acting_for"
_BACK = {Role.PATIENT: "patient:people", Role.PROFESSIONAL: "professional:delegations"}


class SwitchingMiddleware:
    """Lets ``request.actor`` act for whom the session says, as long as that holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Visit) -> HttpResponse:
        """The answer; where acting for somebody has ended, nothing is done, and the person is told."""
        chosen = request.session.get(ACTING_KEY)
        if chosen and request.actor.role in _BACK:
            acting = switched(request.actor, UUID(chosen))
            if acting is None:
                stop(request)
                messages.warning(request, _("You no longer act for this person. Nothing was changed."))
                return redirect(_BACK[request.actor.role])
            request.actor = acting
        return self.get_response(request)


def switched(actor: Actor, chosen: UUID) -> Actor | None:
    """The same person, acting for this dossier's patient or by this delegation; ``None`` when that holds no more."""
    if actor.role is Role.PATIENT:
        return acting_for(actor, chosen)
    live = named_by(actor.professional, now()) if actor.professional else []
    return next((replace(actor, on_behalf_of=each.professional_id) for each in live if each.id == chosen), None)


def start(request: Visit, chosen: UUID) -> bool:
    """Act from now on for this dossier's patient, or by this delegation; whether that is so."""
    own = replace(request.actor, on_behalf_of=None)
    if switched(own, chosen) is None:
        return False
    request.session[ACTING_KEY] = str(chosen)
    return True


def stop(request: Visit) -> None:
    """Act for oneself again."""
    request.session.pop(ACTING_KEY, None)


def stamp_of(request: HttpRequest) -> str:
    """For whom a page of this request is made: empty for oneself."""
    actor = getattr(request, "actor", None)
    return str(request.session.get(ACTING_KEY, "")) if actor is not None and actor.on_behalf_of is not None else ""


def from_another_tab(request: Visit) -> bool:
    """Whether a form was made for somebody other than the session acts for now."""
    if request.method != "POST" or request.content_type not in _FORMS:
        return False
    return str(request.POST.get(ACTING_KEY, "")) != stamp_of(request)


def stamped(request: HttpRequest) -> dict[str, SafeString]:
    """The fields that every form holds (a context processor)."""
    stamp = stamp_of(request)
    if not stamp:
        return {}
    fields = '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="{}" value="{}">'
    return {"csrf_input": format_html(fields, get_token(request), ACTING_KEY, stamp)}


def represented_name(request: HttpRequest) -> str:
    """The name of whom this person acts for, for the banner of every page; empty for oneself."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.on_behalf_of is None:
        return ""
    if actor.role is Role.PROFESSIONAL:
        found = Professional.objects.filter(pk=actor.on_behalf_of).first()
        return found.name if found else ""
    try:
        return read_represented(actor=actor).full_name
    except Unreadable:
        return _("somebody whose name does not open")


_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
