"""Documents: sealed while they come in, opened a part at a time, by those who may read their record and nobody else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from consent.decisions import Refused
from records import receiving
from records.documents import open_document, remove_document
from records.models import Document, FormerObject, Record
from records.receiving import QuotaFull, TooLarge, Unknown, begin_upload
from records.rotation import begin
from records.vault.cipher import Flaw, Unreadable
from records.vault.document import sealed_size
from tests.records.papers import WORDS, body, keep, kept, objects, read, send, whole
from tests.records.scenes import CANARY, SEED, Household

HOUSE = Actor.system("rotation")


@pytest.mark.parametrize("length", [0, 1, 65_480, 65_481, 300_000])
def test_what_goes_in_comes_out(household: Household, folder: Path, length: int) -> None:
    document_id = send(household, body(length), piece=10_007)
    opened = open_document(actor=household.patient, document_id=document_id)
    assert (opened.name, opened.media_type, opened.length) == ("genou.pdf", "application/pdf", length)
    assert whole(opened) == body(length)
    assert repr(opened) == "<OpenDocument>"
    row = Document.objects.get(id=document_id)
    [stored] = objects(folder)
    sealed = stored.read_bytes()
    assert (row.sealed_size, bytes(row.digest)) == (len(sealed), hashlib.sha256(sealed).digest())
    assert len(sealed) == sealed_size(length)
    assert stored.stat().st_mode & 0o077 == 0
    assert CANARY.encode() not in sealed
    assert CANARY.encode() not in bytes(row.label)
    assert b"genou" not in bytes(row.label)


def test_parts_and_a_view_read_what_a_file_would(household: Household, folder: Path) -> None:
    data = os.urandom(400_000)
    with open_document(actor=household.patient, document_id=send(household, data)) as opened:
        assert b"".join(opened.pieces(65_000, 200_001)) == data[65_000:200_001]
        view = opened.view()
        for at, size in ((0, 10), (399_990, 50), (65_479, 3), (131_000, 200_000), (12, 0)):
            view.seek(at)
            assert view.read(size) == data[at : at + size]
        view.seek(-4, os.SEEK_END)
        assert view.read() == data[-4:]
        assert view.seek(500_000) == 500_000
        assert view.read(1) == b""


def test_staged_it_is_its_senders_alone(household: Household, folder: Path) -> None:
    sent = send(household, WORDS, actor=household.doctor)
    assert read(household.doctor, sent) == WORDS
    assert read(Actor.system("import"), sent) == WORDS
    for other in (household.patient, household.nurse, household.neighbour, household.stranger, HOUSE):
        with pytest.raises(Unknown):
            open_document(actor=other, document_id=sent)
    with pytest.raises(Unknown):
        open_document(actor=household.patient, document_id=uuid4())


def test_kept_it_has_the_rights_of_its_record(household: Household, folder: Path) -> None:
    document_id = kept(household, WORDS, Category.LABORATORY)
    assert read(household.patient, document_id) == WORDS
    assert read(household.doctor, document_id) == WORDS
    for other in (household.neighbour, household.stranger, household.administrator, HOUSE):
        with pytest.raises(Unknown):
            open_document(actor=other, document_id=document_id)
    opened = open_document(actor=household.doctor, document_id=document_id)
    assert opened.media_type == "image/png"
    opened.close()
    events = [entry.event for entry in entries_about(household.ref.pseudonym)]
    assert {"file.received", "file.kept", "file.read"} <= set(events)


def test_who_may_not_deposit_sends_nothing(household: Household, folder: Path) -> None:
    with pytest.raises(Unknown):
        send(household, WORDS, actor=household.stranger)
    with pytest.raises(Refused):
        send(household, WORDS, actor=household.nurse, category=Category.PERSONAL_NOTES)
    assert objects(folder) == []


@pytest.mark.asvs("v5.0.0-5.2.1", "v5.0.0-5.2.4")
def test_too_large_or_too_many_is_refused_and_leaves_nothing(
    household: Household, folder: Path, settings: LazySettings
) -> None:
    settings.DOCUMENT_MAX_BYTES = 100_000
    with pytest.raises(TooLarge):
        send(household, body(100_001))
    settings.DOCUMENT_QUOTA_BYTES = 150_000
    send(household, body(100_000))
    with pytest.raises(QuotaFull):
        send(household, body(60_000))
    assert len(objects(folder)) == 1
    assert Document.objects.count() == 1


@pytest.mark.asvs("v5.0.0-2.3.4", "v5.0.0-15.4.2")
def test_two_uploads_at_once_do_not_pass_the_quota_together(
    household: Household, folder: Path, settings: LazySettings
) -> None:
    settings.DOCUMENT_QUOTA_BYTES = 150_000
    uploads = [
        begin_upload(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING) for _ in range(2)
    ]
    for upload in uploads:
        upload.write(body(100_000))
    uploads[0].finish(name="a", media_type="image/png")
    with pytest.raises(QuotaFull):
        uploads[1].finish(name="b", media_type="image/png")
    assert len(objects(folder)) == 1


def test_an_upload_that_breaks_off_leaves_nothing(household: Household, folder: Path) -> None:
    def breaks_off() -> None:
        with begin_upload(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING) as upload:
            upload.write(body(200_000))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        breaks_off()
    assert objects(folder) == []
    assert not Document.objects.exists()


def test_a_key_that_turns_while_a_document_comes_in(household: Household, folder: Path) -> None:
    upload = begin_upload(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING)
    upload.write(body(100_000))
    begin(actor=HOUSE, dossier_id=household.ref.id)
    upload.write(body(100_000))
    document_id = upload.finish(name="a", media_type="image/png")
    assert read(household.patient, document_id) == body(100_000) * 2
    assert Document.objects.get(id=document_id).key_version == 2
    assert len(objects(folder)) == 1


def test_into_another_drawer_it_is_sealed_again(household: Household, folder: Path) -> None:
    document_id = send(household, body(200_000), category=Category.IMAGING)
    keep(household, document_id, household.file(Category.LABORATORY))
    assert read(household.patient, document_id) == body(200_000)
    assert Document.objects.get(id=document_id).category == "laboratory"
    # The first object stays until nobody can be reading it.
    assert FormerObject.objects.count() == 1
    assert len(objects(folder)) == 2


def test_kept_once_and_only_by_its_sender(household: Household, folder: Path) -> None:
    record_id, document_id = household.file(Category.IMAGING), send(household, WORDS)
    with pytest.raises(Document.DoesNotExist):
        keep(household, document_id, record_id, household.doctor)
    with pytest.raises(Record.DoesNotExist):
        keep(household, document_id, household.file(ref=household.neighbour_ref))
    keep(household, document_id, record_id)
    with pytest.raises(Document.DoesNotExist):
        keep(household, document_id, record_id)


def test_its_sender_takes_it_out(household: Household, folder: Path) -> None:
    own, doctors = kept(household, WORDS, Category.LABORATORY), send(household, WORDS, actor=household.doctor)
    for actor, document_id in ((household.doctor, own), (household.neighbour, own), (household.patient, doctors)):
        with pytest.raises(Unknown):
            remove_document(actor=actor, document_id=document_id)
    remove_document(actor=household.patient, document_id=own)
    remove_document(actor=household.doctor, document_id=doctors)
    for actor, document_id in ((household.patient, own), (household.doctor, doctors)):
        with pytest.raises(Unknown):
            open_document(actor=actor, document_id=document_id)
    assert [bytes(row.label) for row in Document.objects.all()] == [b"", b""]
    assert FormerObject.objects.count() == 2


@pytest.fixture
def two(household: Household, folder: Path) -> tuple[UUID, UUID]:
    return kept(household, body(1_000)), kept(household, body(1_000)[::-1], Category.LABORATORY)


def swapped(superuser: object, statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def flaw_of(actor: Actor, document_id: UUID) -> Flaw:
    with pytest.raises(Unreadable) as caught:
        open_document(actor=actor, document_id=document_id)
    return caught.value.flaw


@pytest.mark.parametrize("columns", ["stored_as", "stored_as, sealed_size, digest", "record_id", "label", "category"])
def test_swapped_between_two_documents_nothing_opens(
    household: Household, two: tuple[UUID, UUID], owner: object, columns: str
) -> None:
    one, other = two
    names = columns.split(", ")
    first, second = (Document.objects.filter(id=each).values(*names).get() for each in two)
    # Through a name that is nobody's: each object belongs to one row.
    if "stored_as" in names:
        Document.objects.filter(id=one).update(stored_as="between")
    Document.objects.filter(id=other).update(**first)
    Document.objects.filter(id=one).update(**second)
    for document_id in two:
        assert flaw_of(household.patient, document_id) in (Flaw.COMMITMENT, Flaw.CONTENT, Flaw.TAG)


def test_swapped_between_two_patients_nothing_opens(household: Household, folder: Path) -> None:
    theirs = begin_upload(actor=household.neighbour, dossier_id=household.neighbour_ref.id, category=Category.IMAGING)
    theirs.write(body(1_000))
    their_id = theirs.finish(name="x", media_type="image/png")
    ours = send(household, body(1_000))
    names = (Document.objects.get(id=ours).stored_as, Document.objects.get(id=their_id).stored_as)
    os.rename(folder / names[0], folder / "kept")
    os.rename(folder / names[1], folder / names[0])
    os.rename(folder / "kept", folder / names[1])
    assert flaw_of(household.patient, ours) is Flaw.COMMITMENT
    assert flaw_of(household.neighbour, their_id) is Flaw.COMMITMENT


def test_an_object_that_is_cut_added_to_or_gone_does_not_open(household: Household, folder: Path) -> None:
    document_id = send(household, body(200_000))
    [path] = objects(folder)
    sealed = path.read_bytes()
    for changed, flaw in ((sealed[:-1], Flaw.LENGTH), (sealed + b"\0", Flaw.LENGTH), (sealed[:50], Flaw.LENGTH)):
        path.write_bytes(changed)
        assert flaw_of(household.patient, document_id) is flaw
    path.unlink()
    assert flaw_of(household.patient, document_id) is Flaw.MISSING
    path.write_bytes(sealed[:1_000] + bytes((sealed[1_000] ^ 1,)) + sealed[1_001:])
    with open_document(actor=household.patient, document_id=document_id) as opened:
        assert b"".join(opened.pieces(150_000, 150_010)) == body(200_000)[150_000:150_010]
        with pytest.raises(Unreadable):
            b"".join(opened.pieces())


def test_the_application_can_neither_erase_nor_hand_over_a_document(household: Household, folder: Path) -> None:
    document_id = send(household, WORDS)
    for change in (
        lambda rows: rows.delete(),
        lambda rows: rows.update(dossier_id=household.neighbour_ref.id),
        lambda rows: rows.update(uploader=household.doctor.id),
        lambda rows: rows.update(received_at=None),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Document.objects.filter(id=document_id))


@pytest.mark.asvs("v5.0.0-5.3.1")
def test_nothing_in_clear_is_left_in_any_file(household: Household, folder: Path) -> None:
    """Where Django would spool what exceeds 2.5 MB, there is not one byte."""
    send(household, body(5_000_000))
    kept(household, body(3_000_000))
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert CANARY.encode() not in path.read_bytes()


def test_a_store_without_room_is_away_and_nothing_remains(household: Household, folder: Path) -> None:
    upload = begin_upload(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING)
    upload._object._file.close()
    with pytest.raises(ValueError, match="closed"):
        upload.write(body(200_000))
    upload.abandon()
    assert objects(folder) == []


def test_the_house_files_without_reading(household: Household, folder: Path) -> None:
    document_id = send(household, WORDS, actor=SEED)
    keep(household, document_id, household.file(Category.IMAGING), SEED)
    assert read(household.patient, document_id) == WORDS
    assert receiving.Unknown is Unknown
