"""Sending the original of a document to whoever may read its record."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase

from portal.acting import Visit
from portal.handing_over import hand_over
from portal.middleware import CLOSED_POLICY
from portal.serving import document_response
from records.documents import Unknown, open_document


def send_original(request: Visit, document_id: UUID) -> HttpResponseBase:
    """The document as a download, whole or the part that was asked for; from its own host where one is configured.

    Raises:
        Unknown: there is no such document for this actor.
        Unreadable: sealed data do not open.
        StoreAway: the store cannot be used now.
    """
    elsewhere = hand_over(request)
    if elsewhere is not None:
        return elsewhere
    opened = open_document(actor=request.actor, document_id=document_id)
    if opened.record_id is None:
        # Not filed, perhaps because no scanner has looked at it: it is handed out to nobody.
        opened.close()
        raise Unknown
    answer = document_response(request, opened)
    answer["Content-Security-Policy"] = CLOSED_POLICY
    return answer
