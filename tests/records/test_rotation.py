"""A key turns while the house goes on: nothing is lost, nothing is done twice, the old key really goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from audit.actor import Actor, Role, Strength
from audit.log import entries_about
from consent.categories import Category
from consent.models import Emergency
from records import patient_keys, rotation
from records.breaking_glass import break_glass
from records.comparing import compare_records
from records.identity import Unknown, open_contact
from records.key_report import report_keys
from records.models import Dossier, PatientKey, Record
from records.patient_keys import PatientKeys, digest_of
from records.reading import open_category, open_overview, open_record
from records.rotation import begin, destroy, finish, reseal_batch
from records.sealed_rows import SEALED, STORED, count_behind
from records.turning import carry_through, destroy_ripe, due, unfinished
from records.unlocking import CACHE
from records.vault.cipher import Flaw, Unreadable, key_version_of
from tests.records.scenes import CANARY, Household, age_key

HOUSE = Actor.system("rotation")
NOW = timedelta(0)


def versions(dossier_id: UUID) -> set[int]:
    dossier = Dossier.objects.get(id=dossier_id)
    blobs = [dossier.sealed_identity, dossier.sealed_contact]
    blobs += [blob for row in Record.objects.filter(dossier_id=dossier_id) for blob in (row.header, row.body)]
    blobs += [row.sealed_reason for row in Emergency.objects.filter(dossier=dossier_id)]
    return {key_version_of(bytes(blob)) for blob in blobs if blob}


def states(dossier_id: UUID) -> list[str]:
    return [key.state for key in PatientKey.objects.filter(dossier_id=dossier_id).order_by("version")]


def turn(dossier_id: UUID) -> int:
    begin(actor=HOUSE, dossier_id=dossier_id)
    return carry_through(dossier_id, limit=3)


def everything_of(home: Household) -> tuple[object, ...]:
    drawer = open_category(actor=home.patient, dossier_id=home.ref.id, category=Category.LABORATORY)
    return (
        drawer.identity.to_bytes(),
        open_contact(actor=home.patient, dossier_id=home.ref.id).to_bytes(),
        tuple((item.record_id, item.header.to_bytes(), item.revision) for item in drawer.items),
        tuple(str(open_record(actor=home.patient, record_id=item.record_id).resource) for item in drawer.items),
    )


@pytest.fixture
def full(household: Household) -> Household:
    for number in range(7):
        household.records.append(household.file(value=f"5.{number}"))
    household.file(ref=household.neighbour_ref)
    return household


@pytest.mark.asvs("v5.0.0-11.2.2")
def test_every_sealed_byte_turns_and_reads_the_same(full: Household) -> None:
    emergency = break_glass(
        actor=full.stranger, dossier_id=full.ref.id, reason_code="unconscious", text=f"{CANARY} found"
    )
    before = everything_of(full)
    assert begin(actor=HOUSE, dossier_id=full.ref.id) == 2
    assert states(full.ref.id) == ["decrypt_only", "active"]
    assert everything_of(full) == before
    assert count_behind(full.ref.id, 2) == 8
    assert unfinished() == [full.ref.id]
    assert carry_through(full.ref.id, limit=3) == 0
    assert unfinished() == []
    assert versions(full.ref.id) == {2}
    assert versions(full.neighbour_ref.id) == {1}
    assert destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW) == 1
    assert states(full.ref.id) == ["destroyed", "active"]
    CACHE.clear()
    assert everything_of(full) == before
    row = Emergency.objects.get(id=emergency)
    assert row.key_version == 2
    assert bytes(row.digest) == digest_of(row.sealed_reason)
    keys = PatientKeys(full.ref.id, [])
    assert CANARY.encode() in keys.open_("reason", emergency, 1, row.sealed_reason)


def test_each_step_leaves_its_line_and_the_records_still_agree_with_the_log(full: Household) -> None:
    turn(full.ref.id)
    destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW)
    lines = [entry for entry in entries_about(full.ref.pseudonym, limit=100) if entry.actor == HOUSE.id]
    told = [(entry.event, entry.key_version, dict(entry.facts)) for entry in reversed(lines)]
    assert told == [
        ("key.turning", 2, {"previous": "1"}),
        *[("key.resealed", 2, {"rows": rows, "left_out": "0"}) for rows in ("3", "3", "1")],
        ("key.retired", 2, {"count": "1"}),
        ("key.destroyed", 1, {}),
    ]
    found = compare_records()
    assert found.ok
    assert found.resealed == 7


def test_a_sealing_from_before_the_rotation_put_back_shows(full: Household) -> None:
    old = Record.objects.get(id=full.records[0])
    turn(full.ref.id)
    assert compare_records().ok
    # What a superuser can do with an older backup, after the record was written again.
    Record.objects.filter(id=full.records[1]).update(revision=0)
    assert not compare_records().ok
    Record.objects.filter(id=full.records[1]).update(revision=1)
    Record.objects.filter(id=old.id).update(header=old.header, body=old.body, key_version=0)
    assert not compare_records().ok


def test_the_grace_is_kept(full: Household) -> None:
    turn(full.ref.id)
    assert destroy_ripe() == 0
    assert report_keys().awaiting_destruction == 1
    PatientKey.objects.filter(version=1, dossier_id=full.ref.id).update(retired_at=timezone.now() - rotation.GRACE)
    assert destroy_ripe() == 1
    assert destroy_ripe() == 0
    assert report_keys().destroyed == 1


def test_nothing_is_destroyed_while_it_is_needed(full: Household) -> None:
    begin(actor=HOUSE, dossier_id=full.ref.id)
    assert finish(actor=HOUSE, dossier_id=full.ref.id) == 7
    assert destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW) == 0
    # Even if something says that it was retired.
    PatientKey.objects.filter(dossier_id=full.ref.id, version=1).update(retired_at=timezone.now())
    assert destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW) == 0
    assert unfinished() == [full.ref.id]
    assert carry_through(full.ref.id) == 0
    assert destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW) == 1


def test_turning_while_it_turns(full: Household) -> None:
    before = everything_of(full)
    begin(actor=HOUSE, dossier_id=full.ref.id)
    reseal_batch(actor=HOUSE, dossier_id=full.ref.id, limit=3)
    assert begin(actor=HOUSE, dossier_id=full.ref.id) == 3
    assert everything_of(full) == before
    assert carry_through(full.ref.id, limit=2) == 0
    assert versions(full.ref.id) == {3}
    assert destroy(actor=HOUSE, dossier_id=full.ref.id, grace=NOW) == 2
    assert states(full.ref.id) == ["destroyed", "destroyed", "active"]
    assert everything_of(full) == before


def test_an_order_delivered_twice_turns_once(full: Household) -> None:
    assert begin(actor=HOUSE, dossier_id=full.ref.id, version=1) == 2
    assert begin(actor=HOUSE, dossier_id=full.ref.id, version=1) == 2
    assert len(states(full.ref.id)) == 2
    assert carry_through(full.ref.id) == carry_through(full.ref.id) == 0
    assert finish(actor=HOUSE, dossier_id=full.ref.id) == 0
    events = [entry.event for entry in entries_about(full.ref.pseudonym, limit=100)]
    assert events.count("key.turning") == events.count("key.retired") == events.count("key.resealed") == 1


def test_what_does_not_open_keeps_its_key_and_stops_nothing_else(full: Household) -> None:
    Record.objects.filter(id=full.records[3]).update(body=bytes(200))
    assert turn(full.ref.id) == 1
    assert versions_of_records(full) == {1: 1, 2: 6}
    assert carry_through(full.ref.id) == 1
    assert destroy_ripe(grace=NOW) == 0
    assert states(full.ref.id) == ["decrypt_only", "active"]


def versions_of_records(home: Household) -> dict[int, int]:
    found = list(Record.objects.filter(dossier_id=home.ref.id).values_list("key_version", flat=True))
    return {version: found.count(version) for version in set(found)}


def test_only_the_house_and_the_patient_with_a_fresh_proof(full: Household) -> None:
    fresh = Actor(id=full.patient.id, role=Role.PATIENT, strength=Strength.OTP, fresh=True)
    neighbour = Actor(id=full.neighbour.id, role=Role.PATIENT, strength=Strength.OTP, fresh=True)
    others = [full.patient, neighbour, full.doctor, full.administrator, Actor.system("seed"), Actor.anonymous()]
    for actor in others:
        with pytest.raises(Unknown):
            begin(actor=actor, dossier_id=full.ref.id)
        assert next(iter(entries_about(full.ref.pseudonym))).outcome == "refused"
    for actor in [*others, fresh]:
        for door in (reseal_batch, finish, destroy):
            with pytest.raises(Unknown):
                door(actor=actor, dossier_id=full.ref.id)
    with pytest.raises(Unknown):
        begin(actor=HOUSE, dossier_id=uuid4())
    assert states(full.ref.id) == ["active"]
    assert begin(actor=fresh, dossier_id=full.ref.id) == 2


def test_the_oldest_keys_are_due_first(full: Household) -> None:
    age_key(full.neighbour_ref.id, days=400)
    yearly = timezone.now() - timedelta(days=365)
    assert due(yearly) == [(full.neighbour_ref.id, 1)]
    assert due(timezone.now()) == [(full.neighbour_ref.id, 1), (full.ref.id, 1)]
    begin(actor=HOUSE, dossier_id=full.neighbour_ref.id)
    assert due(yearly) == []
    assert report_keys().rows_left == 1


def test_a_reader_that_met_a_destroyed_key_reads_once_more(full: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key goes between the two statements of a read: the second try finds what was sealed again."""
    unlock, tries = patient_keys.unlock, []

    def destroyed_in_between(owner: UUID, row: PatientKey) -> bytes:
        tries.append(row.version)
        if len(tries) == 1:
            raise Unreadable(Flaw.DESTROYED_KEY)
        return unlock(owner, row)

    monkeypatch.setattr(patient_keys, "unlock", destroyed_in_between)
    assert len(open_overview(actor=full.patient).newest) == 7
    lines = [entry for entry in entries_about(full.ref.pseudonym) if entry.event == "dossier.opened"]
    assert [entry.outcome for entry in lines] == ["allowed"]
    monkeypatch.setattr(patient_keys, "unlock", lambda *_: (_ for _ in ()).throw(Unreadable(Flaw.DESTROYED_KEY)))
    with pytest.raises(Unreadable):
        open_overview(actor=full.patient)
    assert next(iter(entries_about(full.ref.pseudonym))).outcome == "failed"


def test_a_destroyed_key_is_not_served_from_memory(full: Household) -> None:
    blob = bytes(Record.objects.get(id=full.records[0]).header)
    everything_of(full)
    assert slots(full, 1)
    turn(full.ref.id)
    # As another process destroys it: this one still holds it in memory until it meets the empty row.
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_destroy_key(%s, 1)", [full.ref.id])
    assert slots(full, 1)
    with pytest.raises(Unreadable):
        PatientKeys(full.ref.id, []).open_("header", full.records[0], 1, blob, category="laboratory")
    assert not slots(full, 1)


def slots(home: Household, version: int) -> list[object]:
    return [slot for slot in CACHE._held if slot[:2] == (home.ref.id, version)]


def test_a_crash_takes_its_batch_back(full: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    begin(actor=HOUSE, dossier_id=full.ref.id)
    with monkeypatch.context() as dying:
        dying.setattr(rotation, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            reseal_batch(actor=HOUSE, dossier_id=full.ref.id, limit=3)
    assert count_behind(full.ref.id, 2) == 7
    assert carry_through(full.ref.id) == 0


def test_every_model_sealed_under_patients_keys_is_listed() -> None:
    """A table forgotten here would lose what it holds at the first rotation."""
    sealed = {
        model._meta.db_table
        for model in apps.get_models()
        if {"key_version"} & {field.name for field in model._meta.get_fields()}
    }
    assert sealed == {table.name for table in (*SEALED, STORED)}
