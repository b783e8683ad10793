"""Documents are those that the log tells of; what was put back, changed or made up shows."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit.actor import Actor
from records.comparing import Comparison, Difference
from records.comparing_documents import compare_documents
from records.documents import open_document, remove_document
from records.models import Document
from records.rotation import begin
from records.turning import carry_through
from tests.records.papers import body, kept, send
from tests.records.scenes import Household

HOUSE = Actor.system("rotation")


@pytest.fixture
def documents(household: Household, folder: Path) -> list[UUID]:
    return [kept(household, body(100_000)), send(household, body(10))]


def differences(found: Comparison) -> list[tuple[Difference, UUID]]:
    return sorted(found.examples)


def test_what_was_received_kept_turned_and_removed_is_told(household: Household, documents: list[UUID]) -> None:
    assert (compare_documents(objects=True).ok, compare_documents().compared) == (True, 2)
    begin(actor=HOUSE, dossier_id=household.ref.id)
    carry_through(household.ref.id)
    assert compare_documents(objects=True).ok
    remove_document(actor=household.patient, document_id=documents[1])
    found = compare_documents(objects=True)
    assert (found.ok, found.compared) == (True, 1)


def test_an_older_object_put_back_with_its_row_opens_and_shows(
    household: Household, folder: Path, documents: list[UUID], owner: psycopg.Connection
) -> None:
    before = Document.objects.filter(id=documents[0]).values().get()
    begin(actor=HOUSE, dossier_id=household.ref.id)
    carry_through(household.ref.id)
    columns = ("stored_as", "label", "digest", "key_version", "sealed_size")
    owner.execute(
        f"UPDATE records_document SET {', '.join(f'{name} = %s' for name in columns)} WHERE id = %s",
        [*(before[name] for name in columns), documents[0]],
    )
    open_document(actor=household.patient, document_id=documents[0]).close()
    assert differences(compare_documents()) == [(Difference.ROLLED_BACK, documents[0])]
    with pytest.raises(CommandError, match="1 rolled_back"):
        call_command("verify_records")


def test_changed_gone_or_made_up(
    household: Household, folder: Path, documents: list[UUID], owner: psycopg.Connection
) -> None:
    rows = {row.id: row for row in Document.objects.all()}
    path = folder / rows[documents[0]].stored_as
    path.write_bytes(path.read_bytes() + b"x")
    (folder / rows[documents[1]].stored_as).unlink()
    assert compare_documents().ok
    assert differences(compare_documents(objects=True)) == sorted(
        [(Difference.ALTERED, documents[0]), (Difference.GONE, documents[1])]
    )
    made_up = Document(id=uuid4(), stored_as="made/up")
    for name in ("dossier_id", "category", "label", "sealed_size", "digest", "key_version", "uploader"):
        setattr(made_up, name, getattr(rows[documents[1]], name))
    made_up.save(force_insert=True)
    owner.execute("DELETE FROM records_document WHERE id = %s", [documents[1]])
    owner.execute("UPDATE records_document SET digest = %s WHERE id = %s", [bytes(32), documents[0]])
    assert differences(compare_documents()) == sorted(
        [
            (Difference.ALTERED, documents[0]),
            (Difference.GONE, documents[1]),
            (Difference.UNLOGGED, made_up.id),
        ]
    )
