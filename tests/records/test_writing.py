"""Filing, hiding, and what a write leaves in the log and in the tables."""

import base64
import hashlib
import threading
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.actor import Actor
from audit.log import entries_about, entries_by
from consent.categories import Category
from consent.decisions import Refused, Right
from consent.granting import choose
from records.models import Dossier, PatientKey, Record
from records.patient_keys import WritingKeys
from records.reading import Unknown, open_category, open_record
from records.unlocking import make_key
from records.writing import begin_filing, deposit, mask, unmask, write_record
from tests.records.scenes import CANARY, SEED, Household, last_entry, observation


def test_a_write_leaves_digest_revision_and_key_version(household: Household) -> None:
    record_id = household.file(actor=household.doctor)
    row = Record.objects.get(id=record_id)
    entry = last_entry(household.doctor)
    assert (entry.event, entry.outcome, entry.category) == ("record.created", "allowed", "laboratory")
    assert entry.digest == hashlib.sha256(bytes(row.header) + bytes(row.body)).digest()
    assert (entry.object_id, entry.revision, entry.key_version) == (record_id, 1, 1)
    assert row.author == household.doctor.professional


def test_depositing_is_a_right_of_its_own(household: Household) -> None:
    choose(
        actor=household.patient,
        ref=household.ref,
        professional=household.doctor.professional,
        category=Category.LABORATORY,
        right=Right.DEPOSIT,
        allowed=False,
    )
    with pytest.raises(Refused):
        household.file(actor=household.doctor)
    entry = last_entry(household.doctor)
    assert (entry.event, entry.outcome, entry.category) == ("record.created", "refused", "laboratory")
    assert not Record.objects.exists()
    open_category(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY)


@pytest.mark.parametrize("who", ["neighbour", "administrator", "stranger", "anonymous", "rotation", "letters"])
def test_nobody_else_deposits(household: Household, who: str) -> None:
    others = {"anonymous": Actor.anonymous()} | {task: Actor.system(task) for task in ("rotation", "letters")}
    actor = others.get(who) or getattr(household, who)
    with pytest.raises(Unknown):
        household.file(actor=actor)
    assert last_entry(actor).outcome == "refused"
    assert not Record.objects.exists()


def test_a_patient_files_in_their_own_dossier(household: Household) -> None:
    record_id = household.file(Category.PERSONAL_NOTES, actor=household.patient)
    assert open_record(actor=household.patient, record_id=record_id).item.author is None


def test_depositing_in_an_unknown_dossier_is_refused_and_remembered(household: Household) -> None:
    header, resource = observation("5", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(Unknown):
        deposit(
            actor=household.doctor,
            dossier_id=uuid4(),
            category=Category.LABORATORY,
            header=header,
            resource=resource,
        )
    assert last_entry(household.doctor).outcome == "refused"


@pytest.mark.parametrize("resource", [b"", b"[]", b"not json", b"\xff"])
def test_what_is_no_resource_is_not_filed(household: Household, resource: bytes) -> None:
    header, _ = observation("5", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match=r"."):
        deposit(
            actor=SEED,
            dossier_id=household.ref.id,
            category=Category.LABORATORY,
            header=header,
            resource=resource,
        )
    assert not Record.objects.exists()


def test_the_same_source_is_filed_once(household: Household) -> None:
    first = household.file(source=b"bundle/1", value="1")
    again = household.file(source=b"bundle/1", value="2")
    other = household.file(source=b"bundle/2", value="1")
    elsewhere = household.file(source=b"bundle/1", value="1", ref=household.neighbour_ref)
    assert first == again
    assert len({first, other, elsewhere}) == 3
    assert Counter(entry.event for entry in entries_by(SEED.id, limit=50))["record.created"] == 3
    digests = {bytes(digest) for digest in Record.objects.values_list("source_digest", flat=True)}
    assert len(digests) == 3  # the same source in two dossiers does not show as the same


def test_two_imports_of_the_same_source_at_once_file_it_once(household: Household) -> None:
    barrier, filed = threading.Barrier(3), []

    def one() -> None:
        barrier.wait()
        try:
            filed.append(household.file(source=b"bundle/1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(filed) == 3
    assert len(set(filed)) == Record.objects.count() == 1


def test_hiding_is_for_the_patient_alone(household: Household) -> None:
    record_id = household.file(actor=household.doctor)
    for actor in (household.doctor, household.neighbour, household.stranger, household.administrator, SEED):
        for act in (mask, unmask):
            with pytest.raises(Unknown):
                act(actor=actor, record_id=record_id)
            assert last_entry(actor).outcome == "refused"
    with pytest.raises(Unknown):
        mask(actor=household.patient, record_id=uuid4())
    assert Record.objects.get().masked_at is None


def test_hiding_twice_is_remembered_once(household: Household) -> None:
    record_id = household.file()
    for _ in range(2):
        mask(actor=household.patient, record_id=record_id)
    hidden = [entry for entry in entries_about(household.ref.pseudonym) if entry.event == "record.masked"]
    assert len(hidden) == 1


# --- the lock of writers ----------------------------------------------------------------------


def rotate(dossier_id) -> None:
    """The first step of a rotation (FORMATS 2.4), as another process would take it."""
    with transaction.atomic():
        new = make_key(dossier_id, 2)
        PatientKey.objects.filter(dossier_id=dossier_id, version=1).update(state="decrypt_only")
        PatientKey.objects.create(
            dossier_id=dossier_id, version=2, kek_id=new.kek_id, wrapped=new.wrapped, check_value=new.check_value
        )
        Dossier.objects.filter(id=dossier_id).update(active_key_version=2)


def test_a_rotation_waits_for_whoever_writes(household: Household) -> None:
    begun, done = threading.Event(), threading.Event()

    def rotation() -> None:
        begun.set()
        try:
            rotate(household.ref.id)
        finally:
            done.set()
            connection.close()

    header, resource = observation("5", datetime(2026, 1, 1, tzinfo=UTC))
    thread = threading.Thread(target=rotation)
    with transaction.atomic():
        filing = begin_filing(actor=SEED, ref=household.ref)
        thread.start()
        begun.wait()
        assert not done.wait(0.5)
        written = write_record(filing, category=Category.LABORATORY, header=header, resource=resource)
    thread.join()
    assert Record.objects.get().key_version == 1
    assert open_record(actor=household.patient, record_id=written.record_id).item.record_id == written.record_id
    later = household.file()
    assert Record.objects.get(id=later).key_version == 2
    items = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY).items
    assert {item.record_id for item in items} == {written.record_id, later}


def test_writers_do_not_wait_for_each_other(household: Household) -> None:
    with transaction.atomic():
        WritingKeys(household.ref.id)
        filed = []

        def other() -> None:
            try:
                filed.append(household.file())
            finally:
                connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
        assert filed


# --- the tables -------------------------------------------------------------------------------


def test_nothing_readable_lies_in_the_tables(household: Household, superuser: psycopg.Connection) -> None:
    household.file(actor=household.doctor)
    household.file_allergy()
    superuser.execute("CREATE TABLE planted AS SELECT %s::text AS word", [CANARY])
    tables = superuser.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    hit = set()
    secret = [CANARY, "Maude", "1984-03-07", household.identity.ins, "HbA1c", "AllergyIntolerance", "+33 6 12"]
    needles = {form for word in secret for form in disguises(word)}
    for (table,) in tables.fetchall():
        dump = " ".join(row[0] for row in superuser.execute(f'SELECT t::text FROM "{table}" AS t')).lower()
        hit |= {table for needle in needles if needle in dump}
    assert hit == {"planted"}


def disguises(word: str) -> set[str]:
    raw = word.encode()
    shifted = (base64.b64encode(b"\0" * pad + raw).decode()[4:-4].lower() for pad in range(3))
    return {word.lower(), raw.hex(), *(form for form in shifted if len(form) > 5)}


def test_equal_records_look_different(household: Household) -> None:
    for _ in range(2):
        household.file()
    one, other = Record.objects.all()
    assert bytes(one.header)[5:] != bytes(other.header)[5:]
    assert len(one.header) == len(other.header)


def test_lengths_say_little(household: Household) -> None:
    household.file(value="5")
    household.file(value="5.123456")
    assert len({len(row.header) for row in Record.objects.all()}) == 1
    assert len({len(row.body) for row in Record.objects.all()}) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_record SET header = 'clear'",
        "UPDATE records_record SET category = 'secret'",
        "UPDATE records_dossier SET sealed_identity = 'clear'",
        "UPDATE records_dossier SET sealed_contact = 'clear'",
        "UPDATE records_patientkey SET wrapped = NULL",
        "UPDATE records_patientkey SET state = 'destroyed'",
        "UPDATE records_housekey SET state = 'destroyed'",
        "INSERT INTO records_patientkey SELECT gen_random_uuid(), 9, state, kek_id, wrapped, check_value, created_at, "
        "retired_at, destroyed_at, dossier_id FROM records_patientkey",
    ],
)
def test_the_database_itself_refuses_what_must_never_be(
    household: Household, owner: psycopg.Connection, statement: str
) -> None:
    household.file(source=b"1")
    with pytest.raises(psycopg.errors.IntegrityError):
        owner.execute(statement)


def test_no_unlogged_write(household: Household, owner: psycopg.Connection) -> None:
    record_id = household.file()
    owner.execute("REVOKE INSERT ON audit_entry FROM carnet_app")
    for act in (lambda: household.file(), lambda: mask(actor=household.patient, record_id=record_id)):
        with pytest.raises(DatabaseError):
            act()
    assert Record.objects.count() == 1
    assert Record.objects.get().masked_at is None
