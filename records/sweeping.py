"""Door through which leftovers of documents go: staged ones that nobody kept, former objects, objects of nobody.

An object is deleted only when no row names it and nobody can be reading it any more. A store that holds many objects of
which this database knows nothing is not swept: one of the two is not the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from audit.actor import Actor, SystemTask
from audit.events import Event, Outcome
from audit.log import append
from consent.declaring import declare, over_every_dossier
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.keeping import empty_row
from records.models import Document, FormerObject
from records.stores import Store, documents_store

__all__ = ["GRACE", "STAGED", "ForeignStore", "Swept", "Unknown", "sweep_documents"]

# Longer than any page may take to send a document, and than any upload may take to come in.
GRACE = timedelta(hours=1)
STAGED = timedelta(hours=24)
_AT_ONCE = 1000
# Uploads that were killed are few; a store that belongs elsewhere is full of strangers.
_STRANGERS = 50


class ForeignStore(Exception):
    """Too much of what the store holds is named by no row: it is another house's, or the database is."""

    def __init__(self, orphans: int, objects: int) -> None:
        super().__init__(
            f"{orphans} of {objects} objects are named by no row: expected few. Nothing of them was deleted."
        )


@dataclass(frozen=True, slots=True)
class Swept:
    """How many staged documents, former objects, orphans and unfinished uploads went."""

    staged: int
    former: int
    orphans: int
    unfinished: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.staged + self.former + self.orphans + self.unfinished


def sweep_documents(*, actor: Actor, grace: timedelta = GRACE, staged: timedelta = STAGED) -> Swept:
    """Remove what is left over. The house only.

    Raises:
        Unknown: this actor may not.
        ForeignStore: the store and the database do not belong together.
        StoreAway: the store cannot be used now; what is left is for the next run.
    """
    now, store = timezone.now(), documents_store()
    emptied = through(Attempt(actor, Event.FILES_SWEPT), partial(_empty_staged, before=now - staged))
    former = _delete_former(store, now - grace)
    orphans = _delete_orphans(store, now - staged)
    swept = Swept(emptied, former, orphans, store.clear_unfinished(now - staged))
    if swept.total:
        through(Attempt(actor, Event.FILES_SWEPT), partial(_remember, swept=swept))
    return swept


def _empty_staged(attempt: Attempt, *, before: datetime) -> int | Exception:
    if attempt.actor.task is not SystemTask.SWEEP:
        return attempt.unknown()
    rows = Document.objects.filter(record=None, removed_at=None, received_at__lt=before).select_related("dossier")
    with over_every_dossier():
        next_ones = list(rows.order_by("id").values_list("id", "dossier_id")[:_AT_ONCE])
    declare(*(dossier_id for _id, dossier_id in next_ones))
    rows = rows.filter(id__in=[id_ for id_, _dossier_id in next_ones])
    expired = list(rows.order_by("id").select_for_update(of=("self",), skip_locked=True))
    for row in expired:
        empty_row(row)
        append(
            Event.FILE_REMOVED,
            actor=attempt.actor,
            outcome=Outcome.DONE,
            dossier=row.dossier.pseudonym,
            category=row.category,
            object_id=row.id,
            revision=row.revision,
            key_version=row.key_version,
        )
    return len(expired)


def _delete_former(store: Store, before: datetime) -> int:
    names = FormerObject.objects.filter(deleted_at=None, left_at__lt=before).values_list("name", flat=True)
    gone = list(names.order_by("left_at")[:_AT_ONCE])
    for name in gone:
        store.remove(name)
    return FormerObject.objects.filter(name__in=gone, deleted_at=None).update(deleted_at=timezone.now())


def _delete_orphans(store: Store, before: datetime) -> int:
    objects, batch, orphans = 0, [], []
    for name, written in store.each():
        objects += 1
        if written < before:
            batch.append(name)
        if len(batch) == _AT_ONCE:
            orphans += _named_by_nobody(batch)
            batch = []
    orphans += _named_by_nobody(batch)
    if len(orphans) > max(_STRANGERS, objects // 10):
        raise ForeignStore(len(orphans), objects)
    for name in orphans:
        store.remove(name)
    return len(orphans)


def _named_by_nobody(names: list[str]) -> list[str]:
    with over_every_dossier():
        known = set(Document.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
    # Those that are waiting for their time are not orphans.
    known |= set(FormerObject.objects.filter(name__in=names, deleted_at=None).values_list("name", flat=True))
    return [name for name in names if name not in known]


def _remember(attempt: Attempt, *, swept: Swept) -> None:
    append(Event.FILES_SWEPT, actor=attempt.actor, outcome=Outcome.DONE, facts={"count": swept.total})
