"""Queries whose plan PostgreSQL keeps for the connection, with as little between them and the driver as is safe.

Django's own cursor writes the parameters into the text, so that every text is another one to the server, which plans
it anew. psycopg's sends them apart: after two times (``portal.env.PREPARE_AT``) the connection keeps the plan. For the
few queries of every page the layers around a cursor cost as much as the answer: they are taken only where somebody
listens, that is where queries are counted or wrapped. Errors are Django's either way, and a transaction that failed
takes no further query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from psycopg import Cursor

_Model = TypeVar("_Model", bound=Model)
Parameters = Sequence[object] | Mapping[str, object]


def fetch(
    query: str, parameters: Parameters, *, using: str = DEFAULT_DB_ALIAS, binary: bool = False
) -> list[tuple[Any, ...]]:
    """All rows of one query; ``binary`` where thousands of them hold bytes, which would else travel in hexadecimal.

    Raises:
        django.db.DatabaseError: the database refused it.
    """
    rows: list[tuple[Any, ...]] = _executed(query, parameters, using, binary=binary).fetchall()
    return rows


def execute(query: str, parameters: Parameters, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """One statement that returns nothing.

    Raises:
        django.db.DatabaseError: the database refused it.
    """
    _executed(query, parameters, using)


def models_of(
    model: type[_Model], where: str, parameters: Parameters, *, together: str = "", using: str = DEFAULT_DB_ALIAS
) -> list[_Model]:
    """The rows of one table as its models, as a query set would give them.

    For what every page looks up: a query set takes longer to compose its query than the server to answer it.

    Args:
        where: SQL after ``WHERE``; the table is called ``found``.
        together: the name of a foreign key, not null, whose row comes along (as ``select_related``).

    Raises:
        django.db.DatabaseError: the database refused it.
    """
    query, names, other, others = _selection(model, together)
    made, count = [], len(names)
    for row in fetch(query + where, parameters, using=using):
        one = model.from_db(using, names, row[:count])
        if other is not None:
            setattr(one, together, other.from_db(using, others, row[count:]))
        made.append(one)
    return made


@cache
def _selection(model: type[Model], together: str) -> tuple[str, list[str], type[Model] | None, list[str]]:
    columns, names = _columns(model, "found")
    source = f'public."{model._meta.db_table}" AS found'
    if not together:
        return f"SELECT {columns} FROM {source} WHERE ", names, None, []  # noqa: S608 - names of our own models  # nosec B608
    key: Any = model._meta.get_field(together)
    other: type[Model] = key.related_model
    theirs, others = _columns(other, "other")
    source += (
        f' JOIN public."{other._meta.db_table}" AS other ON other."{key.target_field.column}" = found."{key.column}"'
    )
    return f"SELECT {columns}, {theirs} FROM {source} WHERE ", names, other, others  # noqa: S608 - the same  # nosec B608


def _columns(model: type[Model], alias: str) -> tuple[str, list[str]]:
    fields = model._meta.concrete_fields
    for field in fields:
        if hasattr(field, "from_db_value"):
            raise TypeError(f"{field}: expected a column that the driver reads as it is")
    return ", ".join(f'{alias}."{field.column}"' for field in fields), [field.attname for field in fields]


class _Told(Cursor[Any]):
    """psycopg's own cursor, which tells Django what it sent where queries are counted."""

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)
        return self._query


def _executed(query: str, parameters: Parameters, using: str, *, binary: bool = False) -> Cursor[Any]:
    connection = connections[using]
    connection.ensure_connection()
    if connection.queries_logged or connection.execute_wrappers:
        told = _Told(connection.connection)
        connection._prepare_cursor(told).execute(query, parameters)  # type: ignore[attr-defined]
        return told
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return Cursor(connection.connection).execute(query, parameters, binary=binary)
