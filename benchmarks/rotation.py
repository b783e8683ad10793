"""Records sealed again per second by a rotation, against one hand-written loop with the same format and batches.

`python -m benchmarks.rotation [RECORDS]`: the loop locks, opens, seals and updates batches of 1,000 with
`UPDATE … FROM unnest`, and nothing else: no share lock, no entry in the log, no table but one, no place of its own for
whatever does not open.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from benchmarks.house import open_house
from benchmarks.measuring import OURS, tell_limit, tell_rounds

_BATCH = 1000
_SELECT = (
    "SELECT id, revision, category, header, body FROM records_record"
    " WHERE dossier_id = %b AND key_version < %b AND id > %b ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED"
)
_UPDATE = (
    "UPDATE records_record AS kept SET key_version = %b, header = again.header, body = again.body"
    " FROM unnest(%b::uuid[], %b::bigint[], %b::bytea[], %b::bytea[]) AS again (id, revision, header, body)"
    " WHERE kept.id = again.id AND kept.revision = again.revision AND kept.key_version < %b"
)


def _measure(count: int) -> None:
    from django.db import connections, transaction
    from psycopg import Cursor

    from audit.actor import Actor
    from consent.declaring import declare, declared
    from records.identity import Identity, create_dossier
    from records.models import Dossier, PatientKey, Record
    from records.patient_keys import WritingKeys
    from records.rotation import begin
    from records.turning import carry_through
    from records.unlocking import unlock
    from records.vault.cipher import Subkeys, open_
    from records.vault.envelope import Place
    from records.vault.padding import pad_json

    house = Actor.system("rotation")
    connection = connections["default"]

    def fill() -> UUID:
        someone = Identity(family="Bench", given="Mark", birth_date=date(1980, 1, 1))
        dossier = create_dossier(actor=Actor.system("seed"), identity=someone).id
        header = json.dumps({"v": 1, "title": "x" * 200}).encode()
        body = json.dumps({"resourceType": "Observation", "note": "x" * 900}).encode()
        for start in range(0, count, _BATCH):
            with transaction.atomic():
                keys, rows = WritingKeys(dossier), []
                for _ in range(min(_BATCH, count - start)):
                    number = uuid4()
                    sealed = {
                        column: keys.seal(kind, number, 1, plain, category="laboratory")
                        for kind, column, plain in (("header", "header", header), ("record", "body", body))
                    }
                    rows.append(
                        Record(id=number, dossier_id=dossier, category="laboratory", key_version=keys.version, **sealed)
                    )
                Record.objects.bulk_create(rows)
        return dossier

    def by_hand(dossier: UUID) -> None:
        with declared(dossier):
            keys = {row.version: unlock(dossier, row) for row in PatientKey.objects.filter(dossier_id=dossier)}
            version = Dossier.objects.get(id=dossier).active_key_version
        kept: dict[tuple[str, int], Subkeys] = {}

        def subkeys(kind: str, number: int) -> Subkeys:
            if (kind, number) not in kept:
                kept[kind, number] = Subkeys.derive(keys[number], number, kind, "laboratory")
            return kept[kind, number]

        last = UUID(int=0)
        while True:
            with transaction.atomic(), Cursor(connection.connection) as cursor:
                declare(dossier)
                rows = cursor.execute(_SELECT, [dossier, version, last], binary=True).fetchall()
                if not rows:
                    return
                columns: list[list[Any]] = [[], [], [], []]
                for number, revision, category, *blobs in rows:
                    columns[0].append(number)
                    columns[1].append(revision)
                    for kind, blob, column in zip(("header", "record"), blobs, columns[2:], strict=True):
                        place = Place(kind, dossier, category, number, revision)
                        plain = open_(lambda old, kind=kind: subkeys(kind, old), place, blob)
                        column.append(subkeys(kind, version).seal(place, pad_json(plain)))
                cursor.execute(_UPDATE, [version, *columns, version])
                last = rows[-1][0]

    def shared(dossier: UUID) -> None:
        connections.close_all()
        workers = [multiprocessing.get_context("fork").Process(target=one, args=(dossier,)) for _ in range(2)]
        for process in workers:
            process.start()
        for process in workers:
            process.join()
        carry_through(dossier)

    def one(dossier: UUID) -> None:
        connections.close_all()
        carry_through(dossier)
        os._exit(0)

    def timed(work: Callable[[UUID], object]) -> float:
        begin(actor=house, dossier_id=dossier)
        started = time.perf_counter()
        work(dossier)
        seconds = time.perf_counter() - started
        with declared(dossier):
            version = Dossier.objects.get(id=dossier).active_key_version
            done = Record.objects.filter(dossier_id=dossier, key_version=version).count()
        if done != count:
            raise RuntimeError(f"{count - done} rows were left under a former key")
        return count / seconds

    dossier = fill()
    timed(by_hand)  # Warm: the table and the caches have been gone through once.
    rates: dict[str, list[float]] = {"by hand": [], "rotation": [], "rotation, two workers": []}
    order = [("by hand", by_hand), ("rotation", carry_through), ("rotation, two workers", shared)]
    for _ in range(3):
        for name, work in order:
            rates[name].append(timed(work))
        # Each leaves dead rows to the next: in turn, so that none always comes after the same one.
        order = [*order[1:], order[0]]
    hand = rates.pop("by hand")
    tell_limit("G13", f"one loop by hand, {count} records of 1.6 kB, batches of {_BATCH}", hand, "records/s")
    for name, each in rates.items():
        tell_rounds("G13", name, OURS, each, hand, "records/s", at_least=0.7 if "two" in name else None)


def main() -> None:
    """Measure in a house of its own."""
    with open_house():
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)


if __name__ == "__main__":
    main()
