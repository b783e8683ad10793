"""``python -m benchmarks.appending [SECONDS]``: what it costs to remember.

How many entries 4 and 16 writers append, beside the plain insert of the same row into a table with the same columns and
indexes (no partitions, triggers or order of transactions), and into one with its primary key alone; and an act with its
entry beside the bare act, and beside the same act under libraries that keep a history (``requirements/peers.txt``;
install as ``benchmarks/deciding.py`` says and give ``PYTHONPATH=build/peers``).
"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.historians import APPS
from benchmarks.house import open_house

_PLAIN = """
CREATE TABLE public.plain (id uuid NOT NULL, at timestamptz NOT NULL, event text NOT NULL, actor uuid NOT NULL,
    role text NOT NULL, profession text NOT NULL, organisation uuid, dossier uuid, category text NOT NULL,
    ground text NOT NULL, outcome text NOT NULL, body bytea NOT NULL, PRIMARY KEY (at, id));
CREATE TABLE public.indexed (LIKE public.audit_entry INCLUDING DEFAULTS INCLUDING INDEXES);
GRANT INSERT ON public.plain, public.indexed TO carnet_app;
"""
_ROUNDS = 3


def main(seconds: float) -> None:
    """Open a house, write, print."""
    with open_house() as house:
        with psycopg.connect(house.superuser_url, autocommit=True) as superuser:
            superuser.execute(_PLAIN)
        for writers in (4, 16):
            rates = dict.fromkeys(("indexed", "plain", "log"), 0.0)
            for _ in range(_ROUNDS):
                for table in rates:
                    rates[table] = max(rates[table], _rate(writers, seconds, table))
            for table in ("indexed", "plain"):
                both = f"{rates['log']:,.0f} entries/s, {table} {rates[table]:,.0f} rows/s"
                print(f"{writers:>2} writers: {both}: {rates['log'] / rates[table]:.2f}", flush=True)
        _acts(house.superuser_url)


def _rate(writers: int, seconds: float, table: str) -> float:
    """Rows per second that so many processes commit, one a transaction."""
    from django.db import connections

    connections.close_all()
    forked = multiprocessing.get_context("fork")
    counts = forked.Queue()
    running = [forked.Process(target=_write, args=(counts, seconds, table)) for _ in range(writers)]
    for process in running:
        process.start()
    total = sum(counts.get() for _ in running)
    for process in running:
        process.join()
    return total / seconds


def _write(counts: multiprocessing.Queue[int], seconds: float, table: str) -> None:
    from django.db import connection, transaction

    from audit import log
    from audit.actor import Actor, Role
    from audit.entry import decode
    from audit.events import Event, Outcome
    from audit.models import Entry

    actor = Actor(id=uuid4(), role=Role.PATIENT)

    def remember() -> UUID:
        with transaction.atomic():
            return log.append(Event.RECORD_READ, actor=actor, dossier=actor.id, category="laboratory",
                              ground="own_dossier", outcome=Outcome.ALLOWED, object_id=actor.id)  # fmt: skip

    row = Entry.objects.get(id=remember())
    values = [*log.columns(decode(bytes(row.body)))[1:], bytes(row.body)]
    query = f"INSERT INTO public.{table} VALUES (%s{', %s' * len(values)})"  # noqa: S608
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        if table != "log":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(query, [uuid4(), *values])
        else:
            remember()
        count += 1
    counts.put(count)


def _acts(url: str) -> None:
    """A row changed: alone, and with an entry or under each library, in turns within one process each."""
    for name in APPS:
        database = "carnet" if name == "carnet" else f"peer_{name}"
        if name != "carnet":
            with psycopg.connect(url, autocommit=True) as superuser:
                superuser.execute(f"CREATE DATABASE {database}")
        command = [sys.executable, "-m", "benchmarks.historians", make_conninfo(url, dbname=database), name, "300"]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")[-2]  # noqa: S603
        if said == "-":
            print(f"{name:<16} not installed: left out")
            continue
        bare, remembered = map(float, said.split())
        print(f"{name:<16} {remembered:7.0f} µs, bare {bare:7.0f} µs: {remembered / bare:.2f}", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
