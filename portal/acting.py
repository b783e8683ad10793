"""Who acts in this request: from the session to the :class:`~audit.actor.Actor` that doors ask for.

Stands after Django's authentication and django-otp's middleware. Until both factors are proven,
``request.actor`` stands on no side of the portal (role *anonymous*), so that no door opens even
if a page were left open by mistake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_htmx.middleware import HtmxDetails

from audit.actor import Actor, Role, Strength
from consent.models import Membership
from portal.accounts.models import Account
from portal.tracing import during_request

# Where the session keeps the organisation that a person with several has chosen to work for.
ORGANISATION_KEY = "organisation"
# Where the session keeps when its person last proved again who they are, and for how long that is worth something.
FRESH_KEY = "fresh"
FRESH_SECONDS = 300
# How the last fresh proof was given: some acts take a passkey only.
FRESH_BY_KEY = "fresh_by"
# When the session was proven with both factors.
RISEN_KEY = "risen"
_DIGEST_HEX = 32


class Visit(HttpRequest):
    """A request as views get it, after every middleware; for annotations only, nobody makes one.

    Pages that :mod:`portal.accounts.gates` leaves open may find an anonymous ``user``.
    """

    actor: Actor
    user: Account
    htmx: HtmxDetails


class ActorMiddleware:
    """Sets ``request.actor``, for visitors too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Visit) -> HttpResponse:
        """The answer to a request that carries its actor."""
        request_id = uuid4()
        with during_request(request_id):
            request.actor = actor_of(request, request_id=request_id)
            return self.get_response(request)


def actor_of(request: Visit, *, request_id: UUID) -> Actor:
    """The actor of a request as its session stands now."""
    account = request.user
    if not account.is_authenticated:
        return Actor.anonymous(request=request_id)
    # Set by django-otp when the session stands on a device; missing right after the password.
    device = getattr(account, "otp_device", None)
    if device is None:
        session = session_digest(request.session.session_key)
        return _on_no_side(account, Strength.PASSWORD, session, request_id)
    return _on_their_side(account, device.strength, request, request_id)


def acting(request: Visit, strength: Strength) -> Actor:
    """Who the log shall say did a sign-in act: the account itself, however far it has come in."""
    return _on_their_side(request.user, strength, request, request.actor.request)


def again(request: Visit) -> None:
    """Reads ``request.actor`` anew after the session rose or ended; the request keeps its number.

    Whoever acts for somebody still does: an act that goes on after a fresh proof would else land in their own record.
    """
    before = request.actor
    request.actor = actor_of(request, request_id=before.request)
    if before.on_behalf_of is not None and (request.actor.id, request.actor.role) == (before.id, before.role):
        request.actor = replace(request.actor, on_behalf_of=before.on_behalf_of)


def memberships_of(account: Account) -> Sequence[Membership]:
    """Where a professional works today, longest first; the first is the one a session starts with."""
    if account.role != Account.Role.PROFESSIONAL:
        return ()
    live = Membership.objects.live(timezone.now()).filter(professional__account_id=account.pk)
    return list(live.select_related("professional", "organisation").order_by("during", "pk"))


def session_digest(session_key: str | None) -> str:
    """32 hexadecimal digits that tell two sessions apart in the log, without giving their key away."""
    if not session_key:
        return ""
    return salted_hmac("portal.acting.session", session_key, algorithm="sha256").hexdigest()[:_DIGEST_HEX]


def _on_their_side(account: Account, strength: Strength, request: Visit, request_id: UUID) -> Actor:
    return standing(
        account,
        strength,
        organisation=request.session.get(ORGANISATION_KEY),
        session=session_digest(request.session.session_key),
        request_id=request_id,
        fresh=_is_fresh(request),
    )


def standing(
    account: Account,
    strength: Strength,
    *,
    organisation: str | None,
    session: str,
    request_id: UUID,
    fresh: bool = False,
) -> Actor:
    """The account's own role; a professional stands there only with a live membership, the wanted one if it lives."""
    if account.role != Account.Role.PROFESSIONAL:
        return Actor(
            id=account.pk,
            role=Role(account.role),
            strength=strength,
            session=session,
            request=request_id,
            fresh=fresh,
        )
    membership = _chosen(memberships_of(account), organisation)
    if membership is None:
        return _on_no_side(account, strength, session, request_id)
    return Actor(
        id=account.pk,
        role=Role.PROFESSIONAL,
        strength=strength,
        profession=membership.professional.profession,
        professional=membership.professional_id,
        organisation=membership.organisation_id,
        session=session,
        request=request_id,
        fresh=fresh,
    )


def _is_fresh(request: Visit) -> bool:
    return time.time() - request.session.get(FRESH_KEY, 0) < FRESH_SECONDS


def _on_no_side(account: Account, strength: Strength, session: str, request_id: UUID) -> Actor:
    """A known person to whom no door opens."""
    return Actor(
        id=account.pk,
        role=Role.ANONYMOUS,
        strength=strength,
        session=session,
        request=request_id,
    )


def _chosen(live: Sequence[Membership], wanted: str | None) -> Membership | None:
    """The membership with the organisation chosen in this session, else the first."""
    for membership in live:
        if str(membership.organisation_id) == wanted:
            return membership
    return live[0] if live else None
