"""Documents turn with their patient's key: a new object, the swap, the old one's leave. And what is left over goes."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from audit.actor import Actor
from consent.categories import Category
from consent.declaring import declared
from records import resealing
from records.documents import open_document
from records.keeping import empty_row
from records.models import Document, FormerObject, KeyState, PatientKey, Record
from records.resealing import documents_behind, reseal_document, reseal_documents
from records.rotation import Unknown, begin, finish
from records.sealed_rows import count_behind
from records.sweeping import sweep_documents
from records.turning import carry_through, destroy_ripe
from records.vault.cipher import Unreadable
from records.vault.document import version_of
from tests.records.papers import body, kept, objects, read, send
from tests.records.scenes import Household

HOUSE, SWEEP = Actor.system("rotation"), Actor.system("sweep")
NOW = timedelta(0)


@pytest.fixture
def documents(household: Household, folder: Path) -> list[UUID]:
    return [
        kept(household, body(100_000)),
        kept(household, body(10), Category.LABORATORY),
        send(household, body(70_000)),
    ]


def states(dossier_id: UUID) -> list[str]:
    return list(PatientKey.objects.filter(dossier_id=dossier_id).order_by("version").values_list("state", flat=True))


def age(folder: Path, hours: int) -> None:
    for path in objects(folder):
        os.utime(path, (0, timezone.now().timestamp() - 3600 * hours))


def test_documents_turn_and_read_the_same(household: Household, folder: Path, documents: list[UUID]) -> None:
    before = [read(household.patient, document_id) for document_id in documents]
    begin(actor=HOUSE, dossier_id=household.ref.id)
    assert [read(household.patient, document_id) for document_id in documents] == before
    assert count_behind(household.ref.id, 2) == 5
    assert carry_through(household.ref.id) == 0
    assert [read(household.patient, document_id) for document_id in documents] == before
    names = set(Document.objects.values_list("stored_as", flat=True))
    assert {version_of((folder / name).read_bytes()[:37]) for name in names} == {2}
    assert len(objects(folder)) == 6
    assert sweep_documents(actor=SWEEP).total == 0
    assert sweep_documents(actor=SWEEP, grace=NOW).former == 3
    assert {str(path.relative_to(folder)) for path in objects(folder)} == names
    assert destroy_ripe(grace=NOW) == 1
    assert states(household.ref.id) == [KeyState.DESTROYED, KeyState.ACTIVE]
    assert [read(household.patient, document_id) for document_id in documents] == before


def test_whoever_reads_while_the_key_turns_reads_on(household: Household, documents: list[UUID]) -> None:
    opened = open_document(actor=household.patient, document_id=documents[0])
    pieces = opened.pieces()
    first = next(pieces)
    begin(actor=HOUSE, dossier_id=household.ref.id)
    carry_through(household.ref.id)
    sweep_documents(actor=SWEEP, grace=NOW)
    destroy_ripe(grace=NOW)
    assert first + b"".join(pieces) == body(100_000)
    opened.close()


def test_a_key_that_a_document_needs_is_not_retired(household: Household, documents: list[UUID]) -> None:
    begin(actor=HOUSE, dossier_id=household.ref.id)
    while resealing.documents_behind(household.ref.id)[1:]:
        reseal_document(actor=HOUSE, document_id=documents_behind(household.ref.id)[0])
    assert finish(actor=HOUSE, dossier_id=household.ref.id) > 0
    assert reseal_documents(household.ref.id) == 1
    assert documents_behind(household.ref.id) == []


def test_a_document_that_does_not_open_keeps_its_key_and_nobody_elses(
    household: Household,
    folder: Path,
    documents: list[UUID],
) -> None:
    damaged = folder / Document.objects.get(id=documents[0]).stored_as
    sealed = damaged.read_bytes()
    damaged.write_bytes(sealed[:70_000] + b"x" + sealed[70_001:])
    begin(actor=HOUSE, dossier_id=household.ref.id)
    assert carry_through(household.ref.id) == 1
    assert documents_behind(household.ref.id) == [documents[0]]
    with pytest.raises(Unreadable):
        reseal_document(actor=HOUSE, document_id=documents[0])
    assert len(objects(folder)) == 5
    damaged.write_bytes(sealed)
    assert carry_through(household.ref.id) == 0
    assert read(household.patient, documents[0]) == body(100_000)


def test_twice_at_once_it_is_swapped_once(
    household: Household,
    folder: Path,
    documents: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(actor=HOUSE, dossier_id=household.ref.id)
    whole = resealing.seal_object

    def meanwhile(*arguments: object) -> object:
        again = whole(*arguments)
        monkeypatch.setattr(resealing, "seal_object", whole)
        assert reseal_document(actor=HOUSE, document_id=documents[0])
        return again

    monkeypatch.setattr(resealing, "seal_object", meanwhile)
    assert reseal_document(actor=HOUSE, document_id=documents[0]) is False
    assert read(household.patient, documents[0]) == body(100_000)
    assert len(objects(folder)) == 4
    assert not reseal_document(actor=HOUSE, document_id=documents[0])


def test_killed_between_the_copy_and_the_swap_it_goes_on(
    household: Household,
    folder: Path,
    documents: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(actor=HOUSE, dossier_id=household.ref.id)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(resealing, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            reseal_document(actor=HOUSE, document_id=documents[0])
    assert read(household.patient, documents[0]) == body(100_000)
    assert carry_through(household.ref.id) == 0
    sweep_documents(actor=SWEEP, grace=NOW)
    age(folder, 25)
    assert sweep_documents(actor=SWEEP).orphans == 1
    assert len(objects(folder)) == 3


def test_only_the_house_turns_and_sweeps(household: Household, documents: list[UUID]) -> None:
    for actor in (household.patient, household.doctor, household.administrator, SWEEP):
        with pytest.raises(Unknown):
            reseal_document(actor=actor, document_id=documents[0])
    with pytest.raises(Unknown):
        sweep_documents(actor=household.patient)


def test_what_nobody_kept_goes_after_a_day(household: Household, folder: Path, documents: list[UUID]) -> None:
    (folder / "ab").mkdir(exist_ok=True)
    (folder / "ab" / "left-by-a-killed-upload").write_bytes(b"sealed")
    assert sweep_documents(actor=SWEEP).total == 0
    age(folder, 25)
    swept = sweep_documents(actor=SWEEP, staged=NOW)
    assert (swept.staged, swept.orphans, swept.former) == (1, 1, 0)
    assert Document.objects.get(id=documents[2]).removed_at is not None
    assert FormerObject.objects.filter(deleted_at=None).count() == 1
    assert sweep_documents(actor=SWEEP, grace=NOW).former == 1
    assert len(objects(folder)) == 2
    with pytest.raises(Unknown):
        open_document(actor=household.patient, document_id=documents[2])
    begin(actor=HOUSE, dossier_id=household.ref.id)
    assert carry_through(household.ref.id) == 0


def test_a_store_full_of_strangers_is_not_swept(household: Household, folder: Path, documents: list[UUID]) -> None:
    (folder / "ab").mkdir(exist_ok=True)
    for number in range(60):
        (folder / "ab" / f"object-{number}").write_bytes(b"of another house")
    age(folder, 25)
    with pytest.raises(CommandError, match="60 of 63 objects"):
        call_command("sweep_documents")
    assert len(objects(folder)) == 63


def test_the_command_says_what_went(household: Household, documents: list[UUID], capsys: pytest.CaptureFixture) -> None:
    with declared(household.ref.id):
        empty_row(Document.objects.get(id=documents[2]))
    call_command("sweep_documents")
    assert "0 staged documents, 0 former objects, 0 objects of nobody" in capsys.readouterr().out


def test_the_database_itself_keeps_a_key_that_a_document_needs(household: Household, folder: Path) -> None:
    document_id = send(household, body(100))
    assert not Record.objects.exists()
    PatientKey.objects.filter(dossier_id=household.ref.id).update(
        state=KeyState.DECRYPT_ONLY, retired_at=timezone.now()
    )
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="still needed"):
        cursor.execute("SELECT public.records_destroy_key(%s, 1)", [household.ref.id])
    assert read(household.patient, document_id) == body(100)
