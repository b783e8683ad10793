"""What the three database roles may and may not do, tried on the server."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)


def test_django_connects_as_the_application_role(db):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), current_setting('search_path')")
        assert cursor.fetchone() == ("carnet_app", db.name, "public,pg_temp")


@pytest.mark.asvs("v5.0.0-13.2.2")
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE audit_entry (x int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "CREATE EXTENSION dblink",
        "ALTER TABLE django_migrations ADD COLUMN x int",
        "DROP TABLE django_migrations",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
        "SET session_replication_role = replica",
        "SET ROLE carnet_owner",
        "COPY django_migrations TO PROGRAM 'true'",
    ],
)
def test_the_application_role_is_refused(db, statement):
    with psycopg.connect(db.app_url, autocommit=True) as connection, pytest.raises(REFUSALS):
        connection.execute(statement)


def test_neither_role_is_more_than_a_role(superuser):
    rows = superuser.execute(
        "SELECT rolname FROM pg_roles WHERE rolname IN ('carnet_app', 'carnet_owner', 'carnet_sequencer') AND "
        "(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"
    ).fetchall()
    assert rows == []


TABLES = (
    "SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
)


def refused_rights(superuser, right, pattern="%"):
    """The tables whose name fits and on which the application has ``right``."""
    query = f"SELECT relname FROM ({TABLES}) t WHERE relname LIKE %s AND has_table_privilege('carnet_app', oid, %s)"
    return {row[0] for row in superuser.execute(query, [pattern, right])}


@pytest.mark.parametrize("right", ["TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"])
def test_rights_that_the_application_has_on_no_table(superuser, right):
    assert refused_rights(superuser, right) == set()


@pytest.mark.parametrize("right", ["UPDATE", "DELETE"])
def test_the_application_cannot_change_what_is_remembered(superuser, right):
    """Neither an entry, in any month, nor the tree or a checkpoint over it."""
    tables = {row[0] for row in superuser.execute(f"SELECT relname FROM ({TABLES}) t WHERE relname LIKE 'audit\\_%'")}
    assert len(tables) > 4
    assert refused_rights(superuser, right, "audit\\_%") == set()


def test_every_partition_of_the_log_guards_itself(superuser):
    """A TRUNCATE trigger of the parent does not fire for a partition."""
    rows = superuser.execute(
        "SELECT c.relname, bit_or(t.tgtype) FROM pg_inherits i "
        "JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r' "
        "JOIN pg_class parent ON parent.oid = i.inhparent AND parent.relkind = 'p' "
        "LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgenabled = 'A' "
        "WHERE parent.relname LIKE 'audit\\_%' GROUP BY c.relname"
    ).fetchall()
    delete, update, truncate = 8, 16, 32
    assert rows
    guarded = {name: (kinds or 0) & (delete | update | truncate) for name, kinds in rows}
    assert {name for name, kinds in guarded.items() if kinds != delete | update | truncate} == set()


def test_everything_belongs_to_the_owner(superuser):
    owned = "relowner = 'carnet_owner'::regrole"
    query = f"SELECT relname FROM pg_class WHERE oid IN (SELECT oid FROM ({TABLES}) t) AND NOT {owned}"
    assert superuser.execute(query).fetchall() == []


def test_a_function_with_the_rights_of_its_owner_looks_nowhere_else(superuser):
    rows = superuser.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    loose = [name for name, config in rows if not any(item.endswith("pg_temp") for item in config or [])]
    assert loose == []


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.asvs("v5.0.0-6.3.2")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records_record",
        "DELETE FROM records_dossier",
        "DELETE FROM records_patientkey",
        "DELETE FROM records_housekey",
        "UPDATE records_dossier SET pseudonym = gen_random_uuid()",
        "DELETE FROM accounts_account",
        "UPDATE accounts_account SET role = 'administrator'",
    ],
)
def test_the_application_erases_nobody_and_makes_no_administrator(db, statement):
    with psycopg.connect(db.app_url, autocommit=True) as connection, pytest.raises(REFUSALS):
        connection.execute(statement)
