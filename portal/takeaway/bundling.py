"""The FHIR R4 Bundle of a copy: every drawer its asker may take, then the files beside the records, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from uuid import UUID

from audit.actor import Actor
from consent.categories import Category
from records.documents import open_document
from records.formats.fhir.leaving import BundleWriter
from records.sharing_out import Place, Share, open_share


def shares(actor: Actor, dossier_id: UUID, tell: Callable[[int], None]) -> Iterator[Share]:
    """What each drawer holds, a part at a time; ``tell`` is told how many drawers are done."""
    for done, category in enumerate(Category, start=1):
        after: Place | None = None
        while True:
            share = open_share(actor=actor, dossier_id=dossier_id, category=category, after=after)
            yield share
            after = share.rest
            if after is None:
                break
        tell(done)


def bundle(actor: Actor, dossier_id: UUID, at: datetime, given: Iterable[Share]) -> Iterator[bytes]:
    """The Bundle of what was ``given``, in pieces: neither it nor any file lies in memory as a whole."""
    writer = BundleWriter(dossier_id, at)
    for number, share in enumerate(given):
        if number == 0:
            yield from writer.begin(share.identity)
        for _item, going in share.documents:
            yield from writer.record(going)
    for address, beside in writer.waiting:
        with open_document(actor=actor, document_id=beside.document_id) as document:
            yield from writer.file(address, beside, document.pieces())
    yield writer.end()
