"""Keys of the house turn: everything sealed under them opens as before, and the former key really goes."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from audit.actor import Actor
from portal.accounts.models import Account, Passkey, SealedTOTPDevice
from portal.keys import house, tasks
from portal.notifications.words import three_words
from records.house import lookup_digest, seal_for_house
from records.house_turning import Unknown, begin_house, destroy_house, reseal_house
from records.key_cache import CACHE
from records.models import HouseKey
from records.sealed_rows import SEALED, STORED
from records.vault.cipher import key_version_of
from tests.portal.ward import an_account, browser_of

HOUSE = Actor.system("rotation")
NOW = timedelta(0)


@pytest.fixture
def doctor(db: object) -> Account:
    account = an_account("professional")
    account.sealed_contact = seal_for_house("contact", account.pk, b"nadia@cabinet.example")
    account.save(update_fields=["sealed_contact"])
    browser_of(account)
    three_words(account.pk)
    lookup_digest("login", "nadia@cabinet.example")
    return account


def states(purpose: str) -> list[str]:
    return list(HouseKey.objects.filter(purpose=purpose).order_by("version").values_list("state", flat=True))


def test_everything_turns_and_opens_as_before(doctor: Account) -> None:
    device = SealedTOTPDevice.objects.get(user=doctor)
    before = (device.unseal(), Passkey.objects.get(user=doctor).own_name, three_words(doctor.pk))
    assert [begin_house(actor=HOUSE, purpose=purpose) for purpose in ("factor", "contact")] == [2, 2]
    assert begin_house(actor=HOUSE, purpose="factor", version=1) == 2
    assert destroy_house(actor=HOUSE, columns=house.columns(), grace=NOW) == 0
    assert house.carry_on_house() == 4
    assert house.carry_on_house() == 0
    assert states("factor") == ["decrypt_only", "active"]
    assert destroy_house(actor=HOUSE, columns=house.columns(), grace=NOW) == 2
    CACHE.clear()
    device = SealedTOTPDevice.objects.get(user=doctor)
    assert (device.unseal(), Passkey.objects.get(user=doctor).own_name, three_words(doctor.pk)) == before
    assert key_version_of(bytes(device.sealed_key)) == 2
    assert states("factor") == states("contact") == ["destroyed", "active"]


def test_a_row_that_comes_late_keeps_its_key(doctor: Account) -> None:
    late = seal_for_house("contact", doctor.pk, b"late@cabinet.example")
    begin_house(actor=HOUSE, purpose="contact")
    house.carry_on_house()
    Account.objects.filter(pk=doctor.pk).update(sealed_contact=late)
    assert destroy_house(actor=HOUSE, columns=house.columns(), grace=NOW) == 0
    assert house.carry_on_house() == 1
    assert destroy_house(actor=HOUSE, columns=house.columns(), grace=NOW) == 1


@pytest.mark.asvs("v5.0.0-13.3.4")
def test_they_turn_once_a_year_by_themselves(doctor: Account, owner: psycopg.Connection) -> None:
    assert tasks.turn_house() == 0
    owner.execute("UPDATE records_housekey SET created_at = now() - interval '366 days'")
    assert tasks.turn_house() == 4
    assert (tasks.turn_house(), states("factor")) == (0, ["decrypt_only", "active"])
    HouseKey.objects.exclude(retired_at=None).update(retired_at=timezone.now() - timedelta(hours=2))
    tasks.turn_house()
    assert states("factor") == ["destroyed", "active"]
    assert states("lookup") == ["active"]


def test_nobody_else_turns_them_and_look_ups_never(doctor: Account) -> None:
    person = Actor.system("seed")
    for door in (
        lambda: begin_house(actor=person, purpose="factor"),
        lambda: reseal_house(actor=person, columns=house.columns()),
        lambda: destroy_house(actor=person, columns=house.columns()),
    ):
        with pytest.raises(Unknown):
            door()
    with pytest.raises(ValueError, match="lookup"):
        begin_house(actor=HOUSE, purpose="lookup")
    assert begin_house(actor=HOUSE, purpose="recovery") == 0


def test_every_sealed_column_turns_with_some_key() -> None:
    """A column forgotten here would lose what it holds at the first turn of its key."""
    of_patients = {(table.name, column) for table in (*SEALED, STORED) for _, column in table.parts}
    of_patients |= {("records_dossier", "sealed_identity"), ("records_dossier", "sealed_contact")}
    sealed = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField) and field.name.startswith("sealed")
    }
    of_the_house = {(column.table, column.column) for column in house.columns()}
    assert sealed - of_patients == of_the_house
