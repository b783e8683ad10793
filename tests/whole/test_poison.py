"""A task that cannot be done is put aside with its reason, and the worker goes on with the others."""

import shutil
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import pytest

from portal.celery import app
from portal.notifications.kinds import Urgency
from portal.notifications.models import Aside
from portal.notifications.schedule import BEAT
from portal.queues import LONGEST_TASK_SECONDS, VISIBILITY_SECONDS, MostUrgentFirst
from tests.portal.notifications.relay import open_relay
from tests.whole import postmen as parts


@pytest.fixture
def running(db, monkeypatch):
    folder = Path(tempfile.mkdtemp(prefix="carnet-poison-"))
    monkeypatch.setattr(parts, "WORKER", [*parts.WORKER, "--include", "tests.whole.poison"])
    with open_relay() as relay, parts.postmen(folder, db.app_url, relay, ["worker-1"]) as running:
        broker = running.cache.url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        yield running, broker
    shutil.rmtree(folder, ignore_errors=True)


def send(broker, name, *arguments):
    with app.connection_for_write(broker) as connection:
        app.send_task(name, arguments, queue="default", connection=connection)


def wait_for(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert true()


def test_poison_is_put_aside_and_nothing_else_waits_for_it(running):
    postmen, broker = running
    identifier = str(uuid4())
    for name in ("tests.kills_its_worker", "tests.fails", "tests.asked_by"):
        send(broker, name, identifier)
    send(broker, "tests.works")
    wait_for(lambda: Aside.objects.filter(is_aside=True).count() == 2)
    wait_for(lambda: "has lost the right" in postmen.logs())
    client = postmen.client()
    wait_for(lambda: client.llen("default") == 0 and client.hlen("unacked") == 0)
    rows = {row.task: row for row in Aside.objects.all()}
    assert {name: row.reason for name, row in rows.items()} == {
        "tests.kills_its_worker": "worker_lost", "tests.fails": "ValueError",
    }  # fmt: skip
    assert all(row.arguments == [identifier] for row in rows.values())
    assert "azenor" not in postmen.logs()


def test_the_most_urgent_queue_is_asked_first_whatever_came_last():
    cycle = MostUrgentFirst()
    cycle.update(["bulk", "emergency", "default"])
    for _ in range(3):
        assert cycle.consume(3) == ["emergency", "default", "bulk"]
        cycle.rotate("emergency")


def test_redis_hands_no_task_out_again_while_it_runs():
    app.loader.import_default_modules()
    tasks = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert tasks
    for task in tasks:
        assert task.acks_late
        assert (task.time_limit or app.conf.task_time_limit) <= LONGEST_TASK_SECONDS < VISIBILITY_SECONDS


def test_every_beat_names_a_task_and_a_queue_and_expires():
    app.loader.import_default_modules()
    for entry in BEAT.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["queue"] in {urgency.value for urgency in Urgency}
        assert entry["options"]["expires"] > 0
        assert app.tasks[entry["task"]].recurring
