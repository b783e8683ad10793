"""Whoever holds the server may change a row; the verification says which."""

import io
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import translation

from audit import log, sequencing
from audit.entry import decode, encode
from audit.keys import load_signer
from audit.merkle import CompactRange, leaf_hash
from audit.note import Checkpoint, sign_checkpoint
from audit.verifying import verify_log
from tests.audit.acts import change, number_all, remember, rows

MONTH = f"audit_entry_{datetime.now(UTC):%Y_%m}"
OF_LEAF = "(SELECT l.entry_id FROM audit_leaf l WHERE l.idx = %s)"


@pytest.fixture
def log_of_600(db):
    """Checkpoints at 100, 200 … 600, so that entries 256 to 511 make the second tile."""
    for _ in range(6):
        remember(100)
        number_all()
    return db


def test_an_empty_log(db):
    report = verify_log()
    assert (report.ok, report.size, report.first_bad, report.checkpoint_at) == (True, 0, None, None)
    with translation.override("en"):
        assert verify_log().sentence == "The log is empty."


def test_a_whole_log(log_of_600):
    calls = []
    report = verify_log(lambda done, total: calls.append((done, total)))
    assert report.ok
    assert (report.size, report.first_bad, report.late, report.unguarded) == (600, None, 0, ())
    [(root, at)] = rows("SELECT root, at FROM audit_checkpoint WHERE size = 600")
    assert (report.root, report.checkpoint_at) == (bytes(root), at)
    assert calls == [(600, 600)]


ATTACKS = {
    "a byte of the body": (MONTH, f"UPDATE {MONTH} SET body = set_byte(body, 70, 1) WHERE id = {OF_LEAF}"),
    "a bit of the last byte": (
        MONTH,
        f"UPDATE {MONTH} SET body = set_bit(body, octet_length(body) * 8 - 1, 1) WHERE id = {OF_LEAF}",
    ),
    "the body cut": (MONTH, f"UPDATE {MONTH} SET body = substr(body, 1, 110) WHERE id = {OF_LEAF}"),
    "the body prolonged": (MONTH, f"UPDATE {MONTH} SET body = body || '\\x00' WHERE id = {OF_LEAF}"),
    "the entry deleted": (MONTH, f"DELETE FROM {MONTH} WHERE id = {OF_LEAF}"),
    "the leaf deleted": ("audit_leaf", "DELETE FROM audit_leaf WHERE idx = %s"),
    "the hash of the leaf": ("audit_leaf", "UPDATE audit_leaf SET hash = sha256('x') WHERE idx = %s"),
    "the entry of the leaf": ("audit_leaf", "UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE idx = %s"),
    "the time of the leaf": ("audit_leaf", "UPDATE audit_leaf SET entry_at = now() - interval '1 day' WHERE idx = %s"),
} | {
    f"the column {column}": (MONTH, f"UPDATE {MONTH} SET {column} = {value} WHERE id = {OF_LEAF}")
    for column, value in {
        "id": "gen_random_uuid()", "at": "at - interval '1 microsecond'", "event": "'record.created'",
        "actor": "gen_random_uuid()", "role": "'patient'", "profession": "'nurse'",
        "organisation": "gen_random_uuid()", "dossier": "NULL", "category": "'imaging'", "ground": "'choice'",
        "outcome": "'refused'",
    }.items()
}  # fmt: skip


def test_each_attack_is_named_by_its_first_bad_entry(db, superuser):
    """One attack after the other, each on an earlier entry: each verification must name the newest."""
    for _ in range(6):
        remember(10)
        number_all()
    last = 59
    for number, (name, (table, statement)) in enumerate(ATTACKS.items()):
        index = last - 3 * number
        change(superuser, table, statement, index)
        report = verify_log()
        assert (report.ok, report.first_bad) == (False, index), name
        assert str(index) in report.sentence
    assert index == 2


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_one_byte_changed(log_of_600, superuser, index):
    change(superuser, *ATTACKS["a byte of the body"], index)
    assert verify_log().first_bad == index


def test_of_two_bad_entries_the_first_is_named(log_of_600, superuser):
    for index in (400, 123):
        change(superuser, MONTH, f"UPDATE {MONTH} SET category = 'x' WHERE id = {OF_LEAF}", index)
    assert verify_log().first_bad == 123


def test_two_entries_swapped(log_of_600, superuser):
    first, second = (rows("SELECT entry_at, entry_id FROM audit_leaf WHERE idx = %s", index)[0] for index in (10, 20))
    statement = (
        "UPDATE audit_leaf l SET entry_at = v.at, entry_id = v.id FROM (VALUES "
        "(10, %s::timestamptz, %s::uuid), (20, %s, %s)) AS v (idx, at, id) WHERE l.idx = v.idx"
    )
    superuser.execute("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_entry")
    change(superuser, "audit_leaf", statement, *second, *first)
    assert verify_log().first_bad == 10


def test_an_entry_rewritten_with_its_leaf_meets_the_signature(log_of_600, superuser):
    """Body, columns and hash changed together: only what was signed tells."""
    [(old,)] = rows(f"SELECT body FROM audit_entry WHERE id = {OF_LEAF}", 347)
    entry = replace(decode(bytes(old)), actor=uuid4())
    change(
        superuser,
        MONTH,
        f"UPDATE {MONTH} SET body = %s, actor = %s WHERE id = {OF_LEAF}",
        encode(entry),
        entry.actor,
        347,
    )
    assert verify_log().first_bad == 347
    hashed = leaf_hash(encode(entry))
    change(superuser, "audit_leaf", "UPDATE audit_leaf SET hash = %s WHERE idx = 347", hashed)
    report = verify_log()
    assert report.first_bad == 300


def test_a_node_changed(log_of_600, superuser):
    change(superuser, "audit_node", "UPDATE audit_node SET hash = sha256('x') WHERE idx = 1")
    report = verify_log()
    assert report.first_bad == 500
    change(superuser, "audit_node", "DELETE FROM audit_node WHERE idx = 0")
    assert verify_log().first_bad == 200


def test_a_node_too_many(log_of_600, superuser):
    superuser.execute("INSERT INTO audit_node VALUES (1, 2, sha256('x'))")
    assert verify_log().first_bad == 600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_checkpoint SET root = sha256('x') WHERE size = 300",
        "UPDATE audit_checkpoint SET note = replace(note, '300', '299') WHERE size = 300",
        "UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint WHERE size = 400) WHERE size = 300",
        "UPDATE audit_checkpoint SET note = '' WHERE size = 300",
        "UPDATE audit_checkpoint SET size = 250 WHERE size = 300",
    ],
)
def test_a_checkpoint_changed(log_of_600, superuser, statement):
    change(superuser, "audit_checkpoint", statement)
    report = verify_log()
    assert not report.ok
    assert report.first_bad == 200


def test_the_tail_cut_off(log_of_600, superuser):
    change(superuser, "audit_leaf", "DELETE FROM audit_leaf WHERE idx >= 550")
    assert verify_log().first_bad == 550


def test_the_last_checkpoint_removed(log_of_600, superuser):
    change(superuser, "audit_checkpoint", "DELETE FROM audit_checkpoint WHERE size = 600")
    report = verify_log()
    assert (report.first_bad, report.checkpoint_at is not None) == (500, True)


def test_a_history_grown_again_with_another_key(log_of_600, superuser, monkeypatch):
    """A fork needs the signing key: whoever only has the database cannot sign one."""
    tree = CompactRange()
    stranger = type(load_signer())(load_signer().name, bytes(32))
    for number in range(600):
        tree.append(leaf_hash(b"%d" % number))
    note = str(sign_checkpoint(Checkpoint(stranger.name, 600, tree.root()), stranger))
    change(
        superuser,
        "audit_checkpoint",
        "UPDATE audit_checkpoint SET note = %s, root = %s WHERE size = 600",
        note,
        tree.root(),
    )
    assert verify_log().first_bad == 500


def test_entries_that_nobody_numbers_are_reported(db, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(seconds=30)

    remember()
    number_all()
    remember()
    assert verify_log().ok
    monkeypatch.setattr(log, "datetime", Earlier)
    remember(2)
    monkeypatch.undo()
    report = verify_log()
    assert (report.ok, report.late, report.first_bad) == (False, 2, None)
    with translation.override("en"):
        assert "2 entries" in verify_log().sentence
    number_all()
    assert verify_log().ok


def test_the_command_names_the_first_bad_entry(log_of_600, superuser):
    out = io.StringIO()
    with translation.override("en"):
        call_command("verify_audit", stdout=out, stderr=io.StringIO())
        assert "The log is whole: 600 entries" in out.getvalue()
        change(superuser, MONTH, f"UPDATE {MONTH} SET body = set_byte(body, 70, 1) WHERE id = {OF_LEAF}", 42)
        with pytest.raises(CommandError, match="First bad entry: 42") as caught:
            call_command("verify_audit", stderr=io.StringIO())
    assert caught.value.returncode == 1


def test_the_sequencer_goes_on_during_a_verification(log_of_600, monkeypatch):
    """The verification reads one snapshot; what is numbered meanwhile does not disturb it."""

    def meanwhile(done, total):
        def work():
            try:
                remember(50)
                sequencing.sequence_once()
            finally:
                connections["default"].close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    report = verify_log(meanwhile)
    assert (report.ok, report.size) == (True, 600)
    assert verify_log().size == 650


def test_inside_a_transaction_nothing_is_verified(db):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        verify_log()
