"""Who a dossier is about: who may open one, find one, read a name, write a letter."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from audit.actor import Actor
from audit.log import entries_about
from consent.granting import Invalid
from consent.models import CareRelationship
from records.identity import (
    Contact,
    Identity,
    NoDossier,
    Unknown,
    create_dossier,
    find_by_ins,
    find_own,
    open_contact,
    read_identities,
    ref_of,
)
from records.ins import spell_ins
from records.models import Dossier, PatientKey
from tests.records.scenes import CANARY, SEED, Household, last_entry, make_household, make_ins, person, take_care


def test_a_new_dossier_has_one_active_key_and_leaves_its_digest(household: Household) -> None:
    key = PatientKey.objects.get(dossier_id=household.ref.id)
    assert (key.version, key.state, key.kek_id) == (1, "active", "local:test")
    events = {entry.event: entry for entry in entries_about(household.ref.pseudonym)}
    assert set(events) == {"key.created", "dossier.created"}
    assert events["key.created"].key_version == events["dossier.created"].key_version == 1
    assert len(events["dossier.created"].digest) == 32


def test_only_the_house_opens_dossiers(household: Household) -> None:
    actors = [household.patient, household.doctor, household.administrator, Actor.anonymous(), Actor.system("letters")]
    for actor in actors:
        with pytest.raises(Unknown):
            create_dossier(actor=actor, identity=person("Zoé"))
        assert (last_entry(actor).event, last_entry(actor).outcome) == ("dossier.created", "refused")
    assert Dossier.objects.count() == 2


def test_one_dossier_per_number(household: Household) -> None:
    with pytest.raises(Invalid, match="already a health record"):
        create_dossier(actor=SEED, identity=person("Zoé", ins=household.identity.ins))
    spaced = " ".join(household.identity.ins)
    with pytest.raises(Invalid):
        create_dossier(actor=SEED, identity=person("Zoé", ins=spaced))
    for _ in range(2):
        create_dossier(actor=SEED, identity=person("Zoé", ins=""))


def test_finding_one_s_own(household: Household) -> None:
    assert find_own(household.patient) == household.ref == ref_of(household.ref.id)
    with pytest.raises(NoDossier):
        find_own(household.doctor)
    with pytest.raises(Unknown):
        ref_of(uuid4())


def test_a_professional_reads_the_names_of_those_in_their_care(household: Household) -> None:
    ended = make_household()
    period = TimestamptzRange(timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1))
    CareRelationship.objects.create(dossier=ended.ref.id, professional_id=household.doctor.professional, during=period)
    asked = [household.ref.id, household.neighbour_ref.id, ended.ref.id, uuid4()]
    assert read_identities(actor=household.doctor, dossier_ids=asked) == {household.ref.id: household.identity}
    entry = last_entry(household.doctor)
    assert (entry.event, entry.outcome, entry.dossier) == ("dossier.listed", "allowed", household.ref.pseudonym)
    for actor in (household.patient, household.administrator, SEED):
        with pytest.raises(Unknown):
            read_identities(actor=actor, dossier_ids=asked)


def test_a_list_of_names_costs_three_queries_and_one_entry_each(household: Household) -> None:
    refs = [household.ref]
    for _ in range(4):
        refs.append(create_dossier(actor=SEED, identity=person("Zoé")))
        take_care(household.doctor, refs[-1])
    with CaptureQueriesContext(connection) as queries:
        assert len(read_identities(actor=household.doctor, dossier_ids=[ref.id for ref in refs])) == 5
    # Whose they are, declared in the same step; those in care; identities with their keys.
    assert len([query for query in queries if query["sql"].lstrip("(").startswith("SELECT")]) == 3
    for ref in refs:
        assert entries_about(ref.pseudonym, limit=1)[0].event == "dossier.listed"


def test_finding_by_number_opens_nothing_and_is_remembered(household: Household) -> None:
    found = find_by_ins(actor=household.stranger, ins=household.identity.ins)
    assert found == household.ref
    assert entries_about(household.ref.pseudonym, limit=1)[0].event == "dossier.found"
    assert find_by_ins(actor=household.stranger, ins=make_ins()) is None
    assert last_entry(household.stranger).outcome == "refused"
    with pytest.raises(Invalid):
        find_by_ins(actor=household.stranger, ins="12")
    for actor in (household.patient, household.administrator, Actor.anonymous()):
        with pytest.raises(Unknown):
            find_by_ins(actor=actor, ins=household.identity.ins)


def test_an_address_opens_for_the_patient_and_for_letters(household: Household) -> None:
    letters = Actor.system("letters")
    for actor in (household.patient, letters):
        contact = open_contact(actor=actor, dossier_id=household.ref.id)
        assert contact == Contact(email=f"{CANARY}@example.org", phone="+33 6 12 34 56 78")
        assert last_entry(actor).event == "contact.opened"
    assert open_contact(actor=letters, dossier_id=household.neighbour_ref.id) == Contact()
    for actor in (household.doctor, household.neighbour, household.administrator, SEED):
        with pytest.raises(Unknown):
            open_contact(actor=actor, dossier_id=household.ref.id)
    with pytest.raises(Unknown):
        open_contact(actor=letters, dossier_id=uuid4())


def test_nothing_is_returned_when_the_entry_cannot_be_written(household: Household, owner: psycopg.Connection) -> None:
    owner.execute("REVOKE INSERT ON audit_entry FROM carnet_app")
    for act in (
        lambda: read_identities(actor=household.doctor, dossier_ids=[household.ref.id]),
        lambda: open_contact(actor=household.patient, dossier_id=household.ref.id),
        lambda: find_by_ins(actor=household.doctor, ins=household.identity.ins),
        lambda: create_dossier(actor=SEED, identity=person("Zoé")),
    ):
        with pytest.raises(DatabaseError):
            act()
    assert Dossier.objects.count() == 2


# --- plain objects ----------------------------------------------------------------------------


def test_identity_and_contact_survive_their_bytes_and_say_nothing() -> None:
    identity = person("Maude", used_name="Ō", address="1 rue \ud83e\udd96".encode(errors="replace").decode())
    assert Identity.from_bytes(identity.to_bytes()) == identity
    contact = Contact(email="a@example.org")
    assert Contact.from_bytes(contact.to_bytes()) == contact
    assert (repr(identity), repr(contact)) == ("<Identity>", "<Contact>")
    assert identity.full_name == "Maude Ō"
    assert replace(identity, used_name="").full_name == f"Maude {CANARY}"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"v":1}', b'{"v":2}', b'{"v":1,"email":"CANARY","x":1}'])
def test_other_bytes_are_refused_without_quoting_them(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected one of version 1") as caught:
        Identity.from_bytes(data)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("typed", ["2 84 03 75 123 456 47", "1 85 05 2A 818 223 44", "185052b81822371"])
def test_national_numbers_have_one_spelling(typed: str) -> None:
    digits = typed.replace(" ", "").upper()
    body, _ = digits[:13], digits[13:]
    corsica = body.replace("2A", "19").replace("2B", "18")
    right = f"{body}{97 - int(corsica) % 97:02d}"
    assert spell_ins(" ".join(right.lower())) == right
    with pytest.raises(Invalid, match="key"):
        spell_ins(f"{body}{98 - int(corsica) % 97:02d}")


@pytest.mark.parametrize("typed", ["", "1", "A" * 15, "2" * 16, "0" * 15, "²" * 15])
def test_other_texts_are_no_national_numbers(typed: str) -> None:
    with pytest.raises(Invalid, match="13 characters"):
        spell_ins(typed)
