"""What surrounds every answer.

Order in ``MIDDLEWARE``: ``ProxyMiddleware`` before anything that asks who calls, ``HeadersMiddleware`` next (error
pages and static files need the headers too), ``CrossSiteMiddleware`` and ``LimitsMiddleware`` before the session is
looked at, ``RefusalsMiddleware`` last.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import patch_vary_headers

from portal import refusals, uploading

Answer = Callable[[HttpRequest], HttpResponse]

# fmt: off
_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb",
)
# fmt: on
HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES)
    + ", publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# What is no page runs nothing and belongs to no page, even where a browser would open it.
CLOSED_POLICY = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}

# A form, with what surrounds its fields; a file is announced with its length and may be larger.
MOST_HEADER_BYTES = 16 * 1024
MOST_ADDRESS_BYTES = 8 * 1024
_ROOM_AROUND_A_FILE = 256 * 1024

# Letters alone: a nonce then holds no number that somebody could take for one of the page's. 28 letters are 131 bits.
_NONCE_LETTERS = 28
_nonce: ContextVar[str] = ContextVar("nonce", default="")


def nonce() -> str:
    """What the script elements of this answer carry, so that no other runs."""
    return _nonce.get()


def page_policy(*, images: str = "'self'") -> str:
    """The content policy of a page (OWASP ASVS 5.0, 3.4.3 to 3.4.7), with the nonce of this answer.

    htmx needs the one Trusted Types policy of ``static/trusted-types.js``.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce()}'",
            "style-src 'self'",
            f"img-src {images}",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        )
    )


class ProxyMiddleware:
    """Forgets what a stranger claims in place of our proxy: ``X-Forwarded-*`` counts from ``TRUSTED_PROXIES`` alone."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers."""
        if not _is_our_proxy(str(request.META.get("REMOTE_ADDR", ""))):
            for name in [name for name in request.META if name.startswith(("HTTP_X_FORWARDED_", "HTTP_FORWARDED"))]:
                del request.META[name]
        return self.get_response(request)


def _is_our_proxy(address: str) -> bool:
    try:
        parsed = ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped.version == network.version and mapped in network for network in settings.TRUSTED_PROXIES)


class HeadersMiddleware:
    """Puts the headers of :data:`HEADERS` on every answer, and forbids keeping any but static files."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, then adds the headers."""
        given = _nonce.set("".join(secrets.choice(string.ascii_uppercase) for _letter in range(_NONCE_LETTERS)))
        try:
            response = self.get_response(request)
            is_page = response.get("Content-Type", "").startswith("text/html")
            response.setdefault("Content-Security-Policy", page_policy() if is_page else CLOSED_POLICY)
        finally:
            _nonce.reset(given)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("HX-Request",))
        return response


class CrossSiteMiddleware:
    """Refuses what another site makes a browser send, before the session is looked at.

    An act from elsewhere, by what the browser says of it (Fetch Metadata) or by its ``Origin``; and a page or file that
    another site wants to load into itself. A link from elsewhere that a person follows is welcome.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, unless a foreign page is behind it."""
        if request.method not in _METHODS:
            # Nothing here answers TRACE or an invented method (OWASP ASVS 5.0, 13.4.4).
            return HttpResponseNotAllowed(sorted(_SAFE_METHODS | {"POST"}))
        if _is_foreign(request):
            return refusals.foreign_origin(request)
        return self.get_response(request)


def _is_foreign(request: HttpRequest) -> bool:
    foreign = request.headers.get("Sec-Fetch-Site", "") in {"cross-site", "same-site"}
    if request.method in _SAFE_METHODS:
        return foreign and not _is_a_visit(request)
    origin = request.headers.get("Origin")
    return foreign or (origin is not None and origin not in _our_origins(request))


def _is_a_visit(request: HttpRequest) -> bool:
    """Whether a person comes by a link, with the whole window."""
    mode, target = request.headers.get("Sec-Fetch-Mode", ""), request.headers.get("Sec-Fetch-Dest", "")
    return mode == "navigate" and target == "document"


def _our_origins(request: HttpRequest) -> set[str]:
    return {*settings.CSRF_TRUSTED_ORIGINS, f"{request.scheme}://{request.get_host()}"}


class LimitsMiddleware:
    """Refuses what is larger than any page here sends, before a byte of it is read."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, unless the address (414) or the headers (431) are too long."""
        if len(request.get_full_path()) > MOST_ADDRESS_BYTES:
            return refusals.too_large(request, HTTPStatus.REQUEST_URI_TOO_LONG)
        # Each line has a name, a colon, a space and an end.
        lines = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
        if lines > MOST_HEADER_BYTES:
            return refusals.too_large(request, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], _view_args: Any, _view_kwargs: Any
    ) -> HttpResponse | None:
        """413 for a body that this view would never take; it stands before the check of forms, which reads the body."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if uploading.takes(view_func):
            most = settings.DOCUMENT_MAX_BYTES + _ROOM_AROUND_A_FILE
        given = str(request.META.get("CONTENT_LENGTH") or "0")
        if not given.isascii() or not given.isdigit() or len(given) > 18 or int(given) > most:
            return refusals.too_large(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return None


class RefusalsMiddleware:
    """Hands what a door raised to the one place that makes it a page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for ``exception``, or ``None`` when it is a fault of ours (500)."""
        return refusals.page_for(request, exception)
