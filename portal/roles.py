"""The roles of the database, and the databases they share.

``carnet_owner`` owns the tables and migrates. ``carnet_app`` is what the web and the workers connect
as: it reads and writes rows, makes nothing, and has no temporary tables (one called like the log
would swallow its entries, FORMATS 3.5). Migrations of the rooms take away what ``carnet_app`` must
not do to their tables. ``carnet_sequencer`` numbers the log and can do nothing else: who takes over
the web can neither number an entry nor pretend that it was signed for. ``carnet_bulk`` logs in nowhere: it is the one
role that passes the wall between dossiers (row-level security), for whole tables at once; the owner alone can take it,
by ``SET ROLE``, for a backup or a bulk load.

Production runs the same statements: ``SUPERUSER_URL=… python -m portal.roles``.
"""

from __future__ import annotations

import os
import sys
from itertools import product
from typing import LiteralString

import psycopg
from psycopg import sql

from portal.env import Environment, SettingsRefused

OWNER = "carnet_owner"
APPLICATION = "carnet_app"
SEQUENCER = "carnet_sequencer"
BULK = "carnet_bulk"

# What a role may never have; a role that existed with more is brought back to this.
_ROLE = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
_BULK_ROLE = "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS"
# A request that waits longer than this is stuck: an error is better than a pile of them.
_APPLICATION_LIMITS: tuple[tuple[LiteralString, str], ...] = (
    ("statement_timeout", "60s"),
    ("lock_timeout", "20s"),
    ("idle_in_transaction_session_timeout", "120s"),
)


def create_roles(
    superuser: psycopg.Connection, *, owner_password: str, app_password: str, sequencer_password: str
) -> None:
    """Make the roles, or set the password and the rights of those that exist."""
    for name, password in (
        (OWNER, owner_password),
        (APPLICATION, app_password),
        (SEQUENCER, sequencer_password),
    ):
        superuser.execute(
            sql.SQL("{} PASSWORD {}").format(_made_or_altered(superuser, name, _ROLE), sql.Literal(password))
        )
    superuser.execute(_made_or_altered(superuser, BULK, _BULK_ROLE))
    # To be taken on purpose only: what the owner does otherwise meets the wall like everybody.
    superuser.execute(
        sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(BULK), sql.Identifier(OWNER))
    )
    for name, (setting, value) in product((APPLICATION, SEQUENCER), _APPLICATION_LIMITS):
        superuser.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(name), sql.SQL(setting), sql.Literal(value))
        )


def _made_or_altered(superuser: psycopg.Connection, name: str, rights: LiteralString) -> sql.Composed:
    known = superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
    return sql.SQL("{} {} {}").format(verb, sql.Identifier(name), sql.SQL(rights))


def create_database(superuser: psycopg.Connection, name: str, *, template: str | None = None) -> None:
    """Make a database that belongs to the owner, empty or as a copy of ``template``.

    The rights on a database are not copied from its template, so they are set here each time.
    """
    database, owner, *users = (sql.Identifier(part) for part in (name, OWNER, APPLICATION, SEQUENCER))
    source = sql.Identifier(template or "template0")
    superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(database, owner, source))
    superuser.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, *users))


def prepare_schema(superuser: psycopg.Connection) -> None:
    """Give the schema of the connected database to the owner, and its future rows to the application.

    The sequencer gets nothing but what a migration names. ``btree_gist`` is made here because a managed server may not
    trust the owner with extensions.
    """
    owner, application, sequencer, bulk = (sql.Identifier(name) for name in (OWNER, APPLICATION, SEQUENCER, BULK))
    superuser.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # Again, for a database that is older than this role.
    superuser.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(superuser.info.dbname), sequencer)
    )
    for statement in (
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "ALTER SCHEMA public OWNER TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {application}, {sequencer}, {bulk}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {application}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {bulk}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON SEQUENCES TO {bulk}",
        # Again, for tables that are older than this role.
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {bulk}",
        "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {bulk}",
    ):
        superuser.execute(
            sql.SQL(statement).format(owner=owner, application=application, sequencer=sequencer, bulk=bulk)
        )


def main() -> int:
    """Prepare a server that is not ours, from the environment; safe to repeat."""
    env = Environment(os.environ)
    try:
        server = env.database("SUPERUSER_URL")
        owner = env.database("DATABASE_OWNER_URL")
        application = env.database("DATABASE_URL")
        sequencer = env.database("DATABASE_SEQUENCER_URL")
        _expect_roles(owner["user"], application["user"], sequencer["user"])
        with psycopg.connect(autocommit=True, **server) as connection:  # type: ignore[arg-type]
            create_roles(
                connection,
                owner_password=owner.get("password", ""),
                app_password=application.get("password", ""),
                sequencer_password=sequencer.get("password", ""),
            )
            name = application["dbname"]
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                create_database(connection, name)
        with psycopg.connect(autocommit=True, **(server | {"dbname": name})) as connection:  # type: ignore[arg-type]
            prepare_schema(connection)
    except (SettingsRefused, psycopg.OperationalError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Roles {OWNER}, {APPLICATION} and {SEQUENCER} and the database {name} are ready.")
    return 0


def _expect_roles(owner: str, application: str, sequencer: str) -> None:
    for variable, value, expected in (
        ("DATABASE_OWNER_URL", owner, OWNER),
        ("DATABASE_URL", application, APPLICATION),
        ("DATABASE_SEQUENCER_URL", sequencer, SEQUENCER),
    ):
        if value != expected:
            raise SettingsRefused(f"{variable} has the user {value!r}; expected {expected}: migrations name it.")


if __name__ == "__main__":
    sys.exit(main())
