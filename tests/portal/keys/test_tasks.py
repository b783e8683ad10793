"""What beat sends about keys is a task of ours on the bulk queue, and each of them may come twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor
from portal import celery
from portal.keys import schedule, tasks
from records.models import Dossier, KeyState, PatientKey
from records.rotation import GRACE, begin
from tests.records.scenes import Household, make_household


@pytest.fixture
def household(db: object) -> Household:
    return make_household()


def test_beat_sends_tasks_that_exist_to_a_queue_that_exists() -> None:
    celery.app.loader.import_default_modules()
    queues = {queue.name for queue in celery.app.conf.task_queues}
    for name, entry in schedule.BEAT.items():
        assert celery.app.conf.beat_schedule[name] == entry
        assert entry["task"] in celery.app.tasks
        assert entry["options"]["queue"] == "bulk"
        assert entry["options"]["queue"] in queues


def test_a_year_old_key_turns_by_itself_and_goes(household: Household) -> None:
    household.file()
    assert tasks.turn_yearly() == tasks.carry_on() == tasks.destroy_former() == 0
    PatientKey.objects.filter(dossier_id=household.ref.id).update(created_at=timezone.now() - timedelta(days=366))
    assert tasks.turn_yearly() == 1
    assert tasks.turn_yearly() == 0
    assert tasks.carry_on() == 1
    assert tasks.carry_on() == 0
    assert tasks.destroy_former() == 0
    PatientKey.objects.filter(retired_at__isnull=False).update(retired_at=timezone.now() - GRACE)
    assert tasks.destroy_former() == 1
    assert tasks.destroy_former() == 0
    kept = PatientKey.objects.filter(dossier_id=household.ref.id).order_by("version")
    assert list(kept.values_list("state", flat=True)) == [KeyState.DESTROYED, KeyState.ACTIVE]
    assert Dossier.objects.get(id=household.ref.id).active_key_version == 2


def test_a_run_ends_by_itself_and_the_next_one_goes_on(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    household.file()
    begin(actor=Actor.system("rotation"), dossier_id=household.ref.id)
    with monkeypatch.context() as short:
        short.setattr(tasks, "_SECONDS_PER_RUN", 0.0)
        assert tasks.carry_on() == 0
    assert tasks.carry_on() == 1
