"""The sequencer is killed between any two statements, doubled and raced; its witness lies, sleeps and forgets."""

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from audit import models
from audit.cosigner import Cosigner
from audit.cosigning import load_witnesses, witness_view
from audit.keys import load_signer
from audit.merkle import CompactRange
from audit.note import open_checkpoint
from audit.verifying import verify_log
from tests.audit.acts import number_all, remember, rows
from tests.audit.test_cosigning import Served, served  # noqa: F401 - a fixture
from tests.audit.test_run_sequencer import start, until  # noqa: F401 - a fixture
from tests.audit.test_sequencing import INSERT, entries_without_number, leaves
from tests.counts import COUNTS

ROOT = Path(__file__).parent.parent.parent
# A batch sends about ten: the lock, the head, the plan, the search, tiles, leaves, nodes, checkpoint, commit.
OF_A_BATCH, STATEMENTS = 12, 40
# A checkpoint at least every second under traffic; the rest is for a machine that has other work too.
LONGEST_TAIL_SECONDS = 1.0 if os.environ.get("CARNET_QUIET") == "yes" else 5.0


class Writer:
    """Writes entries, twenty at a time, until told to stop."""

    def __init__(self):
        self.written, self._stop = [], threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _write(self):
        while not self._stop.is_set():
            self.written.extend(remember(20))
            time.sleep(0.005)
        connections.close_all()


def assert_nothing_is_lost(written):
    number_all()
    assert [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")] == list(range(written))
    assert rows("SELECT count(DISTINCT entry_id) FROM audit_leaf") == [(written,)]
    assert entries_without_number() == 0
    tree, found = CompactRange(), leaves()
    for size, note in rows("SELECT size, note FROM audit_checkpoint ORDER BY size"):
        for leaf in found[tree.size : size]:
            tree.append(leaf)
        signed = open_checkpoint(note, load_signer().verifier)
        assert (signed.size, signed.root) == (size, tree.root())
    assert tree.size == written


def test_killed_between_any_two_statements(db):
    """Before each statement of a batch in turn, then at random, fifty times in a soak: all of a batch, or nothing."""
    chance = random.Random()
    numbers = [*range(1, OF_A_BATCH + 1), *(chance.randint(1, STATEMENTS) for _ in range(COUNTS.sequencer_kills))]
    with Writer() as writer:
        done = subprocess.run(
            [sys.executable, "-m", "tests.audit.dying", *map(str, numbers)], cwd=ROOT, capture_output=True, text=True,
            check=True, timeout=600,
            env=os.environ | {
                "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": db.app_url,
                "DATABASE_SEQUENCER_URL": db.sequencer_url,
            },
        )  # fmt: skip
    assert done.stdout.split("\n")[:-1] == [f"{number} killed" for number in numbers], done.stderr
    assert_nothing_is_lost(len(writer.written))
    assert verify_log().ok


def test_writers_and_two_sequencers_leave_no_unsigned_tail(start, db):  # noqa: F811
    """Eight writers for a minute in a soak: every committed entry is signed for within the interval."""
    remember()
    for _ in range(2):
        start()
    until(lambda: len(leaves()) == 1)
    end = time.monotonic() + COUNTS.log_seconds

    def write():
        count = 0
        with psycopg.connect(db.app_url, autocommit=True) as writer:
            while time.monotonic() < end:
                writer.execute(INSERT)
                count += 1
        return count

    tails = []
    with ThreadPoolExecutor(COUNTS.log_writers) as pool:
        writing = [pool.submit(write) for _ in range(COUNTS.log_writers)]
        while time.monotonic() < end:
            [(oldest,)] = rows(
                "SELECT extract(epoch FROM clock_timestamp() - min(e.at))::float FROM audit_entry e WHERE NOT EXISTS "
                "(SELECT FROM audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id)"
            )
            tails.append(oldest or 0.0)
            time.sleep(0.1)
        written = 1 + sum(done.result() for done in writing)
    until(lambda: rows("SELECT max(size) FROM audit_checkpoint") == [(written,)])
    assert max(tails) < LONGEST_TAIL_SECONDS
    assert [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")] == list(range(written))
    assert rows("SELECT count(DISTINCT entry_id) FROM audit_leaf") == [(written,)]
    assert entries_without_number() == 0


@pytest.mark.parametrize("trouble", ["down", "restarted", "rolled back", "asked by another"])
def test_a_witness_in_trouble_is_told_everything_again(db, served, monkeypatch, trouble):  # noqa: F811
    """Down, restarted, its memory put back, or further than we know (409): the log goes on, and it catches up."""
    monkeypatch.setattr("audit.cosigner.ASK_EVERY_SECONDS", 0.02)
    monkeypatch.setattr("audit.cosigner._LONGEST_PAUSE_SECONDS", 0.1)
    [witness] = load_witnesses()
    stop = threading.Event()
    remember(5)
    number_all()
    thread = Cosigner(witness, stop)
    thread._pause = 0.02
    thread.start()
    try:
        until(lambda: witness_view(witness).size == 5)
        [file] = served.folder.glob("*.checkpoint")
        kept = file.read_text()
        remember(5)
        number_all()
        until(lambda: witness_view(witness).size == 10)
        if trouble == "asked by another":
            forget_cosignatures(db)
        else:
            served.stop()
        for _ in range(3):
            remember(5)
            number_all()
        if trouble == "rolled back":
            file.write_text(kept)
        if trouble != "asked by another":
            time.sleep(0.2 if trouble == "down" else 0.0)
            served.start()
        until(lambda: witness_view(witness).size == 25)
    finally:
        stop.set()
        thread.join(10)
    assert witness_view(witness).waiting_since is None
    assert verify_log().ok
    assert not models.Entry.objects.filter(event="log.verified", outcome="failed").exists()


def forget_cosignatures(db):
    """Ours, as after a restore: the witness then knows more than we do, and answers 409."""
    with psycopg.connect(db.superuser_url, autocommit=True) as superuser:
        superuser.execute("ALTER TABLE audit_cosignature DISABLE TRIGGER USER")
        superuser.execute("DELETE FROM audit_cosignature")
        for name in ("audit_grows", "audit_grows_row"):
            superuser.execute(f"ALTER TABLE audit_cosignature ENABLE ALWAYS TRIGGER {name}")
