"""Nothing is lost and nothing said twice while Redis vanishes, workers are killed and the relay misbehaves.

PostgreSQL, Redis, SMTP and every process are real. The seed of the weather is printed with a failure.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.log import append
from audit.sequencing import sequence_once
from portal.notifications.models import Aside, Delivery, DeliveryState, Letter
from tests.counts import COUNTS, IS_SOAK
from tests.portal.notifications.readers import CALLS_FOR_A_LETTER, a_professional, a_reader, happens
from tests.portal.notifications.relay import open_relay
from tests.whole.postmen import Weather, postmen

READERS = 25
NEVER = "never"
OPEN = [DeliveryState.WAITING, DeliveryState.SENDING]
PARTS = ["letters", "worker-1", "worker-2", "beat-1", "beat-2"]


@pytest.fixture
def folder():
    # Short: the path of a Unix socket may not pass 107 bytes.
    path = Path(tempfile.mkdtemp(prefix="carnet-letters-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def wait_until(true, seconds, step=0.2):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(step)
    return true()


def references(relay):
    """How often each delivery was received, by the identifier that all its tries share."""
    with relay.lock:
        return Counter(re.search(r"Message-ID: <([0-9a-f-]{36})@", taken.text)[1] for taken in relay.taken)


def hurry():
    """As if the pauses between two tries were over: the test has no hour to wait.

    Those that a killed worker left as being sent are not touched: they come back by themselves.
    """
    with transaction.atomic():
        # Waits for nobody: workers write two rows at a time, and would wait for this in a circle.
        waiting = Delivery.objects.select_for_update(skip_locked=True).filter(state=DeliveryState.WAITING)
        ids = list(waiting.values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ids).update(next_try=timezone.now())


def test_ten_thousand_letters_in_bad_weather(db, folder):
    seed = int(os.environ.get("CARNET_SEED", time.time_ns() % 100_000 if IS_SOAK else 1))
    readers = [a_reader(f"{NEVER if number % 10 == 0 else 'reader'}-{number}@example.org") for number in range(READERS)]
    with open_relay() as relay, postmen(folder, db.app_url, relay, PARTS) as running:
        relay.answer = lambda address: "550 no such mailbox" if address.startswith(NEVER) else None
        weather = Weather(running, relay, seed)
        expected = let_it_happen(readers, weather)
        weather.clear()
        # Longer than the longest pause after a process died over a letter, on a machine that is busy with other things.
        for _ in range(240 + COUNTS.letters // 20):
            if not Delivery.objects.filter(state__in=OPEN).exists() and Letter.objects.count() == expected:
                break
            hurry()
            time.sleep(1)
        left = Counter(Delivery.objects.filter(state__in=OPEN).values_list("state", "attempts", "reason"))
        told = f"seed {seed}, weather {weather.happened}, not ended {left}"
        see_that_everybody_was_told(relay, expected, told)
        assert "example.org" not in running.logs()
    assert {"flush", "redis", "worker", "child", "letters", "slow", "busy", "silent", "closed"} <= set(weather.happened)


def let_it_happen(readers, weather):
    """The entries come in while one thing after the other breaks; how many letters they call for."""
    written, batch = 0, max(1, COUNTS.letters // 40)
    strikes = max(14, COUNTS.letters // 400)
    struck = 0
    while written < COUNTS.letters or struck < strikes:
        if written < COUNTS.letters:
            with transaction.atomic():
                for number in range(written, min(written + batch, COUNTS.letters)):
                    reader = readers[number % len(readers)]
                    append(CALLS_FOR_A_LETTER, actor=a_professional(), dossier=reader.pseudonym)
                    written += 1
            sequence_once()
        weather.strike()
        struck += 1
        hurry()
        time.sleep(1.0)
    while sequence_once():
        pass
    return written


def see_that_everybody_was_told(relay, expected, told):
    letters = Letter.objects.values_list("account_id", "entry_index")
    assert len(letters) == len(set(letters)) == expected, told
    deliveries = {str(row.pk): row for row in Delivery.objects.select_related("letter")}
    assert len(deliveries) == expected, told
    received = references(relay)
    for reference, delivery in deliveries.items():
        how_often = received[reference]
        if delivery.reason == "mail_550":
            assert (delivery.state, how_often) == (DeliveryState.FAILED, 0), told
        elif delivery.reason == "unclear_twice":
            # Listed for a person to look at; the relay had it.
            assert (delivery.state, how_often in {1, 2}) == (DeliveryState.FAILED, True), told
        else:
            assert (delivery.state, how_often in {1, 2}) == (DeliveryState.SENT, True), (
                told,
                delivery.reason,
                how_often,
            )
    refused = [row for row in deliveries.values() if row.reason == "mail_550"]
    assert len(refused) == sum(1 for number in range(expected) if number % READERS % 10 == 0), told
    assert not set(received) - set(deliveries), told


def test_an_urgent_letter_needs_neither_redis_nor_a_worker(db, folder):
    reader = a_reader()
    with open_relay() as relay, postmen(folder, db.app_url, relay, ["letters"]) as running:
        running.redis.kill()
        happens(reader, event=Event.EMERGENCY_OPENED)
        assert wait_until(lambda: relay.addresses() == [reader.email], 20)


def test_an_urgent_letter_comes_back_seconds_after_its_worker_was_killed(db, folder):
    """Redis would hand the message out again after a quarter of an hour."""
    reader = a_reader()
    with open_relay() as relay, postmen(folder, db.app_url, relay, ["worker-1", "beat-1"]) as running:
        relay.slow = 5.0
        happens(reader, event=Event.EMERGENCY_OPENED)
        assert wait_until(lambda: Delivery.objects.filter(state=DeliveryState.SENDING, channel="mail").exists(), 40)
        running.kill("worker-1")
        relay.slow = 0.0
        killed = time.monotonic()
        running.start("worker-1")
        assert wait_until(lambda: relay.addresses() == [reader.email], 40)
        assert time.monotonic() - killed < 30


def test_an_ordinary_letter_too_comes_back_soon_after_its_worker_was_killed(db, folder):
    """Not after the hour that a letter may wait between two tries when the relay is to blame."""
    reader = a_reader()
    with open_relay() as relay, postmen(folder, db.app_url, relay, ["worker-1", "beat-1"]) as running:
        relay.slow = 5.0
        happens(reader)
        assert wait_until(lambda: Delivery.objects.filter(state=DeliveryState.SENDING).exists(), 40)
        running.kill("worker-1")
        relay.slow = 0.0
        running.start("worker-1")
        assert wait_until(lambda: relay.addresses() == [reader.email], 60)
        assert Delivery.objects.get().crashes == 1


def test_nothing_of_a_letter_is_in_the_logs_nor_in_the_broker(db, folder):
    """Every command that reaches Redis is read, and everything the processes print."""
    reader = a_reader("azenor.kerzherho@example.org", "06 12 34 56 78")
    needles = ["azenor", "kerzer", "example.org", "12 34 56", "+336", "Bonjour", str(reader.account.pk), "accès"]
    heard: list[str] = []
    stop = threading.Event()
    with open_relay() as relay, postmen(folder, db.app_url, relay, ["worker-1", "beat-1"]) as running:
        threading.Thread(target=listen, args=(running.client(), heard, stop), daemon=True).start()
        relay.answer = lambda address: "450 later for azenor.kerzherho@example.org" if not heard_once else None
        heard_once: list[bool] = []
        happens(reader)
        happens(reader, event=Event.EMERGENCY_OPENED)
        assert wait_until(lambda: Delivery.objects.filter(reason="mail_450").exists(), 40)
        heard_once.append(True)
        hurry()
        assert wait_until(lambda: len(relay.addresses()) == 2, 40)
        printed, broker = running.logs(), "\n".join(heard)
        assert running.client().keys("celery-task-meta*") == []
        stop.set()
    assert "notifications.send_urgent" in broker
    for needle in needles:
        assert needle.lower() not in printed.lower()
        assert needle.lower() not in broker.lower()
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert any(line.get("task_id") and line.get("task") == "notifications.send" for line in lines)
    assert not Aside.objects.exists()


def listen(client, heard, stop):
    """Everything that Redis is told, until ``stop``; a line that the client cannot read is asked for no further."""
    while not stop.is_set():
        try:
            with client.monitor() as monitor:
                while not stop.is_set():
                    with contextlib.suppress(ValueError):
                        heard.append(monitor.next_command()["command"])
        except (redis.RedisError, OSError):
            # Not there yet, or no longer.
            stop.wait(0.2)
