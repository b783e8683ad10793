"""The wall under test: code of ours meets it as in production, what a test itself reads or seeds does not.

A statement of a test (no code of ours between it and the test) is let through by a policy that only the test databases
have. Where code of ours meets a walled table without having declared any dossier, the test fails and says so: in
production that finds no rows, which is safe and hard to understand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import pq, sql

from consent.declaring import is_declared

_ROOT = Path(__file__).resolve().parent.parent
_TESTS = (str(_ROOT / "tests"), str(_ROOT / "benchmarks"))
_OURS = tuple(str(_ROOT / room) for room in ("audit", "consent", "records", "portal"))
_WALLED = """
SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relrowsecurity ORDER BY c.relname
"""


def open_gate(superuser: psycopg.Connection) -> None:
    """Let the tests themselves through, in the template database, and guard its walled tables from now on."""
    walled = frozenset(row[0] for row in superuser.execute(_WALLED))
    of_a_test = sql.SQL("((SELECT current_setting('carnet.tests', true) = 'on'))")
    for table in walled:
        superuser.execute(
            sql.SQL("CREATE POLICY tests ON {} TO carnet_app USING {} WITH CHECK {}").format(
                sql.Identifier(table), of_a_test, of_a_test
            )
        )
    GATE.stand_before(walled)


class Gate:
    """Stands before every statement of the alias ``default``."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._names: re.Pattern[str] | None = None

    def stand_before(self, walled: frozenset[str]) -> None:
        """Guard these tables from now on."""
        self._names = re.compile(rf"\b(?:{'|'.join(sorted(walled))})\b")

    def __call__(self, execute: Callable[..., Any], said: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Run one statement: as the test, or as our code."""
        text = said if isinstance(said, str) else said.as_string(None)
        if self._names is None or (named := self._names.search(text)) is None:
            return execute(said, params, many, context)
        database: BaseDatabaseWrapper = context["connection"]
        if _is_of_a_test():
            with _through(database):
                return execute(said, params, many, context)
        if not is_declared():
            self.found.append(f"{named[0]}: read or written by {_who()} in a transaction that declared no dossier")
            raise AssertionError(self.found[-1] + "; see consent/declaring.py")
        return execute(said, params, many, context)

    def stand(self, *, connection: BaseDatabaseWrapper, **_told: object) -> None:
        """Receiver of ``connection_created``: every thread has connections of its own."""
        if connection.alias == "default" and self not in connection.execute_wrappers:
            connection.execute_wrappers.append(self)


GATE = Gate()
connection_created.connect(GATE.stand, weak=False)


@contextmanager
def _through(database: BaseDatabaseWrapper) -> Iterator[None]:
    raw = database.connection
    if raw.info.transaction_status == pq.TransactionStatus.INERROR:
        yield
        return
    _say(raw, "on")
    try:
        yield
    finally:
        if raw.info.transaction_status != pq.TransactionStatus.INERROR and not raw.closed:
            _say(raw, "")


def _say(raw: psycopg.Connection, value: str) -> None:
    with psycopg.ClientCursor(raw) as cursor:
        cursor.execute("SELECT set_config('carnet.tests', %s, false)", [value])


def _is_of_a_test() -> bool:
    """Whether the nearest code of this repository is a test."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_TESTS) and not name.endswith("tests/wall.py"):
            return True
        if name.startswith(_OURS):
            return False
        frame = frame.f_back
    return True


def _who() -> str:
    frame = sys._getframe(2)
    while not frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).relative_to(_ROOT)}:{frame.f_lineno}"
