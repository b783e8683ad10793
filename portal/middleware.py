"""What surrounds every answer.

Order in ``MIDDLEWARE``: ``HeadersMiddleware`` first of all (error pages and static files need the
headers too), ``CrossSiteMiddleware`` right after it, ``RefusalsMiddleware`` last.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from portal import refusals

Answer = Callable[[HttpRequest], HttpResponse]

# OWASP ASVS 5.0, 3.4.3 to 3.4.8. htmx needs the one Trusted Types policy of static/trusted-types.js.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
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
# fmt: off
_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb",
)
# fmt: on
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES)
    + ", publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class HeadersMiddleware:
    """Puts the headers of :data:`HEADERS` on every answer, and forbids keeping any but static files."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, then adds the headers."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("HX-Request",))
        return response


class CrossSiteMiddleware:
    """Refuses what another site makes a browser send (Fetch Metadata), before the session is looked at."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers, unless a foreign page is behind an act."""
        foreign = request.headers.get("Sec-Fetch-Site", "") in {"cross-site", "same-site"}
        if foreign and request.method not in _SAFE_METHODS:
            return refusals.foreign_origin(request)
        return self.get_response(request)


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
