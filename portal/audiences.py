"""A page belongs to one audience: patients, professionals or administrators."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from audit.actor import Role
from portal.acting import Visit
from portal.switching import from_another_tab

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class OnlyForOneself(Exception):
    """Somebody who acts for a patient asks for a page that is about themselves."""


class OtherTab(Exception):
    """A form of a page that was made for somebody else than the session acts for now."""


def only_for(role: Role, *, on_behalf: bool = False, from_any_tab: bool = False) -> Callable[[View], View]:
    """Closes a view to everybody but the actors of one role; the others get the page of a 403.

    Doors decide again: this only keeps one audience from wandering into the pages of another. The
    wrapped view carries its ``audience``, so that a test can find a page without one.

    Args:
        on_behalf: the page also serves a patient who acts for another one; others are closed to them meanwhile.
        from_any_tab: a form counts for whomever its page was made.
    """

    def close(view: View) -> View:
        @wraps(view)
        def opened(request: Visit, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.actor.role is not role:
                raise PermissionDenied
            if role is Role.PATIENT and request.actor.on_behalf_of is not None and not on_behalf:
                raise OnlyForOneself
            if not from_any_tab and from_another_tab(request):
                raise OtherTab
            return view(request, *args, **kwargs)

        opened.audience = role  # type: ignore[attr-defined]
        return cast(View, opened)

    return close
