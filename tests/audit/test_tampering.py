"""Every column of every table of the log, changed by somebody who holds the server: seen, or written down as unseen."""

from datetime import UTC, datetime

import pytest

from audit.cosigning import ask_witness, load_witnesses
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


@pytest.mark.parametrize("table", [MONTH, "audit_leaf", "audit_node", "audit_checkpoint"])
def test_each_table_emptied_by_name(whole, superuser, table):
    superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    superuser.execute(f"TRUNCATE {table}")
    for name in ("audit_grows", "audit_grows_row"):
        superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
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
