"""Any order of making, filing, amending, turning, wrapping, closing and shredding agrees with a plain dictionary."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.actor import Actor
from consent.categories import Category
from consent.dossiers import DossierRef
from records.closing import NotLawful, close, shred
from records.comparing import compare_records
from records.dossiers import Closed, Unknown
from records.identity import create_dossier
from records.key_report import report_keys
from records.models import KeyState, PatientKey
from records.reading import open_category, open_overview
from records.rewrapping import rewrap_batch
from records.rotation import Reached, begin, destroy, finish, reseal_batch
from records.turning import carry_through, destroy_ripe
from records.unlocking import CACHE
from tests.counts import IS_SOAK
from tests.records.scenes import SEED, Household, account, patient_actor, person
from tests.records.test_rotating_under_load import amend, values

HOUSE, ERASURE = Actor.system("rotation"), Actor.system("erasure")
VALUES = st.integers(min_value=1, max_value=999).map(str)
_MOST_PEOPLE = 6


@dataclass
class Kept:
    """What the dictionary knows of one dossier: its values, and whether it is open, closed or shredded."""

    actor: Actor
    ref: DossierRef
    values: dict[UUID, str] = field(default_factory=dict)
    state: str = "open"
    after: Reached | None = None


class Life(RuleBasedStateMachine):
    """A few dossiers for all runs of a test: what earlier runs left is part of what the next one bears."""

    home: Household
    ring: Path
    kept: list[Kept]
    owner: psycopg.Connection

    def a(self, data: st.DataObject, *states: str) -> Kept:
        return data.draw(st.sampled_from([each for each in self.kept if each.state in states]))

    @precondition(lambda self: len(self.kept) < _MOST_PEOPLE or all(each.state != "open" for each in self.kept))
    @rule()
    def make(self) -> None:
        owner = account("patient")
        ref = create_dossier(actor=SEED, identity=person("Rose"), account_id=owner.id)
        self.kept.append(Kept(patient_actor(owner), ref))

    @precondition(lambda self: any(each.state == "open" for each in self.kept))
    @rule(data=st.data(), value=VALUES)
    def file(self, data: st.DataObject, value: str) -> None:
        one = self.a(data, "open")
        one.values[self.home.file(value=value, ref=one.ref)] = value

    @precondition(lambda self: any(each.state == "open" and each.values for each in self.kept))
    @rule(data=st.data(), value=VALUES)
    def amend(self, data: st.DataObject, value: str) -> None:
        one = data.draw(st.sampled_from([each for each in self.kept if each.state == "open" and each.values]))
        record_id = data.draw(st.sampled_from(sorted(one.values)))
        amend(one.ref, record_id, value)
        one.values[record_id] = value

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        one = self.a(data, "open", "closed", "shredded")
        if one.state == "open":
            begin(actor=HOUSE, dossier_id=one.ref.id)
            one.after = None
        else:
            with pytest.raises(Unknown):
                begin(actor=HOUSE, dossier_id=one.ref.id)

    @precondition(lambda self: any(each.state == "open" for each in self.kept))
    @rule(data=st.data(), limit=st.integers(min_value=1, max_value=5))
    def reseal(self, data: st.DataObject, limit: int) -> None:
        one = self.a(data, "open")
        one.after = reseal_batch(actor=HOUSE, dossier_id=one.ref.id, after=one.after, limit=limit).after

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        finish(actor=HOUSE, dossier_id=self.a(data, "open", "closed", "shredded").ref.id)

    @precondition(lambda self: any(each.state == "open" for each in self.kept))
    @rule(data=st.data())
    def carry_through(self, data: st.DataObject) -> None:
        assert carry_through(self.a(data, "open").ref.id, limit=4) == 0

    @rule(data=st.data())
    def destroy(self, data: st.DataObject) -> None:
        destroy(actor=HOUSE, dossier_id=self.a(data, "open", "closed", "shredded").ref.id, grace=timedelta(0))

    @rule()
    def destroy_all_that_is_ripe(self) -> None:
        destroy_ripe(grace=timedelta(0))

    @rule()
    def new_master_key(self) -> None:
        ring = json.loads(self.ring.read_text())
        ring["current"] = f"local:{len(ring['keys'])}"
        ring["keys"][ring["current"]] = base64.b64encode(secrets.token_bytes(32)).decode()
        fresh = self.ring.with_suffix(".new")
        fresh.write_text(json.dumps(ring))
        fresh.chmod(0o400)
        fresh.replace(self.ring)

    @rule(limit=st.integers(min_value=1, max_value=3))
    def rewrap(self, limit: int) -> None:
        rewrap_batch(actor=HOUSE, limit=limit)

    @precondition(lambda self: sum(each.state == "open" for each in self.kept) > 1)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        one = self.a(data, "open")
        close(actor=replace(one.actor, fresh=True), dossier_id=one.ref.id)
        one.state = "closed"

    @precondition(lambda self: any(each.state == "closed" for each in self.kept))
    @rule(data=st.data(), lawful=st.booleans())
    def shred(self, data: st.DataObject, lawful: bool) -> None:
        one = self.a(data, "closed")
        if not lawful:
            with pytest.raises(NotLawful):
                shred(actor=ERASURE, dossier_id=one.ref.id)
            return
        self.owner.execute(
            "UPDATE records_dossier SET closed_at = now() - interval '10 years' WHERE id = %s", [one.ref.id]
        )
        shred(actor=ERASURE, dossier_id=one.ref.id)
        one.state = "shredded"

    @rule()
    def another_process(self) -> None:
        CACHE.clear()

    @invariant()
    def agrees(self) -> None:
        for one in self.kept:
            states = list(PatientKey.objects.filter(dossier_id=one.ref.id).values_list("state", flat=True))
            if one.state == "open":
                assert values(one.actor, one.ref) == one.values
                assert states.count(KeyState.ACTIVE) == 1
                continue
            assert KeyState.ACTIVE not in states
            with pytest.raises(Closed):
                open_overview(actor=one.actor)
            with pytest.raises(Unknown):
                open_category(actor=self.home.doctor, dossier_id=one.ref.id, category=Category.LABORATORY)
            if one.state == "shredded":
                assert set(states) == {KeyState.DESTROYED}

    def teardown(self) -> None:
        assert compare_records().ok
        assert report_keys().in_force == sum(each.state == "open" for each in self.kept)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM records_patientkey WHERE state = 'destroyed' AND wrapped IS NOT NULL")
            assert cursor.fetchone() == (0,)


def test_any_order_agrees_with_a_dictionary(
    household: Household, owner: psycopg.Connection, tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    Life.home, Life.owner, Life.ring = household, owner, tmp_path / "keyring.json"
    Life.kept = [Kept(household.patient, household.ref), Kept(household.neighbour, household.neighbour_ref)]
    Life.ring.write_bytes(Path(settings.KEYRING_FILE).read_bytes())
    Life.ring.chmod(0o400)
    settings.KEYRING_FILE = Life.ring
    run_state_machine_as_test(
        Life, settings=hypothesis_settings(max_examples=100 if IS_SOAK else 6, stateful_step_count=25, deadline=None)
    )
