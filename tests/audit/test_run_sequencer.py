"""The sequencer as its own process: stopped, killed, cut off, doubled, without Redis."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from audit.verifying import verify_log
from tests.audit.acts import remember, rows
from tests.counts import COUNTS

ROOT = Path(__file__).parent.parent.parent


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def numbered():
    return rows("SELECT count(*) FROM audit_leaf")[0][0]


@pytest.fixture
def start(db):
    """Start a sequencer on the database of the test; whatever still runs at the end is killed."""
    running = []

    def starter():
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_sequencer"],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_URL": db.app_url,
                "DATABASE_SEQUENCER_URL": db.sequencer_url,
                "REDIS_URL": "unix:///nowhere.sock",
                "PYTHONWARNINGS": "ignore",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield starter
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_numbers_within_a_second_and_stops_when_told(start):
    process = start()
    remember()
    until(lambda: numbered() == 1)
    began = time.monotonic()
    remember(5)
    until(lambda: numbered() == 6)
    assert time.monotonic() - began < 5
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "has stopped" in out
    assert "Traceback" not in err


def test_it_comes_back_when_the_server_cuts_it_off(start, superuser, db):
    process = start()
    remember()
    until(lambda: numbered() == 1)
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND usename = 'carnet_sequencer' AND query ILIKE '%%audit%%' AND pid <> ALL (%s)",
        [db.name, [pid for (pid,) in rows("SELECT pg_backend_pid()")]],
    )
    remember(3)
    until(lambda: numbered() == 4)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in err


def test_killed_at_any_moment_and_twice_at_once_it_loses_nothing(start):
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            written.extend(remember(20))
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        other = start()
        for _ in range(COUNTS.restarts):
            before = numbered()
            victim = start()
            until(lambda before=before: numbered() > before)
            victim.kill()
            victim.wait()
        other.kill()
        last = start()
    finally:
        stop.set()
        writer.join()
    until(lambda: numbered() == len(written), seconds=60)
    last.send_signal(signal.SIGTERM)
    last.communicate(timeout=10)
    report = verify_log()
    assert (report.ok, report.size) == (True, len(written))


def test_without_a_key_it_says_so(start, monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIT_SIGNING_KEY_FILE", str(tmp_path / "missing"))
    process = start()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "AUDIT_SIGNING_KEY_FILE" in err
    assert "Traceback" not in err
