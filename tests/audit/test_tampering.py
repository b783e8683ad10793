"""Every column of every table of the log, changed by somebody who holds the server: seen, or written down as unseen."""

from datetime import UTC, datetime

import pytest

from audit.cosigning import Result, ask_witness, load_witnesses
from audit.verifying import verify_log
from tests.audit.acts import change, number_all, remember
from tests.audit.test_cosigning import served  # noqa: F401 - a fixture

MONTH = f"audit_entry_{datetime.now(UTC):%Y_%m}"
OTHER = {
    "uuid": "gen_random_uuid()", "timestamp with time zone": "{column} - interval '1 hour'", "text": "'x'",
    "bytea": "sha256('x') || sha256('y') || sha256('y') || sha256('z')", "bigint": "{column} + 1000",
    "smallint": "{column} + 1", "boolean": "NOT {column}", "xid8": "'9'::xid8",
}  # fmt: skip
HASHES = {"hash", "root"}

# What verification does not look at, and why nothing is lost with it (docs/threat-model.md).
UNSEEN = {
    (MONTH, "xid"): "only the search for entries without a number uses it; verification finds those by itself",
    ("audit_checkpoint", "at"): "not signed; the time of an entry is in its bytes, that of a witness in its line",
    ("audit_checkpoint", "horizon"): "only the search for entries without a number uses it",
    ("audit_checkpoint", "swept"): "the same",
    ("audit_checkpoint", "cluster"): "the same",
    ("audit_cosignature", "id"): "counts lines, says nothing",
    ("audit_cosignature", "at"): "not signed; the time that the witness signed is in its line",
    (
        "audit_cosignature",
        "witness",
    ): "a line of a witness that nobody named is not looked at; verify_audit --witness is",
}


@pytest.fixture
def whole(db, served):  # noqa: F811
    [witness] = load_witnesses()
    for _ in range(3):
        remember(200)
        number_all()
        ask_witness(witness)
    assert verify_log().ok
    return witness


def columns(superuser):
    return superuser.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = ANY (%s) ORDER BY table_name, ordinal_position",
        [[MONTH, "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature"]],
    ).fetchall()


def key_of(table):
    return {
        MONTH: "id = (SELECT entry_id FROM audit_leaf WHERE idx = 250)",
        "audit_leaf": "idx = 250",
        "audit_node": "(level, idx) = (1, 0)",
        "audit_checkpoint": "size = 400",
        "audit_cosignature": "size = 400",
    }[table]


@pytest.mark.asvs("v5.0.0-16.4.2")
def test_every_column_of_every_table(whole, superuser):
    """In one database: each attack is undone before the next."""
    seen = {}
    for table, column, kind in columns(superuser):
        value = "sha256('x')" if column in HASHES else OTHER[kind].format(column=column)
        content = f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
        before = superuser.execute(content).fetchone()
        superuser.execute(f"CREATE TABLE IF NOT EXISTS public.kept_{table} AS SELECT * FROM {table}")
        change(superuser, table, f"UPDATE {table} SET {column} = {value} WHERE {key_of(table)}")
        seen[table, column] = not verify_log().ok
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        superuser.execute(f"DELETE FROM {table}")
        superuser.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM public.kept_{table}")
        for name in ("audit_grows", "audit_grows_row"):
            superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        assert superuser.execute(content).fetchone() == before
    assert {place for place, found in seen.items() if not found} == set(UNSEEN)
    assert verify_log().ok


TABLES = [MONTH, "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature"]


def guards_off(superuser, table):
    superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def guards_on(superuser, table):
    for name in ("audit_grows", "audit_grows_row"):
        superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


@pytest.mark.parametrize("table", TABLES)
def test_each_table_emptied_by_name(whole, superuser, table):
    guards_off(superuser, table)
    superuser.execute(f"TRUNCATE {table}")
    guards_on(superuser, table)
    assert not verify_log().ok or table == "audit_cosignature"
    if table == "audit_cosignature":
        # Lines of witnesses are copies: each witness holds its own, and signs the same checkpoint again.
        assert ask_witness(whole, again=True).result is Result.COSIGNED


@pytest.mark.parametrize("table", TABLES)
def test_a_row_deleted_from_each_table(whole, superuser, table):
    change(superuser, table, f"DELETE FROM {table} WHERE {key_of(table)}")
    report = verify_log()
    expected = {MONTH: 250, "audit_leaf": 250, "audit_node": 200, "audit_checkpoint": 200, "audit_cosignature": None}
    assert report.first_bad == expected[table]


SWAPS = {
    MONTH: ("body", "id = ({leaf} 250)", "id = ({leaf} 260)", 250),
    "audit_leaf": ("hash", "idx = 250", "idx = 260", 250),
    "audit_node": ("hash", "(level, idx) = (1, 0)", "(level, idx) = (1, 1)", 200),
    "audit_checkpoint": ("note", "size = 200", "size = 400", 0),
    "audit_cosignature": ("line", "size = 200", "size = 400", 0),
}


@pytest.mark.parametrize("table", TABLES)
def test_two_rows_swapped_in_each_table(whole, superuser, table):
    column, first, second, bad = SWAPS[table]
    leaf = "SELECT entry_id FROM audit_leaf WHERE idx ="
    first, second = first.format(leaf=leaf), second.format(leaf=leaf)
    change(
        superuser, table,
        f"UPDATE {table} SET {column} = CASE WHEN {first} THEN (SELECT {column} FROM {table} WHERE {second}) "
        f"ELSE (SELECT {column} FROM {table} WHERE {first}) END WHERE {first} OR {second}",
    )  # fmt: skip
    assert verify_log().first_bad == bad


INSERTS = {
    "audit_node": "INSERT INTO audit_node VALUES (1, 7, sha256('x'))",
    "audit_node of a level above": "INSERT INTO audit_node VALUES (2, 0, sha256('x'))",
    "audit_leaf": "INSERT INTO audit_leaf VALUES (600, now(), gen_random_uuid(), sha256('x'))",
    "audit_leaf further on": "INSERT INTO audit_leaf VALUES (9999, now(), gen_random_uuid(), sha256('x'))",
    "audit_checkpoint": "INSERT INTO audit_checkpoint SELECT 300, root, note, at, horizon, swept, cluster "
    "FROM audit_checkpoint WHERE size = 400",
    "audit_checkpoint further on": "INSERT INTO audit_checkpoint SELECT 900, root, note, at, horizon, swept, cluster "
    "FROM audit_checkpoint WHERE size = 600",
    "audit_cosignature": "INSERT INTO audit_cosignature (size, witness, line, at) SELECT 500, witness, line, at "
    "FROM audit_cosignature WHERE size = 400",
}


@pytest.mark.parametrize("statement", INSERTS.values(), ids=INSERTS)
def test_a_row_inserted_into_each_table(whole, superuser, statement):
    superuser.execute(statement)
    assert not verify_log().ok


def test_an_entry_inserted_beside_the_others(whole, superuser):
    """A copy of an entry with another identifier and a leaf of its own."""
    superuser.execute(
        f"INSERT INTO {MONTH} SELECT gen_random_uuid(), at, event, actor, role, profession, organisation, dossier, "
        f"category, ground, outcome, body FROM {MONTH} WHERE id = (SELECT entry_id FROM audit_leaf WHERE idx = 250)"
    )
    superuser.execute(
        f"INSERT INTO audit_leaf SELECT 600, at, id, sha256('\\x00' || body) FROM {MONTH} e "
        "WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)"
    )
    report = verify_log()
    assert (report.ok, report.first_bad) == (False, 600)


def test_a_partition_taken_away(whole, superuser):
    superuser.execute(f"ALTER TABLE audit_entry DETACH PARTITION {MONTH}")
    assert verify_log().first_bad == 0


def test_a_partition_dropped_and_made_anew(whole, superuser):
    """Empty, with its guards, as if nothing had happened in that month."""
    superuser.execute(f"DROP TABLE {MONTH}")
    superuser.execute("SELECT audit_make_partitions()")
    report = verify_log()
    assert (report.first_bad, report.unguarded) == (0, ())


def test_a_partition_replaced_by_a_copy_without_one_line(whole, superuser):
    """What an expiry does, done to a month that has not expired."""
    [(low, high)] = superuser.execute(
        "SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::text || '+00', "
        "(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')::text || '+00'"
    ).fetchall()
    superuser.execute(f"CREATE TABLE copied AS SELECT * FROM {MONTH} WHERE id <> (SELECT entry_id FROM audit_leaf "
                      "WHERE idx = 333)")  # fmt: skip
    superuser.execute(f"DROP TABLE {MONTH}")
    superuser.execute(f"CREATE TABLE {MONTH} PARTITION OF audit_entry FOR VALUES FROM ('{low}') TO ('{high}')")
    superuser.execute(f"INSERT INTO {MONTH} SELECT * FROM copied")
    superuser.execute(f"SELECT audit_guard_statements('{MONTH}')")
    guards_on(superuser, MONTH)
    report = verify_log()
    assert (report.first_bad, report.unguarded) == (333, ())


def test_entries_moved_into_the_partition_for_everything_else(whole, superuser):
    """Detached, the month's rows land in the default partition: nothing is lost, and nothing is said to be."""
    superuser.execute(f"ALTER TABLE audit_entry DETACH PARTITION {MONTH}")
    superuser.execute(f"INSERT INTO audit_entry SELECT * FROM {MONTH}")
    assert verify_log().ok
    change(superuser, "audit_entry_other", "DELETE FROM audit_entry_other WHERE id = (SELECT entry_id FROM audit_leaf "
           "WHERE idx = 77)")  # fmt: skip
    assert verify_log().first_bad == 77


def test_a_view_in_place_of_a_table(whole, superuser):
    """It would show whatever it likes; without the guards of a table it is found out."""
    superuser.execute("ALTER TABLE audit_leaf RENAME TO hidden")
    superuser.execute("CREATE VIEW audit_leaf AS SELECT * FROM hidden")
    superuser.execute("GRANT SELECT ON audit_leaf TO carnet_app")
    assert not verify_log().ok


def test_a_history_rewritten_with_the_signing_key_meets_the_witness(whole, superuser):
    """Truncated and grown again, signed with the true key: the log agrees with itself, its witness does not."""
    for table in (MONTH, "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature"):
        guards_off(superuser, table)
        superuser.execute(f"TRUNCATE {table}")
        guards_on(superuser, table)
    remember(600)
    number_all()
    assert verify_log().ok
    assert ask_witness(whole).result in (Result.FORKED, Result.BEHIND)
