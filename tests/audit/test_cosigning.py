"""The log asks its witnesses, keeps what they sign, and is told when it contradicts them."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from audit import cosigning, models
from audit.cosigner import Cosigner
from audit.cosigning import Result, Unreachable, ask_witness, load_witnesses, witness_view, witnessed_checkpoint
from audit.keys import load_log_keys, load_signer
from audit.merkle import leaf_hash, root_of
from audit.note import COSIGNATURE_KEY, Checkpoint, Signer, parse_note, sign_checkpoint, verify_note
from audit.witness.answering import Answer, Witness
from audit.witness.remembering import Memory
from audit.witness.serving import WitnessServer
from tests.audit.acts import change, number_all, remember, rows

KEY = Signer("w.example/1", bytes(range(32)), COSIGNATURE_KEY)


class Served:
    """A witness that can be started, stopped and given another memory."""

    def __init__(self, folder, key=KEY):
        self.folder, self.key, self.port, self.server = folder, key, 0, None

    def start(self):
        self.memory = Memory(self.folder)
        witness = Witness(signer=self.key, logs=[load_signer().verifier], memory=self.memory, clock=time.time)
        self.server = WitnessServer(("127.0.0.1", self.port), witness)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
            self.memory.close()
            self.server = None

    @property
    def setting(self):
        return f"{self.key.verifier} http://127.0.0.1:{self.port}"


@pytest.fixture
def served(tmp_path, settings, test_folder):
    served = Served(tmp_path / "witness").start()
    settings.AUDIT_WITNESSES = [served.setting]
    yield served
    served.stop()


def grow(count=3):
    remember(count)
    number_all()


def cosignatures():
    return rows("SELECT size, witness FROM audit_cosignature ORDER BY id")


def test_each_new_checkpoint_is_cosigned_and_the_line_verifies(db, served):
    [witness] = load_witnesses()
    assert ask_witness(witness).result is Result.NOTHING_NEW
    for size in (3, 6, 9):
        grow()
        asked = ask_witness(witness)
        assert (asked.result, asked.size) == (Result.COSIGNED, size)
        assert ask_witness(witness).result is Result.NOTHING_NEW
        assert ask_witness(witness, again=True).result is Result.COSIGNED
    assert cosignatures() == [(size, "w.example/1") for size in (3, 6, 9)]
    [(note,)] = rows("SELECT note FROM audit_checkpoint WHERE size = 9")
    signed, [seen] = verify_note(
        parse_note(cosigning.cosigned_note(9, note)), [load_log_keys().current, witness.verifier]
    )
    assert len(signed) == 2
    assert abs(seen.time - time.time()) < 10
    assert witnessed_checkpoint(witness, (load_log_keys().current,)).size == 9


def test_several_witnesses_and_one_that_is_away(db, served, settings, tmp_path):
    second = Served(tmp_path / "second", Signer("w.example/2", bytes(32), COSIGNATURE_KEY)).start()
    settings.AUDIT_WITNESSES = [served.setting, second.setting]
    first_witness, second_witness = load_witnesses()
    grow()
    assert [ask_witness(witness).result for witness in (first_witness, second_witness)] == [Result.COSIGNED] * 2
    second.stop()
    grow()
    assert ask_witness(first_witness).result is Result.COSIGNED
    assert ask_witness(second_witness).result is Result.AWAY
    second.start()
    grow()
    assert ask_witness(second_witness).result is Result.COSIGNED
    assert ask_witness(first_witness).result is Result.COSIGNED
    assert cosignatures() == [
        (3, "w.example/1"), (3, "w.example/2"), (6, "w.example/1"), (9, "w.example/2"), (9, "w.example/1"),
    ]  # fmt: skip
    second.stop()


def test_a_witness_that_was_rolled_back_is_told_again(db, served, settings):
    [witness] = load_witnesses()
    grow()
    ask_witness(witness)
    [file] = served.folder.glob("*.checkpoint")
    old = file.read_text()
    grow()
    ask_witness(witness)
    file.write_text(old)
    grow()
    asked = ask_witness(witness)
    assert (asked.result, asked.size, asked.detail) == (Result.COSIGNED, 9, "went_back")


def test_a_log_that_forgot_its_cosignatures_goes_on(db, served, superuser):
    """A restored database knows less than the witness, but no less of the log."""
    [witness] = load_witnesses()
    grow()
    ask_witness(witness)
    change(superuser, "audit_cosignature", "DELETE FROM audit_cosignature")
    grow()
    assert ask_witness(witness).result is Result.COSIGNED


@pytest.mark.asvs("v5.0.0-16.4.3")
def test_the_end_cut_off_is_told_by_the_witness(db, served, superuser):
    """What the log itself cannot see: its last batch gone with its checkpoint and its cosignatures."""
    [witness] = load_witnesses()
    grow(10)
    ask_witness(witness)
    grow(10)
    ask_witness(witness)
    month = f"audit_entry_{datetime.now(UTC):%Y_%m}"
    late = "id IN (SELECT entry_id FROM audit_leaf WHERE idx >= 10)"
    for table, condition in ((month, late), ("audit_leaf", "idx >= 10"), ("audit_checkpoint", "size = 20")):
        change(superuser, table, f"DELETE FROM {table} WHERE {condition}")
    change(superuser, "audit_cosignature", "DELETE FROM audit_cosignature WHERE size = 20")
    asked = ask_witness(witness, again=True)
    assert (asked.result, asked.size) == (Result.BEHIND, 20)
    grow(3)
    assert ask_witness(witness).result is Result.BEHIND


def test_a_fork_is_told_by_the_witness(db, served, superuser):
    """Somebody with the server and the signing key writes another history of the same length, and signs it."""
    [witness] = load_witnesses()
    grow(10)
    ask_witness(witness)
    signer = load_signer()
    hashes = [leaf_hash(b"%d" % number) for number in range(12)]
    for number, hashed in enumerate(hashes[:10]):
        change(superuser, "audit_leaf", "UPDATE audit_leaf SET hash = %s WHERE idx = %s", hashed, number)
    for number in (10, 11):
        superuser.execute("INSERT INTO audit_leaf VALUES (%s, now(), gen_random_uuid(), %s)", [number, hashes[number]])
    note = str(sign_checkpoint(Checkpoint(signer.name, 12, root_of(hashes)), signer))
    superuser.execute(
        "INSERT INTO audit_checkpoint SELECT 12, %s, %s, now(), horizon, swept, cluster FROM audit_checkpoint LIMIT 1",
        [root_of(hashes), note],
    )
    asked = ask_witness(witness)
    assert (asked.result, asked.detail) == (Result.FORKED, "422")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "hello\n"),
        (200, Signer("w.example/1", bytes(32), COSIGNATURE_KEY).sign("other\n", time=5).line()),
        (200, KEY.sign("other\n", time=5).line()),
        (409, "many\n"),
        (409, "9" * 40),
    ],
)
def test_a_wrong_answer_is_no_cosignature(db, served, monkeypatch, status, body):
    monkeypatch.setattr(Witness, "add_checkpoint", lambda self, data: Answer(status, body))
    [witness] = load_witnesses()
    grow()
    assert ask_witness(witness).result is Result.AWAY
    assert cosignatures() == []


def test_a_witness_that_does_not_know_the_log_refuses(db, served, settings):
    settings.AUDIT_ORIGIN = "elsewhere.example/log"
    [witness] = load_witnesses()
    grow()
    asked = ask_witness(witness)
    assert (asked.result, asked.detail) == (Result.REFUSED, "404")
    assert witnessed_checkpoint(witness, (load_log_keys().current,)) is None


def test_what_a_witness_serves_must_be_signed_by_both(db, served):
    [witness] = load_witnesses()
    grow()
    ask_witness(witness)
    stranger = Signer(load_signer().name, bytes(32)).verifier
    with pytest.raises(Unreachable, match="lacks its own signature or that of the log"):
        witnessed_checkpoint(witness, (stranger,))


def test_late_after_five_minutes(db, served):
    [witness] = load_witnesses()
    grow()
    view = witness_view(witness)
    assert (view.size, view.at) == (0, None)
    now = datetime.now(UTC)
    assert not view.is_late(now)
    assert not view.is_late(now + timedelta(minutes=4, seconds=50))
    assert view.is_late(now + timedelta(minutes=5, seconds=10))
    ask_witness(witness)
    assert not witness_view(witness).is_late(now + timedelta(days=1))


def test_the_thread_cosigns_and_remembers_a_contradiction_once(db, served, superuser, monkeypatch):
    monkeypatch.setattr("audit.cosigner.ASK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr("audit.cosigner._LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("audit.cosigner._ALARM_EVERY_SECONDS", 0.0)
    [witness] = load_witnesses()
    stop = threading.Event()
    grow(4)
    grow(4)
    thread = Cosigner(witness, stop)
    thread._pause = 0.05
    thread._alarm_due = 0.0
    thread.start()
    try:
        wait_for(lambda: cosignatures() == [(8, "w.example/1")])
        for table, condition in (("audit_leaf", "idx >= 4"), ("audit_checkpoint", "size = 8")):
            change(superuser, table, f"DELETE FROM {table} WHERE {condition}")
        change(superuser, "audit_cosignature", "DELETE FROM audit_cosignature")
        wait_for(lambda: models.Entry.objects.filter(event="log.verified", outcome="failed").exists())
        time.sleep(0.3)
    finally:
        stop.set()
        thread.join(10)
    assert models.Entry.objects.filter(event="log.verified").count() == 1
    connection.close()


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "http://w.example",
        f"{KEY.verifier}",
        f"{KEY.verifier} ftp://w.example",
        f"{KEY.verifier} http://",
        f"{KEY.verifier} http://w.example:99999",
        f"{KEY.verifier} http://w.example/?x",
        f"{Signer('w.example/1', bytes(32)).verifier} http://w.example",
    ],
)
def test_a_setting_that_names_no_witness(settings, text):
    settings.AUDIT_WITNESSES = [text]
    with pytest.raises(ImproperlyConfigured, match="expected a witness's key"):
        load_witnesses()


def test_one_witness_twice(settings):
    settings.AUDIT_WITNESSES = [f"{KEY.verifier} http://a", f"{KEY.verifier} http://b"]
    with pytest.raises(ImproperlyConfigured, match="twice"):
        load_witnesses()


def test_key_history(settings, tmp_path):
    first, second = Signer(settings.AUDIT_ORIGIN, bytes(32)).verifier, KEY
    second = Signer(settings.AUDIT_ORIGIN, bytes(range(32))).verifier
    path = tmp_path / "keys"
    settings.AUDIT_PUBLIC_KEYS_FILE = path
    settings.AUDIT_SIGNING_KEY_FILE = None
    path.write_text(f"# the keys of the log\nfrom 0 {first}\nfrom 100 {second}\n")
    keys = load_log_keys()
    assert [keys.at(size) for size in (0, 99, 100, 10**9)] == [first, first, second, second]
    assert keys.current == second
    assert keys.lines() == f"from 0 {first}\nfrom 100 {second}\n"
    with pytest.raises(ImproperlyConfigured, match="not set"):
        load_signer()
    for text in ("", f"from 5 {first}", f"from 0 {first}\nfrom 0 {second}", f"{first}", "from 0 x+y+z", "from x y"):
        path.write_text(text)
        with pytest.raises(ImproperlyConfigured, match="AUDIT_PUBLIC_KEYS_FILE"):
            load_log_keys()
    path.write_text(f"from 0 {Signer('other.example', bytes(32)).verifier}")
    with pytest.raises(ImproperlyConfigured, match="AUDIT_ORIGIN"):
        load_log_keys()
