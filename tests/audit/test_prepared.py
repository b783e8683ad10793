"""Prepared queries behave as Django's own: errors, broken transactions, counted queries, rows as models."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from audit import prepared
from audit.models import Checkpoint


@pytest.mark.usefixtures("db")
def test_rows_come_back():
    for _ in range(5):
        assert prepared.fetch("SELECT %s::int + 1, %s::text", (1, "a")) == [(2, "a")]


@pytest.mark.usefixtures("db")
def test_errors_are_those_of_django():
    with pytest.raises(DatabaseError), transaction.atomic():
        prepared.fetch("SELECT 1 FROM nowhere", ())
    with pytest.raises(IntegrityError), transaction.atomic():
        prepared.execute("INSERT INTO public.audit_entry (id) VALUES (%s)", (uuid4(),))


@pytest.mark.usefixtures("db")
def test_a_broken_transaction_takes_no_further_query():
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            prepared.fetch("SELECT 1", ())


@pytest.mark.usefixtures("db")
def test_they_are_counted_where_queries_are_counted():
    with CaptureQueriesContext(connection) as seen:
        prepared.fetch("SELECT %s::int", (7,))
    assert [query["sql"] for query in seen.captured_queries] == ["SELECT $1::int"]


@pytest.mark.usefixtures("db")
def test_they_meet_the_wrappers_of_the_connection():
    met = []

    def wrapper(execute, sql, params, many, context):
        met.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        assert prepared.fetch("SELECT 1", ()) == [(1,)]
    assert met == ["SELECT 1"]


def test_a_column_that_django_would_translate_is_refused():
    with pytest.raises(TypeError, match="horizon"):
        prepared.models_of(Checkpoint, "true", ())
