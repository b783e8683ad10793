"""A page belongs to one audience: patients, professionals or administrators."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from audit.actor import Role
from portal.acting import Visit

View = TypeVar("View", bound=Callable[..., HttpResponse])


def only_for(role: Role) -> Callable[[View], View]:
    """Closes a view to everybody but the actors of one role; the others get the page of a 403.

    Doors decide again: this only keeps one audience from wandering into the pages of another. The
    wrapped view carries its ``audience``, so that a test can find a page without one.
    """

    def close(view: View) -> View:
        @wraps(view)
        def opened(request: Visit, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.actor.role is not role:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        opened.audience = role  # type: ignore[attr-defined]
        return cast(View, opened)

    return close
