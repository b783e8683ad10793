"""A new key-encryption key: every key is wrapped again, none is lost, what they seal is not touched."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from audit.actor import Actor
from audit.log import entries_by
from consent.categories import Category
from records import rewrapping
from records.house import open_for_house, seal_for_house
from records.key_report import report_keys
from records.models import HouseKey, PatientKey, Record
from records.reading import open_category
from records.rewrapping import Unknown, rewrap_batch
from records.unlocking import CACHE, keyring
from records.vault.cipher import Unreadable
from records.vault.keyring import KeyringRefused, LocalKeyring, WrapContext, Wrapped
from tests.records.scenes import Household

HOUSE = Actor.system("rotation")
Ring = Callable[..., None]


@pytest.fixture
def write_ring(settings: object, tmp_path: Path) -> Ring:
    """Write a keyring: the keys of the session's, and those of these names."""
    known = json.loads(Path(settings.KEYRING_FILE).read_text())["keys"]
    settings.KEYRING_FILE = tmp_path / "keyring.json"

    def write(current: str, *, without: str = "") -> None:
        known.setdefault(current, base64.b64encode(secrets.token_bytes(32)).decode())
        fresh = tmp_path / "new.json"
        keys = {name: key for name, key in known.items() if name != without}
        fresh.write_text(json.dumps({"current": current, "keys": keys}))
        fresh.chmod(0o400)
        fresh.replace(settings.KEYRING_FILE)

    write("local:test")
    return write


def labels(home: Household) -> list[str]:
    drawer = open_category(actor=home.patient, dossier_id=home.ref.id, category=Category.LABORATORY)
    return [item.header.title for item in drawer.items]


def test_every_key_is_wrapped_again_and_the_former_one_may_go(household: Household, write_ring: Ring) -> None:
    household.file()
    sealed = seal_for_house("factor", household.ref.id, b"plain")
    before, blobs = labels(household), list(Record.objects.values_list("id", "header", "body", "key_version"))
    houses = HouseKey.objects.count()
    write_ring("local:new")
    assert report_keys().to_rewrap == 2 + houses
    assert rewrap_batch(actor=HOUSE, limit=1) == 1 + houses
    assert labels(household) == before
    assert rewrap_batch(actor=HOUSE, limit=1) == 1
    assert rewrap_batch(actor=HOUSE, limit=1) == 0
    assert report_keys().by_kek == {"local:new": 2 + houses}
    write_ring("local:new", without="local:test")
    CACHE.clear()
    assert labels(household) == before
    assert open_for_house("factor", household.ref.id, sealed) == b"plain"
    assert list(Record.objects.values_list("id", "header", "body", "key_version")) == blobs
    told = [dict(entry.facts) for entry in entries_by(HOUSE.id) if entry.event == "keys.rewrapped"]
    assert told == [
        {"key_kind": "patient", "count": "1"},
        {"key_kind": "house", "count": str(houses)},
        {"key_kind": "patient", "count": "1"},
    ]


def test_a_keyring_that_answers_wrongly_costs_nothing(
    household: Household, write_ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives back another key well wrapped: the check before the commit refuses it."""
    household.file()
    before = list(PatientKey.objects.order_by("id").values_list("id", "kek_id", "wrapped"))
    write_ring("local:new")

    def another(self: LocalKeyring, _wrapped: Wrapped, context: WrapContext) -> Wrapped:
        return self.wrap(secrets.token_bytes(32), context)

    monkeypatch.setattr(LocalKeyring, "rewrap", another)
    with pytest.raises(Unreadable):
        rewrap_batch(actor=HOUSE)
    assert list(PatientKey.objects.order_by("id").values_list("id", "kek_id", "wrapped")) == before
    assert entries_by(HOUSE.id)[0].outcome == "failed"
    assert labels(household)


def test_a_lost_former_key_is_said_and_nothing_is_written(household: Household, write_ring: Ring) -> None:
    household.file()
    write_ring("local:new", without="local:test")
    with pytest.raises(Unreadable):
        rewrap_batch(actor=HOUSE)
    assert report_keys().to_rewrap == PatientKey.objects.count() + HouseKey.objects.count()


def test_rows_swapped_between_two_patients_are_not_wrapped_again(
    household: Household, write_ring: Ring, owner: psycopg.Connection
) -> None:
    mine = PatientKey.objects.get(dossier_id=household.ref.id)
    theirs = PatientKey.objects.get(dossier_id=household.neighbour_ref.id)
    swap = "UPDATE records_patientkey SET wrapped = %s, check_value = %s WHERE id = %s"
    owner.execute(swap, [bytes(theirs.wrapped or b""), bytes(theirs.check_value), mine.id])
    write_ring("local:new")
    with pytest.raises(Unreadable):
        rewrap_batch(actor=HOUSE)


def test_nobody_else_may(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    for actor in (household.patient, household.doctor, household.administrator, Actor.system("seed")):
        with pytest.raises(Unknown):
            rewrap_batch(actor=actor)
    monkeypatch.setattr(rewrapping, "keyring", _away)
    with pytest.raises(KeyringRefused):
        rewrap_batch(actor=HOUSE)
    assert keyring().health().ok


def _away() -> LocalKeyring:
    raise KeyringRefused("away")
