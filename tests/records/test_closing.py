"""A closed record opens to nobody; its keys go after ten years or on an order, and no sooner, whoever asks."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from records.breaking_glass import break_glass
from records.closing import NotLawful, close, expired, read_receipt, shred
from records.comparing import compare_records
from records.dossiers import Closed, NoDossier, Unknown
from records.identity import find_by_ins, find_own, open_contact, read_identities
from records.models import Dossier, KeyState, PatientKey, Record
from records.patient_keys import PatientKeys, WritingKeys
from records.reading import open_category, open_overview, open_record
from records.rewrapping import rewrap_batch
from records.rotation import begin, reseal_batch
from records.turning import carry_through, due, unfinished
from records.vault.cipher import Flaw, Unreadable
from records.writing import mask
from tests.records.scenes import Household

ERASURE = Actor.system("erasure")
HOUSE = Actor.system("rotation")


@pytest.fixture
def full(household: Household) -> Household:
    household.records.append(household.file())
    household.file(ref=household.neighbour_ref)
    return household


def fresh(home: Household) -> Actor:
    return replace(home.patient, fresh=True)


def closed(home: Household) -> Household:
    close(actor=fresh(home), dossier_id=home.ref.id)
    return home


def states(home: Household) -> list[str]:
    return [key.state for key in PatientKey.objects.filter(dossier_id=home.ref.id).order_by("version")]


def order(owner: psycopg.Connection, home: Household) -> None:
    owner.execute(
        "INSERT INTO records_erasureorder (id, dossier_id, ground, reference, ordered_at)"
        " VALUES (gen_random_uuid(), %s, 'request', 'rgpd-2026-17', now())",
        [home.ref.id],
    )


def test_a_closed_record_opens_to_nobody(full: Household) -> None:
    record = full.records[0]
    closed(full)
    assert states(full) == [KeyState.CLOSED]
    refusals: list[tuple[type[Exception], Callable[[], object]]] = [
        (Closed, lambda: find_own(full.patient)),
        (Closed, lambda: open_overview(actor=fresh(full))),
        (Unknown, lambda: open_overview(actor=full.doctor, dossier_id=full.ref.id)),
        (Unknown, lambda: open_category(actor=full.doctor, dossier_id=full.ref.id, category=Category.LABORATORY)),
        (Unknown, lambda: open_record(actor=full.patient, record_id=record)),
        (Unknown, lambda: open_contact(actor=Actor.system("letters"), dossier_id=full.ref.id)),
        (
            Unknown,
            lambda: break_glass(actor=full.stranger, dossier_id=full.ref.id, reason_code="unconscious", text="x"),
        ),
        (Unknown, lambda: full.file()),
        (Unknown, lambda: mask(actor=full.patient, record_id=record)),
        (Unknown, lambda: begin(actor=HOUSE, dossier_id=full.ref.id)),
        (Unknown, lambda: reseal_batch(actor=HOUSE, dossier_id=full.ref.id)),
        (Unknown, lambda: close(actor=fresh(full), dossier_id=full.ref.id)),
    ]
    for expected, door in refusals:
        with pytest.raises(expected):
            door()
    assert read_identities(actor=full.doctor, dossier_ids=[full.ref.id]) == {}
    assert find_by_ins(actor=full.doctor, ins=full.identity.ins) is None
    assert due(timezone.now()) == [(full.neighbour_ref.id, 1)]
    assert open_overview(actor=full.neighbour).newest


def test_even_a_door_that_forgets_to_ask_opens_nothing(full: Household) -> None:
    row = Record.objects.get(id=full.records[0])
    open_record(actor=full.patient, record_id=row.id)
    closed(full)
    keys = PatientKeys(full.ref.id, list(PatientKey.objects.filter(dossier_id=full.ref.id)))
    with pytest.raises(Unreadable) as caught:
        keys.open_("record", row.id, row.revision, row.body, category=row.category)
    assert caught.value.flaw is Flaw.CLOSED_KEY
    with transaction.atomic(), pytest.raises(Dossier.DoesNotExist):
        WritingKeys(full.ref.id)


def test_only_the_patient_closes_with_a_fresh_proof(full: Household) -> None:
    neighbour = replace(full.neighbour, fresh=True)
    for actor in (full.patient, neighbour, full.doctor, full.administrator, HOUSE, ERASURE):
        with pytest.raises(Unknown):
            close(actor=actor, dossier_id=full.ref.id)
    assert states(full) == [KeyState.ACTIVE]
    with pytest.raises(NoDossier):
        read_receipt(full.patient)
    receipt = close(actor=fresh(full), dossier_id=full.ref.id)
    assert read_receipt(full.patient) == receipt
    assert receipt.kept_until.year == receipt.closed_at.year + 10
    newest = next(iter(entries_about(full.ref.pseudonym)))
    assert (newest.event, newest.outcome) == ("dossier.closed", "done")


def test_a_rotation_that_was_under_way_stops_and_keeps_both_keys(full: Household) -> None:
    begin(actor=HOUSE, dossier_id=full.ref.id)
    assert unfinished() == [full.ref.id]
    closed(full)
    assert states(full) == [KeyState.CLOSED, KeyState.CLOSED]
    assert unfinished() == []
    with pytest.raises(Unknown):
        carry_through(full.ref.id)
    assert compare_records().ok


def test_keys_go_on_an_order_and_only_then(full: Household, owner: psycopg.Connection) -> None:
    closed(full)
    assert expired() == []
    with pytest.raises(NotLawful):
        shred(actor=ERASURE, dossier_id=full.ref.id)
    order(owner, full)
    assert expired() == [full.ref.id]
    for actor in (fresh(full), full.administrator, HOUSE):
        with pytest.raises(Unknown):
            shred(actor=actor, dossier_id=full.ref.id)
    assert shred(actor=ERASURE, dossier_id=full.ref.id) == 1
    assert shred(actor=ERASURE, dossier_id=full.ref.id) == 0
    assert (states(full), expired()) == ([KeyState.DESTROYED], [])
    assert PatientKey.objects.get(dossier_id=full.ref.id).wrapped is None
    assert read_receipt(full.patient).shredded_at is not None
    told = next(entry for entry in entries_about(full.ref.pseudonym) if entry.outcome == "done")
    assert (told.event, dict(told.facts)) == ("dossier.shredded", {"count": "1", "reason": "request"})
    assert open_overview(actor=full.neighbour).newest


def test_an_order_reaches_a_record_that_is_still_open(full: Household, owner: psycopg.Connection) -> None:
    begin(actor=HOUSE, dossier_id=full.ref.id)
    order(owner, full)
    assert shred(actor=ERASURE, dossier_id=full.ref.id) == 2
    with pytest.raises(Closed):
        open_overview(actor=full.patient)


@pytest.mark.asvs("v5.0.0-14.2.7")
def test_keys_go_after_ten_years(full: Household, owner: psycopg.Connection) -> None:
    closed(full)
    backdate = "UPDATE records_dossier SET closed_at = now() - interval '10 years' + %s WHERE id = %s"
    owner.execute(backdate, [timedelta(hours=1), full.ref.id])
    with pytest.raises(NotLawful):
        shred(actor=ERASURE, dossier_id=full.ref.id)
    owner.execute(backdate, [timedelta(0), full.ref.id])
    assert expired() == [full.ref.id]
    assert shred(actor=ERASURE, dossier_id=full.ref.id) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_dossier SET closed_at = now() - interval '11 years'",
        "UPDATE records_dossier SET shredded_at = now()",
        "UPDATE records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()",
        "UPDATE records_patientkey SET destroyed_at = now()",
        "UPDATE records_patientkey SET wrapped = NULL",
        "UPDATE records_patientkey SET dossier_id = gen_random_uuid()",
        "INSERT INTO records_erasureorder (id, dossier_id, ground, reference, ordered_at)"
        " SELECT gen_random_uuid(), id, 'court', 'x', now() FROM records_dossier",
        "SELECT records_shred_dossier(id) FROM records_dossier",
        "SELECT records_destroy_key(id, 1) FROM records_dossier",
    ],
)
def test_the_application_destroys_no_key_by_itself(full: Household, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert states(full) == [KeyState.ACTIVE]
    assert open_record(actor=full.patient, record_id=full.records[0])


def test_a_key_in_force_is_not_destroyed_where_no_record_lies(household: Household) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_destroy_key(%s, 1)", [household.ref.id])
        assert cursor.fetchone() == (False,)
    assert states(household) == [KeyState.ACTIVE]


def test_keys_of_closed_records_follow_a_new_master_key(full: Household, tmp_path: Path, settings: object) -> None:
    closed(full)
    turn_master_key(tmp_path, settings)
    while rewrap_batch(actor=HOUSE):
        pass
    assert set(PatientKey.objects.values_list("kek_id", flat=True)) == {"local:next"}
    assert states(full) == [KeyState.CLOSED]


def test_the_command_orders_erases_and_says_what_is_left(full: Household, capsys: pytest.CaptureFixture[str]) -> None:
    ordered = ["--dossier", str(full.ref.id), "--ground", "court", "--reference", "TJ-2026/17"]
    call_command("erase_record", *ordered, "--yes")
    assert "1 keys destroyed. Backups" in capsys.readouterr().out
    assert states(full) == [KeyState.DESTROYED]
    call_command("erase_record", *ordered, "--yes")
    assert "0 keys destroyed" in capsys.readouterr().out
    for wrong, sentence in (
        (["--dossier", str(uuid4())], "no such health record"),
        (["--reference", "Mme Martin"], "expected up to 40 letters"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("erase_record", *ordered, *wrong, "--yes")


def turn_master_key(folder: Path, settings: object, *, keep: bool = True) -> None:
    """A keyring whose current key is a new one, with the former ones beside it unless told otherwise."""
    ring = json.loads(Path(settings.KEYRING_FILE).read_text())
    kept = ring["keys"] if keep else {}
    ring = {"current": "local:next", "keys": {**kept, "local:next": base64.b64encode(secrets.token_bytes(32)).decode()}}
    path = folder / "keyring.json"
    path.write_text(json.dumps(ring))
    path.chmod(0o400)
    settings.KEYRING_FILE = path
