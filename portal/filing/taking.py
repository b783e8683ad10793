"""Filing what a form brought."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audit.actor import Actor
from portal.filing.forms import FileForm
from records.documents import remove_document
from records.exchange import ImportReport, Unreadable
from records.receiving import NotTaken
from records.scanning import Unchecked
from records.staging import import_staged


def take(actor: Actor, dossier_id: UUID, form: FileForm, author: dict[str, Any]) -> ImportReport | None:
    """File what a valid form brought, sealed while it came; ``None`` when it is refused, with the sentence on the form.

    Raises:
        Unknown: there is no such dossier for this actor.
        consent.decisions.Refused: the actor may not deposit in one of the drawers that the file needs.
        StoreAway: the store of documents cannot be used now.
    """
    file, about = form.cleaned_data["file"], form.about(author)
    try:
        document_id = file.finish()
    except NotTaken:
        form.add_error("file", form.no_room())
        return None
    try:
        return import_staged(
            actor=actor, dossier_id=dossier_id, document_id=document_id, name=file.name or "", about=about
        )
    except Unchecked as refusal:
        # Apart: sealed, kept with no record, opened by no page; the sweep takes it out.
        form.add_error("file", str(refusal))
        return None
    except Unreadable as refusal:
        form.add_error("file", str(refusal))
    except BaseException:
        remove_document(actor=actor, document_id=document_id)
        raise
    remove_document(actor=actor, document_id=document_id)
    return None
