"""Queries whose plan PostgreSQL keeps for the connection, with as little between them and the driver as is safe.

Django's own cursor writes the parameters into the text, so that every text is another one to the server, which plans
it anew. psycopg's sends them apart: after two times (``portal.env.PREPARE_AT``) the connection keeps the plan. For the
few queries of every page the layers around a cursor cost as much as the answer: they are taken only where somebody
listens, that is where queries are counted or wrapped. Errors are Django's either way, and a transaction that failed
takes no further query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Cursor

Parameters = Sequence[object] | Mapping[str, object]


def fetch(query: str, parameters: Parameters, *, using: str = DEFAULT_DB_ALIAS) -> list[tuple[Any, ...]]:
    """All rows of one query.

    Raises:
        django.db.DatabaseError: the database refused it.
    """
    rows: list[tuple[Any, ...]] = _executed(query, parameters, using).fetchall()
    return rows


def execute(query: str, parameters: Parameters, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """One statement that returns nothing.

    Raises:
        django.db.DatabaseError: the database refused it.
    """
    _executed(query, parameters, using)


class _Told(Cursor[Any]):
    """psycopg's own cursor, which tells Django what it sent where queries are counted."""

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)
        return self._query


def _executed(query: str, parameters: Parameters, using: str) -> Cursor[Any]:
    connection = connections[using]
    connection.ensure_connection()
    if connection.queries_logged or connection.execute_wrappers:
        told = _Told(connection.connection)
        connection._prepare_cursor(told).execute(query, parameters)  # type: ignore[attr-defined]
        return told
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return Cursor(connection.connection).execute(query, parameters)
