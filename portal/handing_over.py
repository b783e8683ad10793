"""Documents from a host of their own (``DOCUMENT_HOST``; OWASP ASVS 5.0, 3.5.4).

The portal answers with the address of a ticket on that host. There the ticket stands for the session: the same view
asks the same door, which decides and remembers as ever. That host reads and sets no cookie, and answers nothing else.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from audit.actor import Actor, Role, Strength
from consent.decisions import Refused
from portal.accounts.models import Account, Ticket
from portal.accounts.sessions import Session, stored_key
from portal.acting import Visit, standing
from portal.audiences import OnlyForOneself
from portal.middleware import CLOSED_POLICY
from portal.switching import ACTING_KEY, switched
from portal.tracing import during_request
from records.documents import StoreAway, Unknown
from records.dossiers import Closed, NoDossier
from records.vault.cipher import Unreadable
from records.vault.keyring import KeyringRefused

_log = logging.getLogger("carnet.portal")

# A browser follows at once; a download that broke off asks for the rest of it for some minutes more.
BEGINS_WITHIN = timedelta(seconds=60)
ENDS_AFTER = timedelta(minutes=5)
_TOKEN_BYTES = 32
# 32 bytes in base64url without padding (RFC 4648, section 5).
_ADDRESS = re.compile(r"/([A-Za-z0-9_-]{43})/", re.ASCII)


class DocumentHostMiddleware:
    """Answers for the host of documents, before anything that knows sessions; passes on what is for the portal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Visit) -> HttpResponseBase:
        """The document of a ticket; for everything else one and the same 404."""
        if not _is_document_host(request):
            return self.get_response(request)
        request_id = uuid4()
        with during_request(request_id), translation.override(settings.LANGUAGE_CODE):
            answer = _served(request, Actor.anonymous(request=request_id))
        answer["Content-Security-Policy"] = CLOSED_POLICY
        answer["Cache-Control"] = "no-store"
        return answer


def hand_over(request: Visit) -> HttpResponse | None:
    """Where the document of this address is to be had, from whom may ask for it; ``None`` where it is served here."""
    if not settings.DOCUMENT_SITE or _is_document_host(request):
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    actor = request.actor
    Ticket.objects.create(
        digest=_digest(token),
        account_id=actor.id,
        session=stored_key(request.session.session_key),
        session_in_log=actor.session,
        strength=actor.strength,
        organisation=actor.organisation,
        acting_for=request.session.get(ACTING_KEY) if actor.on_behalf_of is not None else None,
        path=request.path,
    )
    answer = HttpResponse(status=HTTPStatus.SEE_OTHER)
    answer["Location"] = f"{settings.DOCUMENT_SITE}/{token}/"
    return answer


def forget_tickets() -> int:
    """Removes the tickets whose time is over; how many."""
    return Ticket.objects.filter(made_at__lt=timezone.now() - ENDS_AFTER).delete()[0]


def _is_document_host(request: HttpRequest) -> bool:
    # As it was sent: what is no host of ours at all is refused where Django looks at hosts.
    host = split_domain_port(request.META.get("HTTP_HOST", ""))[0]
    return bool(settings.DOCUMENT_HOST) and host == settings.DOCUMENT_HOST


def _served(request: Visit, nobody: Actor) -> HttpResponseBase:
    ticket = _ticket_of(request)
    actor = _bearer(ticket, nobody) if ticket is not None else None
    if ticket is None or actor is None:
        return _nothing()
    Ticket.objects.filter(pk=ticket.pk).update(begun=True)
    request.actor = actor
    request.resolver_match = resolve(ticket.path)
    view, args, kwargs = request.resolver_match
    try:
        answer: HttpResponseBase = view(request, *args, **kwargs)
    except (Unknown, Refused, Closed, NoDossier, OnlyForOneself, PermissionDenied):
        return _nothing()
    except (Unreadable, StoreAway, KeyringRefused) as error:
        _log.error("a document cannot be opened for the host of documents", exc_info=error)
        return _told(HTTPStatus.SERVICE_UNAVAILABLE, _("This cannot be opened at the moment"))
    return answer


def _ticket_of(request: HttpRequest) -> Ticket | None:
    """The ticket of this address while it lasts: begun in the first minute, then for the parts that are missing."""
    found = _ADDRESS.fullmatch(request.path)
    if found is None or request.method not in {"GET", "HEAD"}:
        return None
    now = timezone.now()
    ticket = Ticket.objects.select_related("account").filter(digest=_digest(found[1]), made_at__gt=now - ENDS_AFTER)
    row = ticket.first()
    if row is None or row.made_at > now - BEGINS_WITHIN:
        return row
    return row if row.begun and "Range" in request.headers else None


def _bearer(ticket: Ticket, nobody: Actor) -> Actor | None:
    """Who asked, as strongly proven and for whom as then; ``None`` once any of it no longer holds."""
    if not ticket.account.is_active or not _is_alive(ticket, ticket.account):
        return None
    actor = standing(
        ticket.account,
        Strength(ticket.strength),
        organisation=str(ticket.organisation),
        session=ticket.session_in_log,
        request_id=nobody.request,
    )
    if actor.role is Role.ANONYMOUS or actor.organisation != ticket.organisation:
        return None
    return switched(actor, ticket.acting_for) if ticket.acting_for is not None else actor


def _is_alive(ticket: Ticket, account: Account) -> bool:
    rows = Session.objects.filter(session_key=ticket.session, account=account, expire_date__gt=timezone.now())
    row = rows.first()
    # As Django asks at every request: a changed password ends the sessions of the former one.
    known = row.get_decoded().get(HASH_SESSION_KEY, "") if row is not None else ""
    return constant_time_compare(known, account.get_session_auth_hash())


def _digest(token: str) -> bytes:
    return salted_hmac("portal.handing_over", token, algorithm="sha256").digest()


def _nothing() -> HttpResponse:
    return _told(HTTPStatus.NOT_FOUND, _("There is nothing at this address for you"))


def _told(status: HTTPStatus, sentence: str) -> HttpResponse:
    way_on = _("Go back to Carnet and open the document again.")
    return HttpResponse(f"{sentence}.\n{way_on}\n", status=status, content_type="text/plain; charset=utf-8")
