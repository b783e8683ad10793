"""What lies in the memory of a process: gone within the minute, and at once when a key is destroyed anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit.actor import Actor
from records import key_cache
from records.closing import close
from records.key_cache import CACHE, KeyCache, look_around
from records.reading import open_overview
from records.rotation import begin, destroy
from records.turning import carry_through
from tests.conftest import Database
from tests.records.scenes import Household
from tests.records.test_unlocking import slot

HOUSE = Actor.system("rotation")


def held(home: Household) -> set[int]:
    return {slot[1] for slot in list(CACHE._held) if slot[0] == home.ref.id}


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    CACHE.clear()
    monkeypatch.setattr(key_cache, "LOOK_SECONDS", 0.0)


@pytest.mark.asvs("v5.0.0-11.7.2")
def test_an_idle_process_lets_go_by_itself() -> None:
    cache = KeyCache(seconds=0.1)
    for _ in range(2):
        cache.put(slot(1), b"1")
        assert len(cache) == 1
        deadline = time.monotonic() + 5
        while len(cache) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(cache) == 0


def test_a_destruction_elsewhere_empties_this_process(household: Household) -> None:
    household.file()
    open_overview(actor=household.patient)
    look_around()
    open_overview(actor=household.patient)
    assert held(household) == {1}
    begin(actor=HOUSE, dossier_id=household.ref.id)
    carry_through(household.ref.id)
    open_overview(actor=household.patient)
    kept = dict(CACHE._held)
    destroy(actor=HOUSE, dossier_id=household.ref.id, grace=timedelta(0))
    # As in a process that did not do it: what it held before, and one look.
    CACHE._held.update(kept)
    assert held(household) >= {1}
    look_around()
    assert held(household) == set()


def test_a_lost_message_serves_nothing_either(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    open_overview(actor=household.patient)
    kept = dict(CACHE._held)
    close(actor=replace(household.patient, fresh=True), dossier_id=household.ref.id)
    CACHE._held.update(kept)
    monkeypatch.setattr(key_cache, "LOOK_SECONDS", 3600.0)
    with pytest.raises(Exception, match="no health record"):
        open_overview(actor=household.patient)


def test_the_cache_counts_what_it_spares(household: Household) -> None:
    CACHE.clear()
    hits, misses = CACHE.hits, CACHE.misses
    open_overview(actor=household.patient)
    open_overview(actor=household.patient)
    assert CACHE.misses > misses
    assert CACHE.hits > hits


def test_another_process_is_emptied_too(household: Household, db: Database) -> None:
    """A real process: it opens, waits until this one destroyed the key, looks, and holds nothing."""
    household.file()
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": db.app_url}
    script = (
        "import django; django.setup()\n"
        "from uuid import UUID; from audit.actor import Actor, Role, Strength\n"
        "from records.key_cache import CACHE, look_around; from records.reading import open_overview\n"
        f"me = Actor(id=UUID('{household.patient.id}'), role=Role.PATIENT, strength=Strength.OTP)\n"
        "open_overview(actor=me); print(len(CACHE), flush=True); input()\n"
        "look_around(); print(len(CACHE), flush=True)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=environment, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    try:
        assert int(other.stdout.readline()) > 0
        begin(actor=HOUSE, dossier_id=household.ref.id)
        carry_through(household.ref.id)
        destroy(actor=HOUSE, dossier_id=household.ref.id, grace=timedelta(0))
        time.sleep(1.1)
        assert other.communicate("\n", timeout=30)[0].strip() == "0"
    finally:
        other.kill()
        other.wait()
