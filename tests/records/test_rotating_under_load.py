"""Keys turn while people read and write and while the worker is killed: no read fails, no row is lost or stale."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import close_old_connections, connection, connections, transaction

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from records.amending import amend_record
from records.comparing import compare_records
from records.dossiers import ref_of
from records.models import PatientKey, Record
from records.reading import open_category, open_record
from records.rotation import begin, destroy
from records.turning import carry_through
from records.unlocking import CACHE
from records.writing import begin_filing
from tests.counts import COUNTS
from tests.records.scenes import SEED, Household, observation

HOUSE = Actor.system("rotation")
DAY = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Load:
    """Readers and writers beside a rotation, and what they held to be true."""

    home: Household
    expected: dict[UUID, str] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)
    reads: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []

    def start(self, *acts: Callable[[random.Random], None]) -> None:
        for number, act in enumerate(acts):
            self.threads.append(threading.Thread(target=self._repeat, args=(act, random.Random(number))))
        for thread in self.threads:
            thread.start()

    def _repeat(self, act: Callable[[random.Random], None], chance: random.Random) -> None:
        try:
            while not self.over.is_set():
                act(chance)
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            connection.close()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def read(self, chance: random.Random) -> None:
        with self.lock:
            record_id = chance.choice(list(self.expected))
        CACHE.clear()
        if chance.random() < 0.1:
            open_category(actor=self.home.patient, dossier_id=self.home.ref.id, category=Category.LABORATORY)
        else:
            open_record(actor=self.home.patient, record_id=record_id)
        self.reads += 1

    def write(self, chance: random.Random) -> None:
        value = str(chance.randrange(1, 1000))
        if chance.random() < 0.5:
            record_id = self.home.file(value=value)
            with self.lock:
                self.expected[record_id] = value
        else:
            # The lock of the test keeps the dictionary in step with the table, as no reader needs it to.
            with self.lock:
                record_id = chance.choice(list(self.expected))
                amend(self.home, record_id, value, pause=0.02)
                self.expected[record_id] = value
        time.sleep(0.01)


def amend(home: Household, record_id: UUID, value: str, *, pause: float = 0.0) -> None:
    header, resource = observation(value, DAY)
    with transaction.atomic(durable=True):
        filing = begin_filing(actor=SEED, ref=ref_of(home.ref.id))
        # Between the choice of the key and the write: where a rotation that did not wait would lose the row.
        time.sleep(pause)
        amend_record(filing, record_id, category=Category.LABORATORY, header=header, resource=resource)


def values(home: Household) -> dict[UUID, str]:
    drawer = open_category(actor=home.patient, dossier_id=home.ref.id, category=Category.LABORATORY)
    return {item.record_id: str(item.header.value) for item in drawer.items}


def fill(load: Load) -> None:
    for number in range(COUNTS.rotated_records):
        load.expected[load.home.file(value=str(number))] = str(number)


def _work(dossier_id: UUID) -> None:
    connections.close_all()
    carry_through(dossier_id, limit=10, share=0.5)
    os._exit(0)


def worker(dossier_id: UUID) -> multiprocessing.Process:
    """A process of its own that carries a rotation through, to be killed."""
    connection.close()
    started = multiprocessing.get_context("fork").Process(target=_work, args=(dossier_id,))
    started.start()
    return started


def carry_through_with_kills(dossier_id: UUID, kills: int, chance: random.Random) -> int:
    """How many workers were killed at work; the last one is left to finish."""
    killed = 0
    for _ in range(kills):
        process = worker(dossier_id)
        process.join(timeout=chance.uniform(0.02, 0.25))
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            killed += 1
        process.join()
    while carry_through(dossier_id, limit=50):
        close_old_connections()
    return killed


def test_two_rotations_with_readers_writers_and_kills(household: Household) -> None:
    load = Load(household)
    fill(load)
    load.start(load.read, load.read, load.write, load.write)
    killed, chance = 0, random.Random(7)
    try:
        for turn in (2, 3):
            assert begin(actor=HOUSE, dossier_id=household.ref.id, version=turn - 1) == turn
            killed += carry_through_with_kills(household.ref.id, COUNTS.rotation_kills // 2, chance)
            # Without any grace: harder than what runs, where it is an hour.
            assert destroy(actor=HOUSE, dossier_id=household.ref.id, grace=timedelta(0)) == 1
    finally:
        load.stop()
    assert load.failures == []
    assert killed > 0
    assert load.reads > 0
    CACHE.clear()
    assert values(household) == load.expected
    assert set(Record.objects.filter(dossier_id=household.ref.id).values_list("key_version", flat=True)) == {3}
    states = PatientKey.objects.filter(dossier_id=household.ref.id).order_by("version").values_list("state", flat=True)
    assert list(states) == ["destroyed", "destroyed", "active"]
    assert compare_records().ok
    assert_log_is_complete(household, rotations=2)


def assert_log_is_complete(home: Household, *, rotations: int) -> None:
    lines = [entry for entry in entries_about(home.ref.pseudonym, limit=1_000_000) if entry.actor == HOUSE.id]
    events = [entry.event for entry in lines if entry.outcome == "done"]
    assert [events.count(event) for event in ("key.turning", "key.retired", "key.destroyed")] == [rotations] * 3
    # Every record of the beginning was sealed again once by each rotation, unless a writer came first.
    assert sum(int(entry.facts["rows"]) for entry in lines if entry.event == "key.resealed") > 0


def test_two_workers_share_the_rows(household: Household) -> None:
    load = Load(household)
    fill(load)
    begin(actor=HOUSE, dossier_id=household.ref.id)
    workers = [worker(household.ref.id) for _ in range(2)]
    for process in workers:
        process.join()
    assert [process.exitcode for process in workers] == [0, 0]
    assert carry_through(household.ref.id) == 0
    rows = [
        int(entry.facts["rows"])
        for entry in entries_about(household.ref.pseudonym, limit=10_000)
        if entry.event == "key.resealed"
    ]
    assert sum(rows) == len(load.expected)
    assert values(household) == load.expected


def test_retiring_waits_for_a_writer_that_chose_the_former_key(household: Household) -> None:
    record = household.file(value="1")
    chosen, go = threading.Event(), threading.Event()

    def slow_writer() -> None:
        header, resource = observation("2", DAY)
        try:
            with transaction.atomic(durable=True):
                filing = begin_filing(actor=SEED, ref=ref_of(household.ref.id))
                chosen.set()
                go.wait(10)
                amend_record(filing, record, category=Category.LABORATORY, header=header, resource=resource)
        finally:
            connection.close()

    def rotate() -> None:
        try:
            begin(actor=HOUSE, dossier_id=household.ref.id)
            carry_through(household.ref.id)
            destroy(actor=HOUSE, dossier_id=household.ref.id, grace=timedelta(0))
        finally:
            connection.close()

    writer, rotation = threading.Thread(target=slow_writer), threading.Thread(target=rotate)
    writer.start()
    assert chosen.wait(10)
    rotation.start()
    rotation.join(0.5)
    assert rotation.is_alive()
    go.set()
    writer.join()
    rotation.join()
    CACHE.clear()
    assert values(household) == {record: "2"}
    assert Record.objects.get(id=record).key_version == 2
