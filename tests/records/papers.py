"""Documents for the tests of this room, sent and kept as people do."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from consent.categories import Category
from records.documents import OpenDocument, open_document
from records.keeping import keep_document
from records.receiving import begin_upload
from records.writing import begin_filing
from tests.records.scenes import CANARY, Household

WORDS = f"{CANARY} et son dossier. ".encode()


def body(length: int) -> bytes:
    return (WORDS * (length // len(WORDS) + 1))[:length]


def objects(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*"))


def send(
    home: Household,
    data: bytes,
    *,
    actor: Actor | None = None,
    category: Category = Category.IMAGING,
    piece: int = 65_536,
) -> UUID:
    with begin_upload(actor=actor or home.patient, dossier_id=home.ref.id, category=category) as upload:
        for at in range(0, len(data), piece):
            upload.write(data[at : at + piece])
        return upload.finish(name="C:\\scans\\genou.pdf", media_type="application/pdf")


def keep(home: Household, document_id: UUID, record_id: UUID, actor: Actor | None = None) -> None:
    with transaction.atomic():
        filing = begin_filing(actor=actor or home.patient, ref=home.ref)
        keep_document(filing, document_id, record_id, media_type="image/png")


def kept(home: Household, data: bytes, category: Category = Category.IMAGING) -> UUID:
    document_id = send(home, data, category=category)
    keep(home, document_id, home.file(category))
    return document_id


def whole(opened: OpenDocument) -> bytes:
    with opened:
        return b"".join(opened.pieces())


def read(actor: Actor, document_id: UUID) -> bytes:
    return whole(open_document(actor=actor, document_id=document_id))
