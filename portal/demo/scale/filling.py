"""The seeding itself: the town, then the patients in portions by several processes, then the numbers of the log."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import django
from django.db import connections, transaction
from django.utils import timezone
from psycopg import Connection, sql

from audit.models import Entry
from audit.sequencing import sequence_once
from consent.declaring import over_every_dossier
from consent.models import MatrixVersion
from portal.accounts.models import Account
from portal.demo.scale import tables
from portal.demo.scale.lives import DAYS, Life, Rows, World
from portal.demo.scale.sizes import Size
from portal.demo.scale.town import make_keyholders, make_town
from portal.roles import BULK
from records.house import digester
from records.models import Dossier

OWNER = "owner"
# Patients of one transaction: some ten thousand lines of the log.
PORTION = 20
# Lines that one checkpoint covers: as many as a sequencer meets that comes back after a while.
_BATCH = 50_000


class Inhabited(Exception):
    """Somebody lives in this database."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is: so many of so many of ``what``."""

    what: str
    done: int
    of: int


def fill(size: Size, *, processes: int | None = None, number: bool = True) -> Iterator[Step]:
    """Fill the database; a step each time something is committed.

    ``number`` gives the lines their numbers, as the sequencer's role; without it they wait for the sequencer.

    Raises:
        Inhabited: there are people or lines of the log already.
    """
    with transaction.atomic(), over_every_dossier():
        inhabited = Account.objects.exists() or Dossier.objects.exists() or Entry.objects.exists()
    if inhabited:
        raise Inhabited("seed_scale fills an empty database only: somebody lives in this one.")
    end = timezone.now() - timedelta(minutes=1)
    _make_months(end)
    world = _found(size, end)
    yield from _populate(world, processes or os.cpu_count() or 1)
    if number:
        yield from _number(Entry.objects.count())
    _tidy()


def _found(size: Size, end: datetime) -> World:
    keyholders = make_keyholders()
    with transaction.atomic(using=OWNER):
        carers = make_town(_driver(), size, keyholders["professional"], since=end - timedelta(days=2 * DAYS))
    matrix = MatrixVersion.objects.live(end).get().name
    return World(size, carers, keyholders["patient"], matrix, end)


def _populate(world: World, processes: int) -> Iterator[Step]:
    total = world.size.patients
    portions = [(first, min(first + PORTION, total)) for first in range(0, total, PORTION)]
    if processes == 1 or len(portions) == 1:
        for first, last in portions:
            _write(world, first, last)
            yield Step("patients", last, total)
        return
    done = 0
    # Another process each, begun anew: an open connection must not be shared by a fork.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), django.setup) as pool:
        for written in as_completed([pool.submit(_write, world, *portion) for portion in portions]):
            done += written.result()
            yield Step("patients", done, total)


def _write(world: World, first: int, last: int) -> int:
    rows, likeness = Rows(), digester("likeness")
    for number in range(first, last):
        Life(world, number, rows, likeness).write()
    rows.entries.sort(key=lambda entry: entry.at)
    with transaction.atomic(using=OWNER):
        connection = _driver()
        # The wall between dossiers refuses COPY to everybody else.
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(BULK)))
        for table in _IN_ORDER:
            tables.copy_rows(connection, table, rows.rows.get(table.name, ()))
        tables.copy_entries(connection, rows.entries)
    return last - first


# What is pointed at comes first.
_IN_ORDER = (
    *(tables.ACCOUNTS, tables.DOSSIERS, tables.KEYS, tables.LIKENESSES),
    *(tables.RELATIONSHIPS, tables.CHOICES, tables.RECORDS),
)


def _number(total: int) -> Iterator[Step]:
    done = 0
    while numbered := sequence_once(_BATCH):
        done += numbered
        yield Step("lines numbered", done, total)


def _make_months(end: datetime) -> None:
    """The partitions of the months that are told of: the sequencer makes those to come only."""
    month = (end - timedelta(days=DAYS)).astimezone(UTC).date().replace(day=1)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        while month <= end.date():
            cursor.execute("SELECT public.audit_make_partition(%s)", [month])
            month = (month + timedelta(days=32)).replace(day=1)


def _tidy() -> None:
    """What the server does by itself some minutes later: count the rows, and mark what all may see."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _driver() -> Connection[Any]:
    connections[OWNER].ensure_connection()
    connection: Connection[Any] = connections[OWNER].connection
    return connection
