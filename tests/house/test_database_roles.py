"""What the two database roles may and may not do, tried on the server."""

import psycopg
import pytest
from django.db import connections

REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)


def test_django_connects_as_the_application_role(db):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), current_setting('search_path')")
        assert cursor.fetchone() == ("carnet_app", db.name, "public,pg_temp")


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
        "SELECT rolname FROM pg_roles WHERE rolname IN ('carnet_app', 'carnet_owner') AND "
        "(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"
    ).fetchall()
    assert rows == []
