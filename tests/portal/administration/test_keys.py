"""The page of keys: counts and dates for administrators, and the order that every key turns."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.actor import Actor, Role, Strength
from audit.log import entries_by
from consent.categories import Category
from portal.keys import tasks
from records.models import PatientKey
from records.ordering import Unknown, order_new_keys, ordered_at
from tests.portal.ward import a_patient, a_result, an_account, browser_of, filed


@pytest.fixture
def patient(db: object) -> object:
    patient = a_patient()
    filed(patient, Category.LABORATORY, a_result())
    return patient


@pytest.fixture
def administrator(db: object) -> object:
    return an_account("administrator")


@pytest.fixture
def browser(administrator: object) -> Client:
    return browser_of(administrator)


def test_it_says_how_the_keys_stand(patient: object, browser: Client) -> None:
    page = browser.get("/administration/keys/").content.decode()
    assert "local:test" in page
    assert "In use" in page
    assert str(patient.ref.id) not in page
    assert "Quintrec" not in page


def test_an_order_turns_every_key_once(patient: object, administrator: object, browser: Client) -> None:
    assert ordered_at() is None
    assert tasks.carry_on() == 0
    answer = browser.post("/administration/keys/", follow=True)
    assert "1 health record gets a new key" in answer.content.decode()
    assert next(iter(entries_by(administrator.pk, limit=1))).event == "keys.turn_ordered"
    assert tasks.carry_on() == 1
    assert tasks.carry_on() == 0
    versions = PatientKey.objects.filter(dossier_id=patient.ref.id).order_by("version").values_list("version", "state")
    assert list(versions) == [(1, "decrypt_only"), (2, "active")]


def test_nobody_else_orders_and_not_without_a_proof(patient: object, administrator: object) -> None:
    bare = Actor(id=administrator.pk, role=Role.ADMINISTRATOR, strength=Strength.PASSKEY)
    for actor in (bare, patient.actor, Actor.system("rotation")):
        with pytest.raises(Unknown):
            order_new_keys(actor=actor)
    assert ordered_at() is None
