"""The documents kept with a record, named for its reader: a plain function for the doors that show records."""

from __future__ import annotations

from uuid import UUID

from audit.actor import Actor
from records.dossiers import Entered
from records.models import Document
from records.sealed_objects import open_label
from records.shown import Attached
from records.vault.document import plain_length


def attached_to(actor: Actor, entered: Entered, record_id: UUID) -> tuple[Attached, ...]:
    """The documents kept with a record that the reader was allowed to read, the first received first.

    Raises:
        Unreadable: a label does not open.
    """
    rows = Document.objects.filter(record_id=record_id, dossier_id=entered.ref.id, removed_at=None)
    return tuple(_attached(actor, entered, row) for row in rows.order_by("received_at", "id"))


def _attached(actor: Actor, entered: Entered, row: Document) -> Attached:
    label = open_label(entered.keys, row)
    return Attached(
        document_id=row.id,
        name=label.name,
        media_type=label.media_type,
        length=plain_length(row.sealed_size),
        mine=row.uploader == actor.id,
    )
