"""The page of one document: pictures of its pages, their text, the way to the original."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from portal.acting import Visit
from portal.middleware import page_policy
from records.looking import Look, look_at


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
    # The pictures come with the page: one look is one line of the log, and no address of a picture exists.
    response["Content-Security-Policy"] = page_policy(images="'self' data:")
    return response


def pictures(look: Look) -> dict[int, str]:
    """The picture of each sheet as an address that holds it."""
    return {
        sheet.number: f"data:{sheet.media_type};base64,{b64encode(sheet.picture).decode()}"
        for sheet in look.sheets
        if sheet.picture
    }
