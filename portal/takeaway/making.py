"""Making the file of a copy: one ZIP, or a part of it alone, written forward, in the language of whoever asked for it.

It acts with the rights that its asker has now. The line of the log that tells what the copy holds has its number before
anybody can take the file: an export that could not be proven does not leave.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from audit.models import Entry
from audit.proving import wait_until_covered
from consent.categories import Category
from portal.asking import actor_again
from portal.patient.history import Line
from portal.patient.proofs import collect_proofs
from portal.takeaway.bundling import bundle as bundle_of
from portal.takeaway.bundling import shares
from portal.takeaway.paper import summary_pdf
from portal.takeaway.past import whole_history
from portal.takeaway.sink import SealedSink
from portal.takeaway.summary import fhir_document
from records.copying import CopyShape, Order, begin_making, finish, store, tell
from records.documents import open_document
from records.dossiers import ref_of
from records.people import Identity
from records.sharing_out import Share
from records.shown import Item
from records.taking_summary import open_summary_share

HOUSE = Actor.system(SystemTask.EXPORT)
_LOOKS = (Path(__file__).parent / "page.css").read_text()
# Steps of the progress: each drawer, then the history.
STEPS = len(Category) + 1
WAIT_SECONDS = 60.0


class NotCovered(Exception):
    """The log did not number what the copy holds in time: the sequencer is away. To be tried again."""

    # Without arguments: Celery makes the exception anew from them when it reports a failure.
    def __str__(self) -> str:
        return "The log did not number the copy in time."


@dataclass(slots=True, repr=False)
class Contents:
    """What the readable summary lists: identity, one line for each document, and where its files lie in the folder."""

    identity: Identity | None = None
    drawers: dict[Category, list[Item]] = field(default_factory=dict)
    files: list[tuple[str, UUID]] = field(default_factory=list)

    def __repr__(self) -> str:
        return "<Contents>"


def make_copy(copy_id: UUID, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Make one copy, or do nothing when it is made, taken or over; whether it was made.

    Raises:
        RightsGone: whoever asked may sign in no more.
        Overtaken: another worker makes it now.
        NotCovered: the log did not number it in time.
    """
    order = begin_making(actor=HOUSE, copy_id=copy_id, total=STEPS)
    if order is None:
        return False
    asker = actor_again(order.asked_by, role=Role.PATIENT, request_id=uuid4())
    # Proven when it was asked for; what they hide from their screens is in it only if they said so then.
    asker = replace(asker, fresh=order.with_hidden)
    sink = SealedSink(partial(_store, order))
    with translation.override(order.language):
        _MAKERS[order.shape](sink, order, asker, wait_seconds)
    size = sink.end()
    finish(actor=HOUSE, order=order, size=size)
    return True


def _store(order: Order, number: int, part: bytes) -> None:
    store(actor=HOUSE, order=order, number=number, part=part)


def _write_folder(sink: SealedSink, order: Order, asker: Actor, wait_seconds: float) -> None:
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as folder:
        _fill(folder, order, asker, wait_seconds)


def _write_bundle(sink: SealedSink, order: Order, asker: Actor, wait_seconds: float) -> None:
    for piece in bundle_of(
        asker, order.dossier_id, timezone.localtime(), shares(asker, order.dossier_id, _teller(order))
    ):
        sink.write(piece)
    _expect_covered(order, wait_seconds)


def _write_summary(sink: SealedSink, order: Order, asker: Actor, wait_seconds: float) -> None:
    share = open_summary_share(actor=asker, dossier_id=order.dossier_id)
    sink.write(fhir_document(share, order.dossier_id) if order.shape is CopyShape.IPS else summary_pdf(share))
    _expect_covered(order, wait_seconds)


_MAKERS: Mapping[CopyShape, Callable[[SealedSink, Order, Actor, float], None]] = {
    CopyShape.FOLDER: _write_folder,
    CopyShape.FHIR: _write_bundle,
    CopyShape.IPS: _write_summary,
    CopyShape.PDF: _write_summary,
}


def _teller(order: Order) -> Callable[[int], None]:
    return lambda done: tell(order, done=done)


def _fill(folder: zipfile.ZipFile, order: Order, asker: Actor, wait_seconds: float) -> None:
    at, contents = timezone.localtime(), Contents()
    with folder.open("bundle.json", "w", force_zip64=True) as written:
        for piece in bundle_of(
            asker, order.dossier_id, at, _noted(shares(asker, order.dossier_id, _teller(order)), contents)
        ):
            written.write(piece)
    for name, document_id in contents.files:
        _write_file(folder, name, document_id, asker)
        tell(order, done=len(Category))
    share = open_summary_share(actor=asker, dossier_id=order.dossier_id)
    folder.writestr("summary.fhir.json", fhir_document(share, order.dossier_id))
    folder.writestr("summary.pdf", summary_pdf(share))
    # Before the history and its proofs are taken, so that they tell of this copy too.
    _expect_covered(order, wait_seconds)
    ref = ref_of(order.dossier_id)
    own = ref.owner == asker.id
    lines = whole_history(ref, asker)
    context = {
        "identity": contents.identity,
        "drawers": [
            (category, sorted(items, key=_when, reverse=True)) for category, items in contents.drawers.items() if items
        ],
        "files": len(contents.files),
        "at": at,
        "hidden": order.with_hidden,
        # Escaped, the quotation marks of a style sheet would be none; nothing of a person is in this file.
        "style": format_html("<style>{}</style>", mark_safe(_LOOKS)),  # noqa: S308 - our own file  # nosec B308, B703
    }
    folder.writestr("summary.html", render_to_string("takeaway/summary.html", {**context, "own": own}))
    if own:
        folder.writestr("accesses.html", render_to_string("takeaway/accesses.html", {**context, "lines": lines}))
        folder.writestr("accesses.json", json.dumps([_told(line) for line in lines], ensure_ascii=False, indent=1))
        folder.writestr("proofs.txt", collect_proofs(actor=asker))
    tell(order, done=STEPS)


def _noted(given: Iterable[Share], contents: Contents) -> Iterator[Share]:
    """What was given, and noted for the readable summary on its way."""
    for share in given:
        contents.identity = contents.identity or share.identity
        for each in share.files:
            number = len(contents.files) + 1
            contents.files.append(
                (f"documents/{share.category.value}/{number:04d}-{each.name or 'file'}", each.document_id)
            )
        contents.drawers.setdefault(share.category, []).extend(item for item, _going in share.documents)
        yield share


def _write_file(folder: zipfile.ZipFile, name: str, document_id: UUID, asker: Actor) -> None:
    """One file, piece by piece: its size never lies in memory."""
    with (
        open_document(actor=asker, document_id=document_id) as document,
        folder.open(name, "w", force_zip64=True) as written,
    ):
        for piece in document.pieces():
            written.write(piece)


def _when(item: Item) -> datetime:
    return item.header.date or item.filed_at


def _told(line: Line) -> dict[str, object]:
    """One line of the history as plain data."""
    return {
        "at": line.at.isoformat(),
        "who": line.who,
        "detail": line.who_detail,
        "what": line.what,
        "category": line.category.label if line.category else "",
        "why": line.why,
        "refused": line.refused,
        "times": line.times,
    }


def _expect_covered(order: Order, seconds: float) -> None:
    told = Entry.objects.about(order.pseudonym).filter(event=Event.EXPORT_FILLED.dotted).newest_first().first()
    if told is not None and not wait_until_covered(told.id, seconds=seconds):
        raise NotCovered
