"""The published log. No cookie is read, nothing is decided: everybody gets the same bytes."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit.keys import load_log_keys
from audit.tiles import NoSuchTile, TilePlace, entry_bundle, hash_tile, latest_note
from portal.accounts.gates import open_to_all

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"


@require_safe
@open_to_all
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """The latest signed checkpoint, with the lines of its witnesses."""
    note = latest_note()
    if note is None:
        raise Http404
    return HttpResponse(note, content_type=_TEXT)


@require_safe
@open_to_all
def keys(_request: HttpRequest) -> HttpResponse:
    """The log's public keys; compare them with those you were given elsewhere."""
    return HttpResponse(load_log_keys().lines(), content_type=_TEXT)


@require_safe
@open_to_all
def tile(_request: HttpRequest, level: int, place: str) -> HttpResponse:
    """Some hashes of the tree."""
    try:
        return HttpResponse(hash_tile(level, TilePlace.parse(place)), content_type=_BYTES)
    except NoSuchTile:
        raise Http404 from None


@require_safe
@open_to_all
def entries(_request: HttpRequest, place: str) -> HttpResponse:
    """Some entries, where the house publishes them."""
    if not getattr(settings, "AUDIT_PUBLISH_ENTRIES", False):
        raise Http404
    try:
        return HttpResponse(entry_bundle(TilePlace.parse(place)), content_type=_BYTES)
    except NoSuchTile:
        raise Http404 from None
