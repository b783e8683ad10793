"""The wall between dossiers: forced on every table of a dossier, closed while nothing is declared, never carried on.

The traps are those of pooled connections: a setting that outlives its transaction, autocommit, savepoints, the empty
text that a connection keeps after its first transaction, plans prepared before anything was declared.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from psycopg import errors, sql
from psycopg_pool import ConnectionPool

from consent.categories import Category
from consent.declaring import Lookup, declare, find, over_every_dossier
from records.models import Record
from records.reading import Unknown, open_category, open_record
from tests.conftest import Database
from tests.records.scenes import Household

BASE = Path(__file__).resolve().parent.parent.parent

# What is named like a dossier and needs no wall, each with the reason.
OUTSIDE = {
    "audit_entry": "the log: it knows pseudonyms only, and the issue leaves it out: everything appends to it",
    "notifications_known_reader": "both columns are pseudonyms of the log, which opens no dossier",
    "oversight_foundalert": "the pseudonym of the log that an alert is about, read by administrators",
    "oversight_alertreview": "the pseudonym of the log that an alert is about, read by administrators",
}
# Who may read across dossiers: the work of the house, and lists of administrators.
OVER_EVERY = {
    "consent/reviewers.py",
    "consent/reviews.py",
    "portal/demo/scale/filling.py",
    "portal/notifications/announcing.py",
    "portal/oversight/cases.py",
    "portal/oversight/figures.py",
    "portal/watching/measuring.py",
    "records/closing.py",
    "records/comparing.py",
    "records/comparing_documents.py",
    "records/copying.py",
    "records/key_report.py",
    "records/likeness.py",
    "records/naming.py",
    "records/rewrapping.py",
    "records/sweeping.py",
    "records/turning.py",
}
SET = "SELECT set_config('carnet.dossiers', %s, true)"
COUNT = "SELECT count(*) FROM records_dossier"


@pytest.fixture
def app(db: Database) -> Iterator[psycopg.Connection]:
    """The application role, past Django."""
    with psycopg.connect(db.app_url, autocommit=True) as raw:
        yield raw


def _count(raw: psycopg.Connection, statement: str = COUNT) -> int:
    row = raw.execute(statement).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


# --- every table ------------------------------------------------------------------------------


def test_every_table_of_a_dossier_is_behind_the_wall(superuser: psycopg.Connection) -> None:
    named = superuser.execute(
        "SELECT DISTINCT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND (a.attname ~ '(dossier|patient)' OR c.relname = 'records_dossier') AND NOT a.attisdropped"
        " AND format_type(a.atttypid, a.atttypmod) = 'uuid'"
    )
    walled = superuser.execute(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind IN ('r', 'p')"
    )
    inside = {row[0] for row in walled}
    assert {row[0] for row in named} - inside <= set(OUTSIDE), "CALL carnet_wall(…) in its migration, or say why not"
    assert len(inside) >= 24


def test_each_has_the_same_policies(superuser: psycopg.Connection) -> None:
    rows = superuser.execute(
        "SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies WHERE policyname <> 'tests'"
    ).fetchall()
    shapes = {(name, cmd, roles) for _table, name, cmd, roles, _qual, _check in rows}
    assert shapes == {
        ("declared", "ALL", "{public}"),
        ("read_over_every_dossier", "SELECT", "{public}"),
        ("owner", "ALL", "{carnet_owner}"),
    }
    assert len(rows) == 3 * len({table for table, *_ in rows}) >= 3 * 24
    assert all(check == qual for _table, name, _cmd, _roles, qual, check in rows if name == "declared")


def test_who_reads_across_dossiers_is_a_closed_list() -> None:
    found = set()
    for room in ("consent", "records", "portal"):
        for path in sorted((BASE / room).rglob("*.py")):
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            if any(isinstance(call.func, ast.Name) and call.func.id == "over_every_dossier" for call in calls):
                found.add(str(path.relative_to(BASE)))
    assert found == OVER_EVERY


# --- closed while nothing is said ---------------------------------------------------------------


def test_nothing_declared_finds_nothing_and_fails_on_nothing(household: Household, app: psycopg.Connection) -> None:
    household.file()
    walled = app.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY relname").fetchall()
    for _round in range(2):
        for (table,) in walled:
            assert _count(app, f"SELECT count(*) FROM {table}") == 0, table
        # After the first transaction that says something, the setting of the connection is the empty text, not unset.
        with app.transaction():
            app.execute(SET, [str(household.ref.id)])
            assert _count(app) == 1
            assert _count(app, "SELECT count(*) FROM records_record") == 1
    assert app.execute("SELECT current_setting('carnet.dossiers', true)").fetchone() == ("",)


def test_writes_stay_within_what_is_declared(household: Household, app: psycopg.Connection) -> None:
    mine, other = str(household.ref.id), str(household.neighbour_ref.id)
    with app.transaction():
        app.execute(SET, [mine])
        touched = app.execute("UPDATE records_dossier SET contact_revision = contact_revision WHERE id = %s", [other])
        assert touched.rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege), app.transaction():
            app.execute(
                "INSERT INTO consent_wish (id, dossier, kind, category, during)"
                " VALUES (gen_random_uuid(), %s, 'hide_new', '', tstzrange(now(), NULL))",
                [other],
            )


def test_reading_across_dossiers_writes_nothing(household: Household, app: psycopg.Connection) -> None:
    with app.transaction():
        app.execute("SELECT set_config('carnet.every', 'on', true)")
        assert _count(app) >= 2
        assert app.execute("UPDATE records_dossier SET contact_revision = 99").rowcount == 0
        assert app.execute("SELECT id FROM records_dossier FOR UPDATE").fetchall() == []
        assert app.execute("DELETE FROM records_likeness").rowcount == 0
    assert _count(app) == 0


# --- the traps of pools -------------------------------------------------------------------------


def test_what_is_declared_never_reaches_the_next_borrower(household: Household, db: Database) -> None:
    with ConnectionPool(db.app_url, min_size=1, max_size=1, timeout=30) as pool:
        with pool.connection() as first:
            pid = first.info.backend_pid
            first.execute(SET, [str(household.ref.id)])
            assert _count(first) == 1
        with pool.connection() as second:
            assert second.info.backend_pid == pid, "the same session of the server"
            assert _count(second) == 0
        with pytest.raises(errors.DivisionByZero), pool.connection() as third:
            third.execute(SET + ", 1 / 0", [str(household.ref.id)])
        with pool.connection() as fourth:
            assert (fourth.info.backend_pid, _count(fourth)) == (pid, 0)


def test_in_autocommit_a_declaration_ends_at_once(household: Household, app: psycopg.Connection) -> None:
    app.execute(SET, [str(household.ref.id)])
    assert _count(app) == 0
    with pytest.raises(TransactionManagementError):
        declare(household.ref.id)
    with pytest.raises(TransactionManagementError):
        find(Lookup.ACCOUNT, uuid4())


def test_a_plan_prepared_before_serves_only_what_is_declared(household: Household, app: psycopg.Connection) -> None:
    app.prepare_threshold = 0
    statement = "SELECT id FROM records_dossier WHERE id = ANY (%s)"
    both = [household.ref.id, household.neighbour_ref.id]
    seen = []
    for who in (None, household.ref.id, household.neighbour_ref.id, None):
        with app.transaction():
            if who is not None:
                app.execute(SET, [str(who)])
            # Often enough that the server keeps one plan for all.
            for _time in range(7):
                found = [row[0] for row in app.execute(statement, [both])]
            seen.append(found)
    assert seen == [[], [household.ref.id], [household.neighbour_ref.id], []]


def _seen() -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.connection.execute("SELECT 1")
        return {row[0] for row in cursor.connection.execute("SELECT id FROM records_dossier")}


def _declare_and_fail(mine: UUID, other: UUID) -> None:
    with transaction.atomic():
        declare(other)
        assert _seen() == {mine, other}
        raise RuntimeError


def test_a_savepoint_takes_its_declarations_back_and_a_released_one_keeps_them(household: Household) -> None:
    mine, other = household.ref.id, household.neighbour_ref.id
    with transaction.atomic():
        declare(mine)
        with pytest.raises(RuntimeError):
            _declare_and_fail(mine, other)
        assert _seen() == {mine}
        # Declared again although it was noted once: what was rolled back does not count.
        with transaction.atomic():
            declare(other)
        assert _seen() == {mine, other}
        declare(uuid4())
        assert _seen() == {mine, other}
    with transaction.atomic():
        assert _seen() == set()


def test_a_transaction_that_follows_declares_anew(household: Household) -> None:
    for begin in (lambda: None, lambda: connection.cursor().execute("SELECT 1")):
        for _time in range(2):
            with transaction.atomic():
                begin()
                declare(household.ref.id)
                assert _seen() == {household.ref.id}
            with transaction.atomic():
                assert _seen() == set()


def test_over_every_dossier_ends_with_its_block_also_after_an_error(household: Household) -> None:
    with transaction.atomic():
        with over_every_dossier():
            with over_every_dossier():
                pass
            assert len(_seen()) >= 2
        assert _seen() == set()
        with pytest.raises(RuntimeError), over_every_dossier():
            raise RuntimeError
        assert _seen() == set()


# --- looking somebody up ------------------------------------------------------------------------


def test_the_one_function_returns_identifiers_and_is_closed_to_others(
    household: Household, superuser: psycopg.Connection, db: Database
) -> None:
    with transaction.atomic():
        assert find(Lookup.ACCOUNT, household.patient.id) == [household.ref.id]
        assert find(Lookup.PSEUDONYM, household.ref.pseudonym, uuid4()) == [household.ref.id]
        assert find(Lookup.RECORD, uuid4()) == []
    definers = superuser.execute(
        "SELECT p.proname, p.proconfig, has_function_privilege('carnet_app', p.oid, 'EXECUTE'),"
        " has_function_privilege('carnet_sequencer', p.oid, 'EXECUTE'), pg_get_function_result(p.oid)"
        " FROM pg_proc p WHERE p.proname LIKE 'carnet\\_%' AND p.prosecdef"
    ).fetchall()
    assert definers == [("carnet_find_dossiers", ["search_path=pg_catalog, pg_temp"], True, False, "SETOF uuid")]
    with psycopg.connect(db.app_url) as raw, pytest.raises(errors.InvalidParameterValue):
        raw.execute("SELECT carnet_find_dossiers('name', '{}', '{}')")
    with psycopg.connect(db.app_url) as raw, pytest.raises(errors.InsufficientPrivilege):
        raw.execute("CALL carnet_no_wall('records_record')")


@pytest.mark.parametrize("by", list(Lookup))
def test_every_way_of_looking_up_is_known_to_the_function(db: Database, by: Lookup) -> None:
    with transaction.atomic():
        assert find(by, uuid4(), bytes(32)) == []


# --- whole tables -------------------------------------------------------------------------------


def _copy_in(raw: psycopg.Connection) -> None:
    with raw.cursor().copy("COPY consent_wish (id) FROM STDIN"):
        pass


def test_whole_tables_are_loaded_by_a_role_that_the_application_cannot_take(
    household: Household, db: Database, owner: psycopg.Connection, app: psycopg.Connection
) -> None:
    for raw in (app, owner):
        with pytest.raises(errors.FeatureNotSupported):
            _copy_in(raw)
    for name in ("carnet_bulk", "carnet_owner"):
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name)))
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("ALTER TABLE records_record DISABLE ROW LEVEL SECURITY")
    # With row security off the application is refused, not let through.
    app.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege):
        _count(app)
    owner.execute("SET ROLE carnet_bulk")
    _copy_in(owner)
    assert _count(owner) >= 2
    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute("UPDATE records_dossier SET contact_revision = 7")


# --- behind the doors ---------------------------------------------------------------------------


def _forget_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours: a drawer is listed without naming its dossier."""
    everybodys: Callable[..., object] = lambda rows, _dossier, _categories: rows.order_by("-filed_at", "-id")  # noqa: E731
    monkeypatch.setattr(type(Record.objects.all()), "lying_in", everybodys)
    monkeypatch.setattr(type(Record.objects), "lying_in", everybodys, raising=False)


def test_a_forgotten_filter_shows_nobody_elses_records(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = household.file()
    household.file(ref=household.neighbour_ref)
    _forget_the_filter(monkeypatch)
    category = Category(Record.objects.get(id=mine).category)
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=category)
    assert [item.record_id for item in drawer.items] == [mine]


def test_a_missing_declaration_is_a_calm_refusal(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    record = household.file()
    monkeypatch.setattr("records.reading.find", lambda *_told: [])
    # In production nothing stands before the statements: the rows are simply not there.
    monkeypatch.setattr("tests.wall.is_declared", lambda: True)
    with pytest.raises(Unknown):
        open_record(actor=household.patient, record_id=record)
    assert Record.objects.filter(id=record).exists()
