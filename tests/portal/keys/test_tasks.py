"""What beat sends about keys is a task of ours on the bulk queue, and each of them may come twice."""

from __future__ import annotations

import threading
from dataclasses import replace

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log import entries_about
from portal import celery
from portal.keys import schedule, tasks
from records.closing import close
from records.models import Dossier, KeyState, PatientKey
from records.patient_keys import WritingKeys
from records.rotation import GRACE, begin
from tests.records.scenes import Household, age_key, make_household


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


@pytest.mark.asvs("v5.0.0-13.3.4")
def test_a_year_old_key_turns_by_itself_and_goes(household: Household) -> None:
    household.file()
    assert tasks.turn_yearly() == tasks.carry_on() == tasks.destroy_former() == 0
    age_key(household.ref.id, days=366)
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


def test_one_unreadable_record_keeps_nobody_else_from_turning(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    age_key(household.ref.id, days=500)
    age_key(household.neighbour_ref.id, days=400)
    Dossier.objects.filter(id=household.ref.id).update(sealed_identity=bytes(200))
    monkeypatch.setattr(tasks, "_BEGUN_AT_ONCE", 1)
    assert tasks.turn_yearly() == 1
    assert Dossier.objects.get(id=household.neighbour_ref.id).active_key_version == 2
    newest = next(iter(entries_about(household.ref.pseudonym)))
    assert (newest.event, newest.outcome) == ("key.turning", "failed")


def test_a_record_that_somebody_holds_waits_for_the_next_run(household: Household) -> None:
    age_key(household.ref.id, days=500)
    age_key(household.neighbour_ref.id, days=400)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                WritingKeys(household.ref.id)
                held.set()
                over.wait(30)
        finally:
            connection.close()

    writer = threading.Thread(target=hold)
    writer.start()
    assert held.wait(10)
    try:
        assert tasks.turn_yearly() == 1
        assert Dossier.objects.get(id=household.ref.id).active_key_version == 1
    finally:
        over.set()
        writer.join()
    assert tasks.turn_yearly() == 1


def test_what_is_over_is_shredded_once(household: Household, owner: psycopg.Connection) -> None:
    close(actor=replace(household.patient, fresh=True), dossier_id=household.ref.id)
    assert tasks.shred_expired() == 0
    owner.execute("UPDATE records_dossier SET closed_at = now() - interval '10 years' WHERE closed_at IS NOT NULL")
    assert tasks.shred_expired() == 1
    assert tasks.shred_expired() == 0
