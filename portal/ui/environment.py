"""The Jinja2 environment of every page (``TEMPLATES[…]["OPTIONS"]["environment"]``)."""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import Any
from uuid import UUID

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context, Macro

from portal import middleware, switching
from portal.ui import files, formatting, highlighting, icons, navigation, pseudonyms, results

_ANY = UUID(int=0)


def url(name: str, *args: object, **kwargs: object) -> str:
    """The path of a named page.

    Raises:
        django.urls.NoReverseMatch: no page has this name with these arguments.
    """
    if not kwargs and not args:
        return _path(name)
    if not kwargs and len(args) == 1 and isinstance(args[0], UUID):
        before, after = _around(name)
        return f"{before}{args[0]}{after}"
    return reverse(name, args=args or None, kwargs=kwargs or None)


# Finding the pattern takes much longer than writing the path, and a list of twenty rows has sixty addresses. Kept are
# names of pages, never what a page is about.
@cache
def _path(name: str) -> str:
    return reverse(name)


@cache
def _around(name: str) -> tuple[str, str]:
    """What stands before and after the one identifier of these addresses."""
    before, _, after = reverse(name, args=[_ANY]).partition(str(_ANY))
    return before, after


def current_language() -> str:
    """The language in force: ``fr`` or ``en``."""
    return (get_language() or "fr").split("-")[0]


@pass_context
def messages(context: Context) -> list[Any]:
    """The messages left for this person by the page before; reading them takes them away."""
    request = context.get("request")
    return list(get_messages(request)) if isinstance(request, HttpRequest) else []


class _Context(Context):
    """Calls macros and plain functions at once: Jinja2 asks six questions of each, several hundred times a page."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What the callable returns; anything but macros and functions goes Jinja2's own way."""
        kind = type(called)
        if kind is Macro:
            given: tuple[Any, ...] = (self.eval_ctx, *args)
        elif kind is FunctionType and not hasattr(called, "jinja_pass_arg"):
            given = args
        else:
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*given, **kwargs)


def environment(**options: Any) -> Environment:
    """An environment that escapes everything and fails on an undefined name."""
    options |= {
        "autoescape": True,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": [*options.get("extensions", ()), "jinja2.ext.i18n", "jinja2.ext.do"],
    }
    env = Environment(**options)  # noqa: S701 - autoescape is on, just above  # nosec B701
    env.context_class = _Context
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    env.globals |= {
        "url": url,
        "static": static,
        "nonce": middleware.nonce,
        "icon": icons.icon,
        "category_icon": icons.category_icon,
        "pseudonym": pseudonyms.pseudonym,
        "initials": pseudonyms.initials,
        "audience": navigation.audience,
        "represented_name": switching.represented_name,
        "places": navigation.places,
        "current_place": navigation.current_place,
        "current_language": current_language,
        "messages": messages,
        "flag_of": results.flag_of,
        "flag_shape": results.flag_shape,
        "range_words": results.range_words,
        "status_words": results.status_words,
        "curve_of": results.curve_of,
        "is_ahead": results.is_ahead,
        "titled": results.titled,
        "explained": results.explained,
        "everyday_name": results.everyday_name,
        "highlighted": highlighting.highlighted,
        "shown": results.shown,
        "file_icon": files.file_icon,
        "file_kind": files.file_kind,
        "file_size": files.file_size,
        "now": timezone.localtime,
    }
    for name in (
        "day",
        "last_day",
        "short_day",
        "long_day",
        "month",
        "short_month",
        "clock",
        "moment",
        "number",
        "listing",
        "fingerprint",
    ):
        env.filters[name] = getattr(formatting, name)
    env.filters["places_found"] = highlighting.place_found
    return env
