"""Any order of filing, amending, turning, stopping, wrapping again and destroying agrees with a plain dictionary."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.actor import Actor
from records.comparing import compare_records
from records.key_report import report_keys
from records.models import KeyState, PatientKey
from records.rewrapping import rewrap_batch
from records.rotation import Reached, begin, destroy, finish, reseal_batch
from records.turning import carry_through
from records.unlocking import CACHE
from tests.counts import IS_SOAK
from tests.records.scenes import Household
from tests.records.test_rotating_under_load import amend, values

HOUSE = Actor.system("rotation")
VALUES = st.integers(min_value=1, max_value=999).map(str)


class Turning(RuleBasedStateMachine):
    """One dossier for all runs of a test: what earlier runs left is part of what the next one bears."""

    home: Household
    ring: Path
    expected: dict[UUID, str]

    def __init__(self) -> None:
        super().__init__()
        self.after: Reached | None = None

    @rule(value=VALUES)
    def file(self, value: str) -> None:
        self.expected[self.home.file(value=value)] = value

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), value=VALUES)
    def amend(self, data: st.DataObject, value: str) -> None:
        record_id = data.draw(st.sampled_from(sorted(self.expected)))
        amend(self.home.ref, record_id, value)
        self.expected[record_id] = value

    @rule()
    def begin(self) -> None:
        begin(actor=HOUSE, dossier_id=self.home.ref.id)
        self.after = None

    @rule(limit=st.integers(min_value=1, max_value=5))
    def reseal(self, limit: int) -> None:
        batch = reseal_batch(actor=HOUSE, dossier_id=self.home.ref.id, after=self.after, limit=limit)
        self.after = batch.after

    @rule()
    def finish(self) -> None:
        finish(actor=HOUSE, dossier_id=self.home.ref.id)

    @rule()
    def carry_through(self) -> None:
        assert carry_through(self.home.ref.id, limit=4) == 0

    @rule()
    def destroy(self) -> None:
        destroy(actor=HOUSE, dossier_id=self.home.ref.id, grace=timedelta(0))

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

    @rule()
    def another_process(self) -> None:
        CACHE.clear()

    @invariant()
    def agrees(self) -> None:
        assert values(self.home.patient, self.home.ref) == self.expected
        assert PatientKey.objects.filter(dossier_id=self.home.ref.id, state=KeyState.ACTIVE).count() == 1

    def teardown(self) -> None:
        assert compare_records().ok
        assert report_keys().in_force == 2


def test_any_order_agrees_with_a_dictionary(
    household: Household, tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    Turning.home, Turning.expected, Turning.ring = household, {}, tmp_path / "keyring.json"
    Turning.ring.write_bytes(Path(settings.KEYRING_FILE).read_bytes())
    Turning.ring.chmod(0o400)
    settings.KEYRING_FILE = Turning.ring
    run_state_machine_as_test(
        Turning, settings=hypothesis_settings(max_examples=100 if IS_SOAK else 8, stateful_step_count=25, deadline=None)
    )
