"""Closed by default: the ways in which a page may be opened earlier.

Every page asks for both factors unless it carries one of these marks. They are read by
``middleware.ClosedByDefaultMiddleware``; a test walks the whole address list and names each
page that carries one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required

View = TypeVar("View", bound=Callable[..., Any])


def open_to_all(view: View) -> View:
    """Nobody needs to have signed in: sign-in page, language, health of the service."""
    return login_not_required(view)


def password_is_enough(view: View) -> View:
    """The password has been given, the second factor not yet: its page, its set-up, leaving."""
    view.second_factor_required = False  # type: ignore[attr-defined]
    return view


def without_passkey(view: View) -> View:
    """Open to administrators before their session stands on a passkey: adding one, proving it, leaving."""
    view.passkey_required = False  # type: ignore[attr-defined]
    return view


def needs_passkey(view: Callable[..., Any]) -> bool:
    """Whether administrators need a passkey for this page; they do unless it carries a mark of this module."""
    return getattr(view, "passkey_required", True) and not is_open(view) and not needs_password_only(view)


def is_open(view: Callable[..., Any]) -> bool:
    """Whether the page carries :func:`open_to_all`."""
    return not getattr(view, "login_required", True)


def needs_password_only(view: Callable[..., Any]) -> bool:
    """Whether the page carries :func:`password_is_enough`."""
    return not getattr(view, "second_factor_required", True)
