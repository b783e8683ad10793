"""Take my data away: whole, sealed until it leaves, once, for its asker alone, whatever happens to the worker."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from audit.actor import Actor
from audit.keys import load_log_keys
from audit.log import entries_about
from audit.outsider import main as check_file
from audit.sequencing import sequence_once
from consent.categories import Category
from consent.models import WishKind
from consent.wishing import wish
from portal.notifications.calling import kind_of
from portal.notifications.kinds import Kind
from portal.takeaway import making, tasks
from portal.takeaway.making import HOUSE, NotCovered, make_copy
from portal.takeaway.sink import SealedSink
from records import copying
from records.closing import close
from records.copy_models import Copy, CopyPart, CopyState
from records.copying import Overtaken, Unknown, ask, begin_making, store, sweep, take, throw_away, waiting
from records.rotation import begin, destroy
from records.turning import carry_through
from records.vault.cipher import Unreadable
from tests.conftest import Database
from tests.records.scenes import CANARY, Household, make_household

SWEEP = Actor.system("sweep")


@pytest.fixture
def household(db: object) -> Household:
    home = make_household()
    home.file(value="0.10")
    home.file(Category.MENTAL_HEALTH, value="7.3", unit="points")
    home.file_allergy()
    home.file(ref=home.neighbour_ref, value="9.9")
    return home


@pytest.fixture(autouse=True)
def _numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequencer, as often as the worker waits for it."""
    wait = making.wait_until_covered

    def number_first(entry_id: object, *, seconds: float) -> bool:
        while sequence_once():
            pass
        return wait(entry_id, seconds=seconds)

    monkeypatch.setattr(making, "wait_until_covered", number_first)


def fresh(home: Household) -> Actor:
    return replace(home.patient, fresh=True)


def asked(home: Household, **more: bool):
    return ask(actor=fresh(home), dossier_id=home.ref.id, language="en", **more)


def made(home: Household, **more: bool):
    copy_id = asked(home, **more)
    assert make_copy(copy_id)
    return copy_id


def taken(home: Household, copy_id) -> zipfile.ZipFile:
    taking = take(actor=fresh(home), copy_id=copy_id)
    data = b"".join(taking.parts)
    assert len(data) == taking.size
    return zipfile.ZipFile(io.BytesIO(data))


def resources(folder: zipfile.ZipFile) -> list[dict[str, object]]:
    return [entry["resource"] for entry in json.loads(folder.read("bundle.json"))["entry"]]


def test_the_folder_holds_everything_and_proves_itself(household: Household, tmp_path: Path) -> None:
    folder = taken(household, made(household))
    assert folder.testzip() is None
    summaries = {"summary.html", "summary.pdf", "summary.fhir.json"}
    assert set(folder.namelist()) == {*summaries, "bundle.json", "accesses.html", "accesses.json", "proofs.txt"}
    kinds = [resource["resourceType"] for resource in resources(folder)]
    assert kinds == ["Patient", "AllergyIntolerance", "Observation", "Observation"]
    assert '"valueQuantity":{"value":0.1' in folder.read("bundle.json").decode()
    summary = folder.read("summary.html").decode()
    assert CANARY in summary
    assert "Laboratory" in summary
    assert "9.9" not in summary
    assert {line["what"] for line in json.loads(folder.read("accesses.json"))} >= {"Copy of the record asked for"}
    proofs = tmp_path / "proofs.txt"
    proofs.write_bytes(folder.read("proofs.txt"))
    assert check_file([str(proofs), "--key", str(load_log_keys().current)]) == 0


def test_it_speaks_the_language_of_its_asker(household: Household) -> None:
    copy_id = ask(actor=fresh(household), dossier_id=household.ref.id, language="fr")
    make_copy(copy_id)
    assert 'lang="fr"' in taken(household, copy_id).read("summary.html").decode()


def test_what_is_hidden_from_screens_is_in_it_only_when_asked_for(household: Household) -> None:
    wish(actor=fresh(household), ref=household.ref, kind=WishKind.DISCREET, category=Category.MENTAL_HEALTH)
    for hidden, count in ((False, 3), (True, 4)):
        folder = taken(household, made(household, with_hidden=hidden))
        assert len(resources(folder)) == count
        assert ("7.3" in folder.read("summary.html").decode()) is hidden


def test_it_lies_sealed_and_goes_once(household: Household, superuser: psycopg.Connection) -> None:
    copy_id = made(household)
    rows = superuser.execute("SELECT sealed FROM records_copypart").fetchall()
    assert rows
    assert not any(word in bytes(row[0]) for row in rows for word in (CANARY.encode(), b"PK\x03\x04", b"bundle.json"))
    assert taken(household, copy_id)
    with pytest.raises(Unknown):
        take(actor=fresh(household), copy_id=copy_id)
    throw_away(copy_id)
    assert not CopyPart.objects.exists()
    told = [entry.event for entry in entries_about(household.ref.pseudonym) if entry.event.startswith("export.")]
    assert [told.count(name) for name in ("export.asked", "export.ready", "export.taken")] == [1, 1, 2]
    # Three drawers, and the summary.
    assert told.count("export.filled") == 4


def test_only_its_asker_with_a_fresh_proof(household: Household) -> None:
    others = [household.patient, replace(household.neighbour, fresh=True), household.doctor, household.administrator]
    for actor in [*others, HOUSE]:
        with pytest.raises(Unknown):
            ask(actor=actor, dossier_id=household.ref.id, language="en")
    copy_id = made(household)
    for actor in [*others, HOUSE]:
        with pytest.raises(Unknown):
            take(actor=actor, copy_id=copy_id)
    doors: list[Callable[[], object]] = [
        lambda: begin_making(actor=fresh(household), copy_id=copy_id, total=1),
        lambda: sweep(actor=household.administrator),
        lambda: copying.fail(actor=household.doctor, copy_id=copy_id),
    ]
    for door in doors:
        with pytest.raises(Unknown):
            door()
    assert taken(household, copy_id)


def test_a_day_later_nothing_is_left(household: Household) -> None:
    copy_id = made(household)
    Copy.objects.filter(id=copy_id).update(expires_at=timezone.now())
    with pytest.raises(Unknown):
        take(actor=fresh(household), copy_id=copy_id)
    assert sweep(actor=SWEEP) == 1
    assert (sweep(actor=SWEEP), CopyPart.objects.count()) == (0, 0)
    assert Copy.objects.get(id=copy_id).state == CopyState.ENDED


def test_a_closed_record_leaves_no_copy(household: Household) -> None:
    ready = made(household)
    close(actor=fresh(household), dossier_id=household.ref.id)
    with pytest.raises(Unknown):
        take(actor=fresh(household), copy_id=ready)
    assert sweep(actor=SWEEP) == 1
    assert not CopyPart.objects.exists()


def test_asking_again_gives_the_one_under_way_and_ends_the_ready_one(household: Household) -> None:
    first = asked(household)
    assert asked(household) == first
    make_copy(first)
    second = asked(household)
    assert second != first
    assert Copy.objects.get(id=first).state == CopyState.ENDED
    assert make_copy(second)
    assert make_copy(second) is False


def test_it_turns_with_the_key(household: Household) -> None:
    copy_id = made(household)
    begin(actor=Actor.system("rotation"), dossier_id=household.ref.id)
    assert carry_through(household.ref.id) == 0
    assert destroy(actor=Actor.system("rotation"), dossier_id=household.ref.id, grace=timedelta(0)) == 1
    assert set(CopyPart.objects.values_list("key_version", flat=True)) == {2}
    assert taken(household, copy_id).testzip() is None


def test_a_part_that_is_gone_or_changed_breaks_it_off(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SealedSink", lambda store: making_sink(store))
    copy_id = made(household)
    last = CopyPart.objects.order_by("-number").first()
    assert last is not None
    assert last.number > 3
    CopyPart.objects.filter(id=last.id).delete()
    with pytest.raises(Unreadable):
        taken(household, copy_id)
    copy_id = made(household)
    first, second = CopyPart.objects.filter(copy_id=copy_id).order_by("number")[:2]
    CopyPart.objects.filter(id=first.id).update(sealed=second.sealed)
    with pytest.raises(Unreadable):
        taken(household, copy_id)


def making_sink(store: Callable[[int, bytes], None]) -> SealedSink:
    return SealedSink(store, part_bytes=700)


def test_only_the_last_worker_writes(household: Household) -> None:
    copy_id = asked(household)
    former = begin_making(actor=HOUSE, copy_id=copy_id, total=3)
    assert make_copy(copy_id)
    assert former is not None
    with pytest.raises(Overtaken):
        store(actor=HOUSE, order=former, number=1, part=b"old")
    with pytest.raises(Overtaken):
        copying.tell(former, done=1)
    assert taken(household, copy_id).testzip() is None


def test_without_the_sequencer_nothing_leaves(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "wait_until_covered", lambda *_, **__: False)
    copy_id = asked(household)
    with pytest.raises(NotCovered):
        make_copy(copy_id)
    with pytest.raises(Unknown):
        take(actor=fresh(household), copy_id=copy_id)


def test_what_nobody_makes_is_picked_up(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_id = asked(household)
    sent: list[list[str]] = []
    monkeypatch.setattr(tasks.make, "apply_async", lambda args, **_: sent.append(args))
    assert tasks.pick_up() == 0
    monkeypatch.setattr(tasks, "_UNHEARD", timedelta(0))
    assert (tasks.pick_up(), sent) == (1, [[str(copy_id)]])
    tasks.make(str(copy_id))
    assert waiting(unheard=timedelta(0), stuck=timedelta(0)) == []
    assert tasks.throw_away_old() == 0


def test_the_letter_says_that_it_is_ready(household: Household) -> None:
    made(household)
    told = next(entry for entry in entries_about(household.ref.pseudonym) if entry.event == "export.ready")
    assert kind_of(told) is Kind.EXPORT_READY


_WORK = """
import django; django.setup()
import sys
from uuid import UUID
from portal.takeaway import making
making.wait_until_covered = lambda *_, **__: True
making.SealedSink.__init__.__defaults__ = (200,)
print("ready", flush=True)
making.make_copy(UUID(sys.argv[1]))
"""


def test_a_killed_worker_costs_nothing(household: Household, db: Database) -> None:
    for number in range(40):
        household.file(value=str(number))
    copy_id = asked(household)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": db.app_url}
    command = [sys.executable, "-c", _WORK, str(copy_id)]
    base = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, env=environment, cwd=base, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 30
        while not CopyPart.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
    assert Copy.objects.get(id=copy_id).state == CopyState.MAKING
    assert CopyPart.objects.exists()
    assert make_copy(copy_id)
    assert len(resources(taken(household, copy_id))) == 44


def test_two_workers_at_once_make_one_file(household: Household) -> None:
    copy_id = asked(household)
    outcomes: list[object] = []

    def work() -> None:
        try:
            outcomes.append(make_copy(copy_id))
        except Overtaken as overtaken:
            outcomes.append(type(overtaken))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert True in outcomes
    assert len(resources(taken(household, copy_id))) == 4
