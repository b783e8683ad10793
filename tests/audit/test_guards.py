"""What PostgreSQL itself refuses: to the application, to the owner, on partitions by name."""

from datetime import UTC, datetime

import psycopg
import pytest

from audit import log
from audit.sequencing import make_partitions
from audit.verifying import verify_log
from tests.audit.acts import DOSSIER, number_all, remember

MONTH = f"audit_entry_{datetime.now(UTC):%Y_%m}"
TABLES = [
    "audit_entry", MONTH, "audit_entry_other", "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature",
]  # fmt: skip
DENIED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)
COLUMN = {"audit_entry": "category", "audit_leaf": "hash", "audit_node": "hash", "audit_checkpoint": "note"}


def attacks(table):
    column = "line" if table == "audit_cosignature" else COLUMN.get(table, "category")
    yield f"UPDATE {table} SET {column} = {column}"
    yield f"DELETE FROM {table}"
    yield f"TRUNCATE {table}"
    yield f"TRUNCATE {table} CASCADE"
    yield f"MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE"


def test_the_owner_is_refused(db, owner):
    remember(3)
    number_all()
    for attack in (attack for table in TABLES for attack in attacks(table)):
        with pytest.raises(psycopg.errors.RestrictViolation, match="The log only grows"):
            owner.execute(attack)
    assert verify_log().ok


def test_the_superuser_is_refused_even_as_a_replica(db, superuser):
    remember(3)
    number_all()
    superuser.execute("SET session_replication_role = replica")
    for attack in (attack for table in TABLES for attack in attacks(table)):
        with pytest.raises(psycopg.errors.RestrictViolation):
            superuser.execute(attack)


REFUSED = [
    *(attack for table in TABLES for attack in attacks(table)),
    f"SELECT * FROM {MONTH}",
    f"INSERT INTO {MONTH} SELECT * FROM audit_entry",
    "INSERT INTO audit_entry SELECT * FROM audit_entry",
    "INSERT INTO audit_entry (id, at, event, actor, role, profession, category, ground, outcome, body, xid) "
    "SELECT gen_random_uuid(), at, event, actor, role, profession, category, ground, outcome, body, '5' "
    "FROM audit_entry",
    "INSERT INTO audit_leaf SELECT * FROM audit_leaf ON CONFLICT (idx) DO UPDATE SET hash = excluded.hash",
    "INSERT INTO audit_leaf VALUES (99, now(), gen_random_uuid(), sha256('x'))",
    "INSERT INTO audit_node VALUES (1, 99, sha256('x'))",
    "INSERT INTO audit_checkpoint SELECT 99, root, note, at, horizon, swept, cluster FROM audit_checkpoint",
    "INSERT INTO audit_cosignature (id, size, witness, line, at) VALUES (1, 1, 'w', 'l', now())",
    "INSERT INTO audit_cosignature (size, witness, line, at) VALUES (1, 'w', 'l', now())",
    "SELECT nextval('audit_cosignature_id_seq')",
    "SELECT audit_make_partitions()",
    "SELECT setval('audit_cosignature_id_seq', 99)",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "ALTER TABLE audit_leaf DISABLE TRIGGER audit_grows",
    "DROP TABLE audit_leaf",
    "DROP TRIGGER audit_grows ON audit_leaf",
    f"ALTER TABLE audit_entry DETACH PARTITION {MONTH}",
    "SET session_replication_role = replica",
    "CREATE TEMPORARY TABLE audit_entry (body bytea)",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SELECT audit_make_partition('2031-01-01')",
    "SELECT audit_guard('audit_leaf')",
    "COPY audit_entry TO PROGRAM 'cat'",
]


REFUSED_TO_THE_SEQUENCER = [
    *(attack for table in TABLES for attack in attacks(table)),
    f"SELECT * FROM {MONTH}",
    f"INSERT INTO {MONTH} SELECT * FROM audit_entry",
    "INSERT INTO audit_entry (id, at, event, actor, role, profession, category, ground, outcome, body, xid) "
    "SELECT gen_random_uuid(), at, event, actor, role, profession, category, ground, outcome, body, '5' "
    "FROM audit_entry",
    "INSERT INTO audit_leaf SELECT * FROM audit_leaf ON CONFLICT (idx) DO UPDATE SET hash = excluded.hash",
    "SELECT setval('audit_cosignature_id_seq', 99)",
    "ALTER TABLE audit_leaf DISABLE TRIGGER audit_grows",
    "SET session_replication_role = replica",
    "CREATE TEMPORARY TABLE audit_leaf (hash bytea)",
    "SELECT audit_make_partition('2031-01-01')",
    "SELECT * FROM records_record",
    "SELECT * FROM accounts_account",
    "SELECT * FROM records_patientkey",
    "SELECT * FROM django_session",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
]


def test_the_sequencer_can_number_and_nothing_else(db):
    remember(2)
    number_all()
    for statement in REFUSED_TO_THE_SEQUENCER:
        with psycopg.connect(db.sequencer_url, autocommit=True) as stolen, pytest.raises(DENIED):
            stolen.execute(statement)
    assert verify_log().ok


@pytest.mark.asvs("v5.0.0-13.2.2")
def test_the_sequencer_sees_the_log_and_no_other_table(db, superuser):
    tables = superuser.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND (has_any_column_privilege('carnet_sequencer', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') "
        "OR has_table_privilege('carnet_sequencer', c.oid, 'DELETE, TRUNCATE, TRIGGER'))"
    ).fetchall()
    assert {name for (name,) in tables} == {name for name in TABLES if name not in (MONTH, "audit_entry_other")}


@pytest.mark.asvs("v5.0.0-16.4.2")
def test_the_application_is_refused(db):
    remember(2)
    number_all()
    for statement in REFUSED:
        with psycopg.connect(db.app_url, autocommit=True) as application, pytest.raises(DENIED):
            application.execute(statement)
    assert verify_log().ok


def test_every_partition_has_both_guards_for_always(db, superuser):
    found = superuser.execute(
        "SELECT c.relname, array_agg(t.tgname::text ORDER BY t.tgname) FILTER (WHERE t.tgenabled = 'A') "
        "FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid "
        "WHERE c.relname LIKE 'audit%' AND c.relkind IN ('r', 'p') GROUP BY c.relname"
    ).fetchall()
    assert {name for name, _ in found} >= set(TABLES)
    assert all(guards == ["audit_grows", "audit_grows_row"] for _, guards in found)


def test_this_month_and_the_next_three_are_made(db, superuser):
    names = superuser.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass ORDER BY 1"
    ).fetchall()
    now = datetime.now(UTC)
    months = [(now.year + (now.month - 1 + ahead) // 12, (now.month - 1 + ahead) % 12 + 1) for ahead in range(4)]
    assert [name for (name,) in names] == [f"audit_entry_{year}_{month:02}" for year, month in months] + [
        "audit_entry_other"
    ]
    assert make_partitions() == 0


def test_the_application_makes_a_month_that_is_missing_with_its_guards(db, superuser):
    [(last,)] = superuser.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass "
        "AND inhrelid::regclass::text <> 'audit_entry_other' ORDER BY 1 DESC LIMIT 1"
    ).fetchall()
    superuser.execute(f"DROP TABLE {last}")
    assert make_partitions() == 1
    with pytest.raises(psycopg.errors.RestrictViolation):
        superuser.execute(f"TRUNCATE {last}")
    assert verify_log().ok


def test_an_entry_of_a_month_without_partition_is_kept_and_stays(db, owner, monkeypatch):
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2031, 5, 3, 12, tzinfo=tz)

    monkeypatch.setattr(log, "datetime", Tomorrow)
    [stray] = remember()
    monkeypatch.undo()
    remember()
    assert number_all() == 2
    assert owner.execute("SELECT id FROM audit_entry_other").fetchall() == [(stray,)]
    assert owner.execute("SELECT audit_make_partition('2031-05-01')").fetchone() == (False,)
    assert owner.execute("SELECT audit_make_partition('2031-06-01')").fetchone() == (True,)
    assert log.entries_about(DOSSIER)[0].id == stray
    assert verify_log().ok


def test_guards_that_are_off_are_reported(db, superuser):
    superuser.execute(f"ALTER TABLE {MONTH} DISABLE TRIGGER audit_grows")
    report = verify_log()
    assert not report.ok
    assert report.unguarded == (MONTH,)
    assert MONTH in report.sentence


def test_a_month_is_made_while_a_reader_and_a_writer_are_at_work(db, owner):
    with psycopg.connect(db.app_url) as busy:
        busy.execute(
            "INSERT INTO audit_entry (id, at, event, actor, role, profession, category, ground, outcome, body) "
            "VALUES (gen_random_uuid(), now(), 'e', gen_random_uuid(), 'r', '', '', '', 'o', %s)",
            [bytes(120)],
        )
        owner.execute("SET lock_timeout = '2s'")
        assert owner.execute("SELECT audit_make_partition('2031-06-01')").fetchone() == (True,)
        busy.rollback()
