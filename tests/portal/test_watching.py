"""What machines are told: alive, ready, numbers; nothing about a person."""

import json
import os
import re
import time

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from audit.events import Event
from audit.log import append
from audit.note import COSIGNATURE_KEY, Signer
from audit.sequencing import sequence_once
from portal.notifications.deliveries import deliver_due
from portal.notifications.following import follow_log
from portal.notifications.kinds import Urgency
from portal.notifications.models import Aside, Delivery
from portal.watching import broker, views
from portal.watching.exposition import Gauge, exposed, gauge
from records.key_cache import CACHE
from records.reading import open_overview
from tests.portal.notifications.readers import a_professional, a_reader, happens
from tests.portal.ward import a_patient


def test_alive_asks_nobody():
    # Without the fixture ``db`` a query would fail.
    answer = Client().get("/health/live/")
    assert (answer.status_code, answer.json()) == (200, {"live": True})


def test_ready_says_which_part_is_missing(db, redis_url, monkeypatch):
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()) == (
        200, {"ready": True, "database": True, "keyring": True, "redis": True},
    )  # fmt: skip
    monkeypatch.setattr(broker, "answers", lambda: False)
    assert Client().get("/health/ready/").status_code == 200

    def away():
        raise OperationalError("secret address")

    with monkeypatch.context() as broken:
        broken.setattr(views.connection, "cursor", away)
        answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
    assert "secret" not in answer.content.decode()


def test_a_keyring_that_is_away_is_not_ready(db, redis_url, settings):
    settings.KEYRING_FILE = "/nowhere/keyring.json"
    assert Client().get("/health/ready/").json()["keyring"] is False


def test_metrics_count_without_naming(db, redis_url):
    reader = a_reader("azenor@example.org", family="Kerzerho")
    happens(reader, event=Event.EMERGENCY_OPENED)
    follow_log()
    deliver_due(Urgency.EMERGENCY, seconds=5)
    happens(reader)
    follow_log()
    Delivery.objects.filter(urgency="default").update(state="failed", reason="mail_550")
    with transaction.atomic():
        append(Event.SHARING_READ, actor=a_professional(), dossier=reader.pseudonym)
    Aside.objects.create(message=reader.account.pk, task="x", reason="y", is_aside=True)
    broker._client().lpush("bulk", json.dumps({"headers": {"queued_at": 1}}), "not a message")
    text = Client().get("/metrics").content.decode()
    broker._client().delete("bulk")
    for line in (
        "carnet_redis_up 1", 'carnet_queue_length{queue="bulk"} 2', 'carnet_deliveries{channel="mail",state="sent"} 1',
        'carnet_delivery_failures{channel="mail",reason="mail_550"} 1', "carnet_tasks_aside 1",
        "carnet_letters_behind 0", "carnet_log_unnumbered 1",
    ):  # fmt: skip
        assert f"{line}\n" in text
    for name in ("queue_age_seconds", "sequencer_lag_seconds", "key_oldest_seconds", "checkpoint_age_seconds"):
        assert f"# TYPE carnet_{name} gauge" in text
    assert not re.search(r"azenor|kerzerho|example", text, re.IGNORECASE)
    assert str(reader.account.pk) not in text
    assert str(reader.pseudonym) not in text
    assert all(re.fullmatch(r"#.*|[a-z_]+(\{[a-z0-9_=\",/+.-]+\})? [0-9.e+-]+", line) for line in text.splitlines())


def test_the_memory_of_keys_is_counted_and_names_nobody(db):
    patient = a_patient()

    def numbers():
        text = Client().get("/metrics").content.decode()
        assert "# TYPE carnet_key_cache_lookups_total counter" in text
        assert "# TYPE carnet_key_cache_keys gauge" in text
        assert not [each for each in (patient.ref.id, patient.ref.pseudonym, patient.account.pk) if str(each) in text]
        found = re.findall(r'^carnet_key_cache_(\w+)\{process="(\d+)"(?:,outcome="(\w+)")?\} (\d+)$', text, re.M)
        assert {process for _, process, _, _ in found} == {str(os.getpid())}
        return {outcome or name: int(value) for name, _, outcome, value in found}

    CACHE.clear()
    before = numbers()
    assert before["keys"] == 0
    open_overview(actor=patient.actor)
    first = numbers()
    assert first["miss"] > before["miss"]
    assert first["keys"] > 0
    open_overview(actor=patient.actor)
    second = numbers()
    assert second["hit"] > first["hit"]
    assert second["miss"] == first["miss"]


def test_a_checkpoint_that_waits_for_a_witness_is_counted(db, settings):
    settings.AUDIT_WITNESSES = [f"{Signer('w.example/1', bytes(32), COSIGNATURE_KEY).verifier} http://127.0.0.1:9"]
    line = 'carnet_witness_waiting_seconds{witness="w.example/1"}'
    assert f"{line} 0\n" in Client().get("/metrics").content.decode()
    happens(a_reader("azenor@example.org", ""), event=Event.RECORD_READ)
    sequence_once()
    time.sleep(0.05)
    assert float(re.search(rf"{re.escape(line)} (\S+)", Client().get("/metrics").content.decode())[1]) > 0


def test_metrics_work_without_redis(db, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert "carnet_redis_up 0\n" in Client().get("/metrics").content.decode()


@pytest.mark.asvs("v5.0.0-13.4.5")
@pytest.mark.parametrize(
    ("token", "given", "status"), [("", "", 404), ("right", "wrong", 404), ("right", "right", 200)]
)
def test_production_shows_numbers_to_who_holds_the_token(db, settings, token, given, status):
    settings.IS_PRODUCTION, settings.METRICS_TOKEN = True, token
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {given}"}).status_code == status


def test_the_text_format_escapes_what_it_must():
    text = exposed([Gauge("a", "one\ntwo", {(("b", 'c"\\d'),): 1.5}), gauge("e", "f", None)])
    assert text == '# HELP a one\\ntwo\n# TYPE a gauge\na{b="c\\"\\\\d"} 1.5\n# HELP e f\n# TYPE e gauge\n'


def test_the_demo_shows_what_would_have_left(db):
    assert "Nothing has left yet" in Client().get("/outbox/", headers={"Accept-Language": "en"}).content.decode()
    happens(a_reader("azenor@example.org", "06 12 34 56 78"), event=Event.EMERGENCY_OPENED)
    follow_log()
    deliver_due(Urgency.EMERGENCY, seconds=5)
    page = Client().get("/outbox/", headers={"Accept-Language": "en"}).content.decode()
    assert "azenor@example.org" in page
    assert "06 12 34 56 78" in page
