"""Where each audience can go from any page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from audit.actor import Role, Strength


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the rail; it is current on its own page and on those beneath it."""

    name: str
    label: str
    icon: str
    exact: bool = False

    @property
    def address(self) -> str:
        """The path of the page."""
        return reverse(self.name)

    def is_current(self, path: str) -> bool:
        """Whether ``path`` is this place or lies beneath it."""
        return path == self.address if self.exact else path.startswith(self.address)


_PLACES = {
    Role.PATIENT: (
        Place("patient:home", _("Home"), "home", exact=True),
        Place("patient:record", _("My record"), "document-text"),
        Place("patient:sharing", _("Sharing"), "user-group"),
        Place("patient:accesses", _("Accesses"), "clock"),
        Place("notifications:letters", _("Letters"), "envelope"),
        Place("accounts:security", _("Security"), "lock-closed"),
    ),
    Role.PROFESSIONAL: (
        Place("professional:patients", _("My patients"), "users"),
        Place("professional:accesses", _("My accesses"), "clock"),
        Place("professional:delegations", _("In a colleague’s name"), "users"),
        Place("notifications:letters", _("Letters"), "envelope"),
        Place("accounts:security", _("Security"), "lock-closed"),
    ),
    Role.ADVISER: (
        Place("entrance:queue", _("Call back"), "phone"),
        Place("entrance:reports", _("Reported messages"), "flag"),
        Place("accounts:security", _("Security"), "lock-closed"),
    ),
    Role.ADMINISTRATOR: (
        Place("administration:log", _("Log"), "queue-list", exact=True),
        Place("administration:alerts", _("Alerts"), "exclamation-triangle"),
        Place("administration:questions", _("Cases"), "question-mark-circle"),
        Place("administration:integrity", _("Integrity"), "shield-check"),
        Place("administration:keys", _("Keys"), "key"),
        Place("welcoming:people", _("People"), "users"),
        Place("administration:undelivered", _("Letters"), "envelope"),
        Place("accounts:security", _("Security"), "lock-closed"),
    ),
}
_PROVEN = {Strength.OTP, Strength.PASSKEY, Strength.RECOVERY}


def audience(request: HttpRequest) -> Role | None:
    """The side of the portal a fully signed-in person stands on, or ``None`` for anybody else."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.role not in _PLACES or actor.strength not in _PROVEN:
        return None
    return Role(actor.role)


def places(request: HttpRequest) -> tuple[Place, ...]:
    """The lines of the rail for this person; none before the second factor."""
    role = audience(request)
    return _PLACES[role] if role else ()


def current_place(request: HttpRequest) -> Place | None:
    """The line to mark: the deepest place the page lies under (``/pro/accesses/`` is not ``/pro/``)."""
    under = [place for place in places(request) if place.is_current(request.path)]
    return max(under, key=lambda place: len(place.address), default=None)
