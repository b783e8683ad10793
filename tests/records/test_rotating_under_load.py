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

from django.db import connection, connections, transaction

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from consent.dossiers import DossierRef
from records.amending import amend_record
from records.comparing import compare_records
from records.dossiers import ref_of
from records.drawers import Leaf
from records.identity import create_dossier
from records.models import PatientKey, Record
from records.reading import open_category, open_record
from records.rotation import begin, destroy
from records.turning import carry_through, destroy_ripe, unfinished
from records.unlocking import CACHE
from records.writing import begin_filing
from tests.counts import COUNTS
from tests.records.scenes import SEED, Household, account, observation, patient_actor, person

HOUSE = Actor.system("rotation")
DAY = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Load:
    """Readers and writers beside rotations, and what they held to be true of each patient's record."""

    home: Household
    people: list[Patient] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    reads: int = 0
    writes: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []
        self.people = self.people or [Patient(self.home.patient, self.home.ref)]

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
            person = chance.choice(self.people)
            record_id = chance.choice(list(person.expected))
        if chance.random() < 0.3:
            CACHE.clear()
        if chance.random() < 0.03:
            open_category(actor=person.actor, dossier_id=person.ref.id, category=Category.LABORATORY)
        else:
            open_record(actor=person.actor, record_id=record_id)
        self.reads += 1

    def write(self, chance: random.Random) -> None:
        value = str(chance.randrange(1, 1000))
        person = chance.choice(self.people)
        if chance.random() < 0.5:
            record_id = self.home.file(value=value, ref=person.ref)
            with self.lock:
                person.expected[record_id] = value
        else:
            # The lock of the person keeps the dictionary in step with the table, as no reader needs it to.
            with person.writing:
                with self.lock:
                    record_id = chance.choice(list(person.expected))
                amend(person.ref, record_id, value, pause=0.02)
                person.expected[record_id] = value
        self.writes += 1
        time.sleep(0.01)


@dataclass
class Patient:
    """One of those whose keys turn, and the value of each of their records."""

    actor: Actor
    ref: DossierRef
    expected: dict[UUID, str] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)


def amend(ref: DossierRef, record_id: UUID, value: str, *, pause: float = 0.0) -> None:
    header, resource = observation(value, DAY)
    with transaction.atomic(durable=True):
        filing = begin_filing(actor=SEED, ref=ref_of(ref.id))
        # Between the choice of the key and the write: where a rotation that did not wait would lose the row.
        time.sleep(pause)
        amend_record(filing, record_id, category=Category.LABORATORY, header=header, resource=resource)


def values(actor: Actor, ref: DossierRef) -> dict[UUID, str]:
    """What the drawer holds now, page after page."""
    found: dict[UUID, str] = {}
    leaf = Leaf()
    while True:
        drawer = open_category(actor=actor, dossier_id=ref.id, category=Category.LABORATORY, leaf=leaf)
        found |= {item.record_id: str(item.header.value) for item in drawer.items}
        if drawer.following is None:
            return found
        leaf = Leaf(after=drawer.following)


def fill(load: Load, records: int = COUNTS.rotated_records) -> None:
    for number in range(records):
        person = load.people[number % len(load.people)]
        person.expected[load.home.file(value=str(number), ref=person.ref)] = str(number)


def _work(dossiers: list[UUID]) -> None:
    connections.close_all()
    for dossier_id in dossiers:
        carry_through(dossier_id, limit=10, share=0.5)
    os._exit(0)


def worker(*dossiers: UUID) -> multiprocessing.Process:
    """A process of its own that carries rotations through, to be killed."""
    connection.close()
    started = multiprocessing.get_context("fork").Process(target=_work, args=(list(dossiers),))
    started.start()
    return started


def carry_through_with_kills(kills: int, chance: random.Random) -> int:
    """How many workers were killed at work; the last ones are left to finish."""
    killed = 0
    while killed < kills and (left := unfinished()):
        process = worker(*left)
        process.join(timeout=chance.uniform(0.02, 0.25))
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            killed += 1
        process.join()
    deadline = time.monotonic() + 600
    while (left := unfinished()) and time.monotonic() < deadline:
        process = worker(*left)
        process.join()
    assert unfinished() == []
    return killed


def test_two_rotations_of_all_with_readers_writers_and_kills(household: Household) -> None:
    """The whole of two rotations: four read, two write, workers are killed at random."""
    people = [Patient(household.patient, household.ref), Patient(household.neighbour, household.neighbour_ref)]
    for _ in range(COUNTS.rotated_patients - len(people)):
        owner = account("patient")
        ref = create_dossier(actor=SEED, identity=person("Rose"), account_id=owner.id)
        people.append(Patient(patient_actor(owner), ref))
    load = Load(household, people)
    fill(load)
    load.start(*[load.read] * 4, *[load.write] * 2)
    killed, chance = 0, random.Random(7)
    try:
        for turn in (2, 3):
            for person_ in people:
                assert begin(actor=HOUSE, dossier_id=person_.ref.id, version=turn - 1) == turn
            killed += carry_through_with_kills(COUNTS.rotation_kills // 2, chance)
            # Without any grace: harder than what runs, where it is an hour.
            assert destroy_ripe(grace=timedelta(0)) == len(people)
    finally:
        load.stop()
    assert load.failures == []
    assert killed == COUNTS.rotation_kills
    assert load.reads > 0
    assert load.writes > 0
    CACHE.clear()
    for each in people:
        assert values(each.actor, each.ref) == each.expected
        states = PatientKey.objects.filter(dossier_id=each.ref.id).order_by("version").values_list("state", flat=True)
        assert list(states) == ["destroyed", "destroyed", "active"]
        assert_log_is_complete(each.ref, rotations=2)
    assert set(Record.objects.values_list("key_version", flat=True)) == {3}
    found = compare_records()
    assert found.ok
    assert found.compared == sum(len(each.expected) for each in people)
    print(
        f"{found.compared} records of {len(people)} patients, {load.reads} reads, {load.writes} writes, {killed} kills"
    )


def assert_log_is_complete(ref: DossierRef, *, rotations: int) -> None:
    lines = [entry for entry in entries_about(ref.pseudonym, limit=1_000_000) if entry.actor == HOUSE.id]
    events = [entry.event for entry in lines if entry.outcome == "done"]
    assert [events.count(event) for event in ("key.turning", "key.retired", "key.destroyed")] == [rotations] * 3
    # Every record of the beginning was sealed again once by each rotation, unless a writer came first.
    assert sum(int(entry.facts["rows"]) for entry in lines if entry.event == "key.resealed") > 0


def test_two_workers_share_the_rows(household: Household) -> None:
    load = Load(household)
    fill(load, records=200)
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
    [person_] = load.people
    assert sum(rows) == len(person_.expected)
    assert values(household.patient, household.ref) == person_.expected


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
    assert values(household.patient, household.ref) == {record: "2"}
    assert Record.objects.get(id=record).key_version == 2
