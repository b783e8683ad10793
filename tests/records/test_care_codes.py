"""Initial consent by a code: a few minutes, one use, few tries."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from consent.acting import now
from consent.decisions import Refused
from consent.initiating import TRIES
from consent.models import CareCode, CareRelationship
from records.care_codes import Invalid, enter_code, show_code
from records.reading import open_overview
from tests.records.scenes import last_entry


def refused(words, **call):
    with override("en"), pytest.raises(Invalid, match=words):
        enter_code(**call)


def test_a_code_lets_one_professional_in_once(household):
    shown = show_code(actor=household.patient, ref=household.ref)
    assert shown.until - now() <= timedelta(minutes=5)
    assert shown.code not in repr(shown)
    typed = shown.code.lower().replace("-", " ")
    assert enter_code(actor=household.stranger, code=typed) == household.ref.id
    assert open_overview(actor=household.stranger, dossier_id=household.ref.id).ref == household.ref
    assert last_entry(household.stranger).event == "dossier.opened"
    refused("not good", actor=household.nurse, code=shown.code)
    assert last_entry(household.nurse).event == "code.refused"


def test_a_new_code_ends_the_one_before_and_a_late_one_is_not_good(household):
    first = show_code(actor=household.patient, ref=household.ref)
    second = show_code(actor=household.patient, ref=household.ref)
    refused("not good", actor=household.stranger, code=first.code)
    CareCode.objects.filter(used_at=None).update(during=(now() - timedelta(minutes=9), now() - timedelta(minutes=4)))
    refused("not good", actor=household.stranger, code=second.code)


def test_too_many_wrong_codes_shut_the_door_even_to_a_good_one(household):
    for _ in range(TRIES):
        refused("not good", actor=household.stranger, code="0000-0000")
    good = show_code(actor=household.patient, ref=household.ref)
    refused("Too many codes", actor=household.stranger, code=good.code)
    assert last_entry(household.stranger).facts["reason"] == "too_many"


def test_only_the_patient_shows_and_only_a_professional_types(household):
    for actor in (household.neighbour, household.doctor, household.administrator):
        with pytest.raises(Refused):
            show_code(actor=actor, ref=household.ref)
    good = show_code(actor=household.patient, ref=household.ref)
    relationships = CareRelationship.objects.count()
    refused("Only a professional", actor=household.neighbour, code=good.code)
    refused("already take care", actor=household.doctor, code=good.code)
    refused("eight letters", actor=household.doctor, code="abc")
    assert CareRelationship.objects.count() == relationships
    assert CareCode.objects.get().used_at is None, "a code typed by who is let in already is not used up"
