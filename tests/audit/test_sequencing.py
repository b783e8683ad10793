"""Numbers without gap or double, whatever commits late, dies or comes twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction

from audit import sequencing
from audit.keys import load_signer
from audit.log import entries_after
from audit.merkle import leaf_hash, root_of
from audit.note import open_checkpoint
from audit.numbering import NUMBERING, numbering
from audit.sequencing import sequence_once
from audit.tree import BrokenTree
from audit.verifying import verify_log
from tests.audit.acts import change, number_all, remember, rows
from tests.counts import COUNTS

INSERT = (
    "INSERT INTO public.audit_entry (id, at, event, actor, role, profession, category, ground, outcome, body) "
    "SELECT gen_random_uuid(), clock_timestamp(), event, actor, role, profession, category, ground, outcome, body "
    "FROM public.audit_entry LIMIT 1"
)


def leaves():
    return [bytes(hashed) for (hashed,) in rows("SELECT hash FROM audit_leaf ORDER BY idx")]


def checkpoints():
    return rows("SELECT size, root, note, horizon::text, swept FROM audit_checkpoint ORDER BY size")


def entries_without_number():
    return rows(
        "SELECT count(*) FROM audit_entry e WHERE NOT EXISTS "
        "(SELECT FROM audit_leaf l WHERE l.entry_id = e.id AND l.entry_at = e.at)"
    )[0][0]


def test_a_batch_is_numbered_hashed_and_signed(db):
    remember(3)
    assert sequence_once() == 3
    assert sequence_once() == 0
    remember(2)
    assert sequence_once() == 2
    bodies = [bytes(body) for (body,) in rows("SELECT body FROM audit_entry ORDER BY xid, at, id")]
    assert leaves() == [leaf_hash(body) for body in bodies]
    assert [row[0] for row in checkpoints()] == [3, 5]
    for size, root, note, *_ in checkpoints():
        signed = open_checkpoint(note, load_signer().verifier)
        assert (signed.size, signed.root) == (size, bytes(root)) == (size, root_of(leaves()[:size]))


@pytest.mark.parametrize("limit", [1, 7, 256, 1000])
def test_any_cut_into_batches_gives_the_same_tree(db, limit):
    remember(600 if limit > 1 else 20)
    total = number_all(limit)
    assert total == len(leaves()) == checkpoints()[-1][0]
    assert bytes(checkpoints()[-1][1]) == root_of(leaves())
    stored = rows("SELECT level, idx, hash FROM audit_node ORDER BY level, idx")
    assert [(level, index) for level, index, _ in stored] == [(1, index) for index in range(total // 256)]
    assert all(bytes(hashed) == root_of(leaves()[i * 256 : i * 256 + 256]) for _, i, hashed in stored)
    assert verify_log().ok


def test_who_commits_late_is_numbered_all_the_same(db):
    remember()
    with psycopg.connect(db.app_url) as late, psycopg.connect(db.app_url) as later:
        late.execute(INSERT)
        later.execute(INSERT)
        remember(3)
        assert number_all() == 4
        remember(2)
        assert number_all() == 2
        late.commit()
        assert number_all() == 1
        remember(2)
        later.commit()
        assert number_all() == 3
    assert entries_without_number() == 0
    assert [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")] == list(range(10))


def test_the_horizon_waits_for_the_oldest_writer_and_then_moves_on(db):
    remember()
    number_all()
    with psycopg.connect(db.app_url) as late:
        late.execute(INSERT)
        [(oldest,)] = late.execute("SELECT pg_current_xact_id()::text").fetchall()
        for _ in range(3):
            remember(2)
            number_all()
            assert int(checkpoints()[-1][3]) <= int(oldest)
    remember()
    number_all()
    assert int(checkpoints()[-1][3]) > int(oldest)


def test_a_small_limit_moves_the_horizon_too(db):
    """Otherwise each batch of a long backlog would read the whole backlog again."""
    for _ in range(6):
        remember(2)
    sequence_once(4)
    sequence_once(4)
    horizons = [int(row[3]) for row in checkpoints()]
    assert 0 < horizons[0] < horizons[1]
    number_all(4)
    assert verify_log().size == 12


def test_a_rolled_back_writer_leaves_no_gap(db):
    remember()
    with psycopg.connect(db.app_url) as lost:
        lost.execute(INSERT)
        lost.rollback()
    remember()
    number_all()
    assert [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")] == [0, 1]


def _write(url, count, start):
    with psycopg.connect(url, autocommit=True) as writer:
        start.wait()
        for _ in range(count):
            writer.execute(INSERT)


@pytest.mark.asvs("v5.0.0-15.4.3")
def test_many_writers_and_two_sequencers(db):
    """No gap, no duplicate, nothing left, while eight write and two number."""
    remember()
    writers, each = 8, max(COUNTS.log_appends // 8, 25)
    start, stop = threading.Event(), threading.Event()

    def number():
        try:
            while not stop.is_set():
                sequence_once(50)
        finally:
            numbering().close()

    with ThreadPoolExecutor(writers + 2) as pool:
        writing = [pool.submit(_write, db.app_url, each, start) for _ in range(writers)]
        numberers = [pool.submit(number) for _ in range(2)]
        start.set()
        for done in writing:
            done.result()
        stop.set()
        for done in numberers:
            done.result()
    number_all()
    expected = writers * each + 1
    assert [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")] == list(range(expected))
    assert rows("SELECT count(DISTINCT entry_id) FROM audit_leaf") == [(expected,)]
    assert entries_without_number() == 0
    assert len(checkpoints()) > 1
    assert bytes(checkpoints()[-1][1]) == root_of(leaves())


@pytest.mark.parametrize("statement", ["_ADD_NODES", "_ADD_CHECKPOINT"])
def test_dying_between_two_statements_leaves_the_whole_batch_or_nothing(db, monkeypatch, statement):
    remember(5)
    number_all()
    before = leaves(), checkpoints()
    remember(300)
    monkeypatch.setattr(sequencing, statement, "SELECT 1 / 0 WHERE %s IS NULL")
    with pytest.raises((DatabaseError, psycopg.Error)):
        sequence_once()
    monkeypatch.undo()
    assert (leaves(), checkpoints()) == before
    assert number_all() == 300
    assert verify_log().ok


def test_a_connection_cut_in_the_middle_of_a_batch(db, superuser, monkeypatch):
    remember(5)

    def cut(*_):
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND usename = 'carnet_sequencer'",
            [db.name],
        )
        return load_signer()

    monkeypatch.setattr(sequencing, "leaf_hash", lambda body: (cut(), leaf_hash(body))[1])
    with pytest.raises(DatabaseError):
        sequence_once()
    monkeypatch.undo()
    numbering().close()
    assert number_all() == 5


def test_inside_a_transaction_nothing_is_numbered(db):
    with transaction.atomic(using=NUMBERING), pytest.raises(RuntimeError, match="durable"):
        sequence_once()


def test_nothing_is_signed_on_top_of_a_tree_that_was_changed(db, superuser):
    remember(3)
    number_all()
    change(superuser, "audit_leaf", "UPDATE audit_leaf SET hash = sha256('other') WHERE idx = 2")
    remember(2)
    with pytest.raises(BrokenTree, match="first 3 entries"):
        sequence_once()
    assert len(leaves()) == 3


def test_nothing_is_signed_on_top_of_a_tree_with_a_hole(db, superuser):
    remember(3)
    number_all()
    change(superuser, "audit_leaf", "DELETE FROM audit_leaf WHERE idx = 2")
    remember(2)
    with pytest.raises(BrokenTree, match="lacks hashes"):
        sequence_once()


def test_an_invented_leaf_stops_the_sequencer(db):
    """The application cannot invent one (``test_guards``); who holds the sequencer's password can, and is found out."""
    remember(2)
    number_all()
    with psycopg.connect(db.sequencer_url, autocommit=True) as stolen:
        stolen.execute("INSERT INTO audit_leaf VALUES (2, now(), gen_random_uuid(), sha256('x'))")
    remember()
    with pytest.raises(DatabaseError):
        sequence_once()
    assert verify_log().first_bad == 2


def test_after_a_restore_into_a_younger_server_nothing_is_lost(db, superuser):
    """There the transactions count from the beginning again: the stored horizon would hide new entries."""
    remember(4)
    number_all()
    # As a dump restored elsewhere would bring them: old rows and horizon far above the server's count,
    # some of the rows without a number yet.
    remember(3)
    table = rows("SELECT tableoid::regclass::text FROM audit_entry LIMIT 1")[0][0]
    change(superuser, table, f"UPDATE {table} SET xid = '900000000'")
    change(superuser, "audit_checkpoint", "UPDATE audit_checkpoint SET horizon = '900000001', cluster = 1")
    remember(2)
    assert sequence_once(2) == 2
    assert checkpoints()[-1][4] is False
    assert number_all(2) == 3
    assert checkpoints()[-1][4] is True
    assert int(checkpoints()[-1][3]) < 900000000
    remember(2)
    assert number_all() == 2
    assert entries_without_number() == 0
    assert verify_log().ok


def rows_touched(limit):
    """How many rows the most expensive step of the search reads, as the sequencer would do it now."""
    with transaction.atomic(using=NUMBERING), psycopg.Cursor(numbering().connection) as cursor:
        head = sequencing._head(cursor)
        sequencing._fresh(cursor, head, limit)
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + sequencing._FRESH,
            [str(head.horizon), *head.cut, head.swept, limit],
        )
        plan = cursor.fetchone()[0][0]["Plan"]

    def touched(node):
        return [
            node["Actual Rows"] * node["Actual Loops"],
            *(n for child in node.get("Plans", []) for n in touched(child)),
        ]

    return max(touched(plan))


def test_the_search_does_not_read_the_log_from_its_beginning(db, superuser):
    for _ in range(30):
        remember(100)
        number_all()
    superuser.execute("ANALYZE")
    remember(5)
    assert checkpoints()[-1][4] is True
    assert rows_touched(100) < 300


def test_a_batch_costs_what_it_numbers_even_of_one_great_transaction(db, superuser):
    """A search that sorted all that waits would cost the square of it."""
    remember(5)
    number_all()
    remember(2000)
    superuser.execute("ANALYZE")
    for _ in range(5):
        assert rows_touched(50) < 150
        assert sequence_once(50) == 50
    remember(30)
    assert number_all() == 1780
    assert entries_without_number() == 0
    assert verify_log().ok


def test_a_transaction_cut_in_two_while_an_older_one_runs(db):
    """Of a transaction that was cut, only what lies up to the cut is passed over; the older one is still to come."""
    remember()
    number_all()
    with psycopg.connect(db.app_url) as late:
        late.execute(INSERT)
        remember(10)
        assert sequence_once(4) == 4
        late.commit()
        assert sequence_once(4) == 4
        assert sequence_once(4) == 3
    assert entries_without_number() == 0
    assert sequence_once(4) == 0


def test_without_a_key_nothing_is_numbered(db, settings, tmp_path):
    remember()
    settings.AUDIT_SIGNING_KEY_FILE = tmp_path / "missing"
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        sequence_once()
    assert leaves() == []


def test_the_outbox_never_goes_back(db):
    """A follower with a cursor meets every entry, in the order of the numbers, also the late ones."""
    remember()
    seen = []
    with psycopg.connect(db.app_url) as late:
        late.execute(INSERT)
        remember(2)
        number_all()
        # The rows of INSERT copy a body, so the follower reads only what append() wrote.
        seen += [entry.index for entry in entries_after(-1, limit=10)]
        assert seen == [0, 1, 2]
    number_all()
    assert rows("SELECT idx FROM audit_leaf WHERE idx > %s", seen[-1]) == [(3,)]
    assert uuid4() not in seen
