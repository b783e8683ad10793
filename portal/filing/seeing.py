"""The page of one document: pictures of its pages, their text, the way to the original."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from portal.acting import Visit
from portal.middleware import POLICY
from records.looking import Look, look_at

# The pictures come with the page: one look is one line of the log, and no address of a picture exists.
_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")


def show_document(request: Visit, document_id: UUID, template: str, **context: Any) -> HttpResponse:
    """The page, from the page number of the address on.

    Raises:
        Unknown: there is no such document for this actor.
        Unreadable: sealed data do not open.
        StoreAway: the store cannot be used now.
    """
    asked = request.GET.get("page", "1")
    first = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    look = look_at(actor=request.actor, document_id=document_id, first=max(first, 1))
    response = render(request, template, {"look": look, "pictures": pictures(look), **context})
    response["Content-Security-Policy"] = _POLICY
    return response


def pictures(look: Look) -> dict[int, str]:
    """The picture of each sheet as an address that holds it."""
    return {
        sheet.number: f"data:{sheet.media_type};base64,{b64encode(sheet.picture).decode()}"
        for sheet in look.sheets
        if sheet.picture
    }
