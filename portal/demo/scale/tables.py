"""COPY into the tables, in binary: what a row costs is what the server does with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from audit.entry import Entry, encode
from audit.log import columns


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that are given, and their types."""

    name: str
    columns: tuple[tuple[str, str], ...]


def _table(name: str, /, **columns: str) -> Table:
    return Table(name, tuple(columns.items()))


ACCOUNTS = _table(
    "accounts_account", id="uuid", password="varchar", login_digest="bytea", role="varchar", language="varchar",  # noqa: S106  # nosec B106
    sealed_contact="bytea", is_active="bool", created_on="date",
)  # fmt: skip
ORGANISATIONS = _table("consent_organisation", id="uuid", name="varchar", place="varchar", finess="varchar")
PROFESSIONALS = _table(
    "consent_professional", id="uuid", account_id="uuid", rpps="varchar", family="varchar", given="varchar",
    title="varchar", profession="varchar",
)  # fmt: skip
MEMBERSHIPS = _table(
    "consent_membership", id="uuid", professional_id="uuid", organisation_id="uuid", during="tstzrange"
)
DOSSIERS = _table(
    "records_dossier", id="uuid", pseudonym="uuid", account_id="uuid", active_key_version="int4",
    sealed_identity="bytea", identity_revision="int8", sealed_contact="bytea", contact_revision="int8",
    created_on="date",
)  # fmt: skip
KEYS = _table(
    "records_patientkey", id="uuid", dossier_id="uuid", version="int4", state="varchar", kek_id="varchar",
    wrapped="bytea", check_value="bytea", created_at="timestamptz",
)  # fmt: skip
LIKENESSES = _table("records_likeness", dossier_id="uuid", surname="bytea", used_name="bytea", address="bytea")
RELATIONSHIPS = _table(
    "consent_carerelationship", id="uuid", dossier="uuid", professional_id="uuid", during="tstzrange"
)
CHOICES = _table(
    "consent_choice", id="uuid", dossier="uuid", professional_id="uuid", profession="varchar", newcomers="bool",
    category="varchar", right="varchar", allowed="bool", during="tstzrange",
)  # fmt: skip
RECORDS = _table(
    "records_record", id="uuid", dossier_id="uuid", category="varchar", header="bytea", body="bytea",
    filed_at="timestamptz", author="uuid", held_for="varchar", secret="bool", revision="int8", key_version="int4",  # noqa: S106  # nosec B106
)  # fmt: skip
_ENTRIES = _table(
    "audit_entry", id="uuid", at="timestamptz", event="text", actor="uuid", role="text", profession="text",
    organisation="uuid", dossier="uuid", category="text", ground="text", outcome="text", body="bytea",
)  # fmt: skip


def copy_rows(connection: Connection[Any], table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Put rows into a table, in the open transaction."""
    statement = sql.SQL("COPY public.{} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(name) for name, _type in table.columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([kind for _name, kind in table.columns])
        for row in rows:
            copy.write_row(row)


def copy_entries(connection: Connection[Any], entries: Iterable[Entry]) -> None:
    """Put entries into the log, in the open transaction; the sequencer numbers them afterwards as any others."""
    copy_rows(connection, _ENTRIES, ((*columns(entry), encode(entry)) for entry in entries))
