"""The front step: each person is led to the home of their audience."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from audit.actor import Role
from portal.ui.navigation import audience

_HOMES = {
    Role.PATIENT: "patient:home",
    Role.PROFESSIONAL: "professional:patients",
    Role.ADMINISTRATOR: "administration:log",
    Role.ADVISER: "entrance:queue",
}


def front_step(request: HttpRequest) -> HttpResponse:
    """Leads to the home page of the person's audience."""
    role = audience(request)
    return redirect(_HOMES[role] if role else "accounts:sign_in")
