"""A process that reads documents is taken over: it holds one drawer's subkeys and can reach nothing else."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from consent.categories import Category
from records.documents import open_document
from records.drawing.opening import packed
from records.formats import apart
from records.models import Document, Dossier, PatientKey, Record
from records.patient_keys import PatientKeys
from records.vault.envelope import Place
from tests.records.formats import intruder
from tests.records.papers import body, kept
from tests.records.scenes import Household

linux = pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")


def sealed_document(folder: Path, document_id: UUID) -> dict[str, Any]:
    row = Document.objects.get(id=document_id)
    place = Place("document", row.dossier_id, row.category, row.id, row.revision)
    return loot(place, (folder / row.stored_as).read_bytes())


def loot(place: Place, sealed: bytes) -> dict[str, Any]:
    told = [place.kind, place.owner.hex, place.category, place.object_id.hex, place.revision]
    return {"place": told, "sealed": bytes(sealed).hex()}


def stolen_from(home: Household, folder: Path, own: UUID) -> dict[str, dict[str, Any]]:
    """Sealed bytes that the intruder could not even get: its own document, and one of everything else."""
    dossier = Dossier.objects.get(id=home.ref.id)
    record = Record.objects.filter(category="imaging").first()
    assert record is not None
    return {
        "own document": sealed_document(folder, own),
        "another drawer": sealed_document(folder, kept(home, body(500), Category.LABORATORY)),
        "body of the same drawer": loot(
            Place("record", home.ref.id, "imaging", record.id, record.revision), record.body
        ),
        "header of the same drawer": loot(
            Place("header", home.ref.id, "imaging", record.id, record.revision), record.header
        ),
        "identity": loot(
            Place("identity", home.ref.id, "", home.ref.id, dossier.identity_revision), dossier.sealed_identity
        ),
        "another patient": loot(
            Place("identity", home.neighbour_ref.id, "", home.neighbour_ref.id, 1),
            Dossier.objects.get(id=home.neighbour_ref.id).sealed_identity,
        ),
    }


def take_over(monkeypatch: pytest.MonkeyPatch, given: bytes, stolen: dict[str, object]) -> dict[str, object]:
    monkeypatch.setattr(
        apart, "READERS", {**apart.READERS, "taken-over": ("tests.records.formats.intruder", "take_over")}
    )
    told = json.dumps(stolen).encode()
    return apart.made_apart("taken-over", given + told + len(told).to_bytes(4, "big")).facts


@pytest.mark.asvs("v5.0.0-1.4.1", "v5.0.0-15.2.5")
@linux
def test_taken_over_it_opens_nothing_of_another_drawer(
    household: Household, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = kept(household, body(1_000), Category.IMAGING)
    with open_document(actor=household.patient, document_id=own) as document:
        handover = document.handover
        given = packed(handover.keys, handover.place, handover.stored.read(0, handover.stored.size))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        said = take_over(
            monkeypatch,
            given,
            {
                "loot": stolen_from(household, folder, own),
                "house": os.getpid(),
                "port": listening.getsockname()[1],
                "files": [str(settings.KEYRING_FILE), str(settings.AUDIT_SIGNING_KEY_FILE), str(folder)],
            },
        )
    assert said["own"] == 1_000
    assert said["opened"] == ["own document"]
    assert said["reached"] == []
    assert set(said["environment"]) <= {"LC_CTYPE", "OPENBLAS_NUM_THREADS"}


def test_what_the_intruder_tries_would_work_with_the_keys_and_without_the_filter(
    household: Household, folder: Path
) -> None:
    own = kept(household, body(10), Category.IMAGING)
    for name, found in stolen_from(household, folder, own).items():
        kind, owner, category, object_id, revision = found["place"]
        place = Place(kind, UUID(owner), category, UUID(object_id), revision)
        keys = PatientKeys(place.owner, list(PatientKey.objects.filter(dossier_id=place.owner)))
        assert intruder._try(keys.subkeys(kind, category, 1), place, bytes.fromhex(found["sealed"])), name
    reached = dict(intruder._reaches({"house": os.getpid(), "files": [str(settings.KEYRING_FILE)], "port": 1}))
    for name in ("read /etc/passwd", f"read {settings.KEYRING_FILE}", "list a folder", "signal the house", "fork"):
        assert intruder._does(reached[name]), name
