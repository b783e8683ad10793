"""``python -m benchmarks.appending [SECONDS]``: how many entries 4 and 16 writers append.

Beside the plain insert of the same row into a table with the same columns and indexes (no partitions, triggers or order
of transactions), and into one with its primary key alone.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from uuid import UUID, uuid4

import psycopg

from benchmarks.house import open_house
from benchmarks.measuring import OURS, PART, PEER, tell_limit, tell_rounds

_PLAIN = """
CREATE TABLE public.plain (id uuid NOT NULL, at timestamptz NOT NULL, event text NOT NULL, actor uuid NOT NULL,
    role text NOT NULL, profession text NOT NULL, organisation uuid, dossier uuid, category text NOT NULL,
    ground text NOT NULL, outcome text NOT NULL, body bytea NOT NULL, PRIMARY KEY (at, id));
CREATE TABLE public.indexed (LIKE public.audit_entry INCLUDING DEFAULTS INCLUDING INDEXES);
GRANT INSERT ON public.plain, public.indexed TO carnet_app;
"""
_ROUNDS = 5
_TABLES = {
    "indexed": "plain insert, same indexes",
    "log": "audit.log.append",
    "plain": "plain insert, primary key alone",
}


def main(seconds: float) -> None:
    """Open a house, write, print."""
    with open_house() as house:
        with psycopg.connect(house.superuser_url, autocommit=True) as superuser:
            superuser.execute(_PLAIN)
        for writers in (4, 16):
            rates: dict[str, list[float]] = {table: [] for table in _TABLES}
            for _ in range(_ROUNDS):
                for table, each in rates.items():
                    each.append(_rate(writers, seconds, table))
            tell_limit("G7", f"{writers} writers: {_TABLES['indexed']}", rates["indexed"], "rows/s")
            tell_rounds("G7", f"{writers} writers: {_TABLES['log']}", OURS, rates["log"], rates["indexed"], "entries/s",
                        at_least=0.8)  # fmt: skip
            tell_rounds("G7", f"{writers} writers: {_TABLES['plain']}", PEER, rates["plain"], rates["indexed"],
                        "rows/s")  # fmt: skip
            tell_rounds("G7", f"{writers} writers: {_TABLES['log']}, beside that one", PART, rates["log"],
                        rates["plain"], "entries/s")  # fmt: skip


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


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
