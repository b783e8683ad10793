"""Breaking the glass: a reason that only the patient's key opens, a clock, and an entry either way."""

import hashlib
import json
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError

from audit.log import entries_about
from consent.categories import Category
from consent.decisions import Ground, Refused
from consent.granting import Invalid, oppose
from consent.models import Emergency
from records.breaking_glass import LONGEST_REASON, break_glass
from records.dossiers import enter
from records.reading import Unknown, open_category, open_record
from records.writing import mask
from tests.records.scenes import CANARY, Household, last_entry

REASON = f"Found unconscious, {CANARY}"


def break_it(household: Household, **more: object):
    asked = {
        "actor": household.stranger,
        "dossier_id": household.ref.id,
        "reason_code": "unconscious",
        "text": REASON,
    }
    return break_glass(**asked | more)


def test_it_opens_the_record_and_leaves_a_sealed_reason(household: Household) -> None:
    record_id = household.file(Category.MEDICAL_SUMMARY)
    with pytest.raises(Unknown):
        open_record(actor=household.stranger, record_id=record_id)
    emergency_id = break_it(household)
    assert open_record(actor=household.stranger, record_id=record_id).item.record_id == record_id
    assert last_entry(household.stranger).ground == Ground.EMERGENCY.value
    row = Emergency.objects.get(id=emergency_id)
    assert CANARY.encode() not in bytes(row.sealed_reason)
    opened = next(each for each in entries_about(household.ref.pseudonym) if each.event == "emergency.opened")
    assert opened.digest == hashlib.sha256(bytes(row.sealed_reason)).digest() == bytes(row.digest)
    assert opened.key_version == row.key_version == 1
    entered = enter(household.patient, household.ref.id)
    assert json.loads(entered.keys.open_("reason", emergency_id, 1, row.sealed_reason))["text"] == REASON


def test_it_opens_neither_what_is_hidden_nor_what_is_the_patients_alone(household: Household) -> None:
    hidden = household.file(Category.MEDICAL_SUMMARY)
    mask(actor=household.patient, record_id=hidden)
    break_it(household)
    with pytest.raises(Unknown):
        open_record(actor=household.stranger, record_id=hidden)
    with pytest.raises(Refused):
        open_category(actor=household.stranger, dossier_id=household.ref.id, category=Category.PERSONAL_NOTES)


def test_it_is_refused_to_the_opposed_and_to_others(household: Household) -> None:
    oppose(actor=household.patient, ref=household.ref, professional=household.stranger.professional)
    for actor in (household.stranger, household.neighbour, household.administrator):
        with pytest.raises(Refused):
            break_it(household, actor=actor)
        assert (last_entry(actor).event, last_entry(actor).outcome) == ("emergency.opened", "refused")
    with pytest.raises(Unknown):
        break_it(household, dossier_id=uuid4())
    assert not Emergency.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"text": "  "}, {"text": "x" * (LONGEST_REASON + 1)}, {"reason_code": "curious"}], ids=str
)
def test_it_wants_a_reason(household: Household, wrong: dict) -> None:
    with pytest.raises(Invalid) as caught:
        break_it(household, **wrong)
    assert caught.value.sentence
    assert not Emergency.objects.exists()


def test_nothing_opens_when_the_entry_cannot_be_written(household: Household, owner: psycopg.Connection) -> None:
    owner.execute("REVOKE INSERT ON audit_entry FROM carnet_app")
    with pytest.raises(DatabaseError):
        break_it(household)
    assert not Emergency.objects.exists()
