"""Patient keys wrapped again per second under a new master key, against one hand-written loop of the same batches.

`python -m benchmarks.rewrapping [KEYS]`: the loop locks, unwraps, wraps and updates batches of 1,000 with
`UPDATE … FROM unnest`; it does not unwrap its result again to compare it, writes no entry, and knows no key of the
house.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.house import open_house
from benchmarks.measuring import OURS, tell_limit, tell_rounds

_BATCH = 1000
_SELECT = (
    "SELECT id, dossier_id, version, kek_id, wrapped FROM records_patientkey WHERE kek_id <> %b AND wrapped IS NOT NULL"
    " ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED"
)
_UPDATE = (
    "UPDATE records_patientkey AS kept SET kek_id = %b, wrapped = again.wrapped"
    " FROM unnest(%b::uuid[], %b::bytea[]) AS again (id, wrapped) WHERE kept.id = again.id"
)
_FILL = """
INSERT INTO records_dossier (id, pseudonym, active_key_version, sealed_identity, identity_revision, sealed_contact,
    contact_revision, created_on)
SELECT unnest(%b::uuid[]), gen_random_uuid(), 1, decode(repeat('00', 90), 'hex'), 1, '', 0, current_date
"""


def _measure(count: int, url: str) -> None:
    from django.conf import settings
    from django.db import connections, transaction
    from psycopg import Cursor

    from audit.actor import Actor
    from consent.declaring import declare
    from records.models import PatientKey
    from records.rewrapping import rewrap_batch
    from records.unlocking import keyring, make_key
    from records.vault.keyring import WrapContext, Wrapped

    connection = connections["default"]
    connection.ensure_connection()
    house = Actor.system("rotation")
    # The loop by hand meets no wall between dossiers.
    plain = psycopg.connect(url)

    def fill() -> None:
        for start in range(0, count, _BATCH):
            owners = [uuid4() for _ in range(min(_BATCH, count - start))]
            rows = []
            for owner in owners:
                new = make_key(owner, 1)
                rows.append(
                    PatientKey(
                        dossier_id=owner, version=1, kek_id=new.kek_id, wrapped=new.wrapped, check_value=new.check_value
                    )
                )
            with transaction.atomic(), Cursor(connection.connection) as cursor:
                declare(*owners)
                cursor.execute(_FILL, [owners])
                PatientKey.objects.bulk_create(rows)

    def new_master_key() -> None:
        path = Path(settings.KEYRING_FILE)
        ring = json.loads(path.read_text())
        ring["current"] = f"local:bench-{len(ring['keys'])}"
        ring["keys"][ring["current"]] = base64.b64encode(secrets.token_bytes(32)).decode()
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(ring))
        os.chmod(fresh, 0o400)
        fresh.replace(path)

    def by_hand() -> None:
        ring = keyring()
        while True:
            with plain.transaction(), plain.cursor() as cursor:
                rows = cursor.execute(_SELECT, [ring.current_kek_id()], binary=True).fetchall()
                if not rows:
                    return
                again = []
                for _, owner, version, kek, wrapped in rows:
                    context = WrapContext(owner, version)
                    again.append(ring.wrap(ring.unwrap(Wrapped(kek, wrapped), context), context).blob)
                cursor.execute(_UPDATE, [ring.current_kek_id(), [row[0] for row in rows], again])

    def by_house() -> None:
        while rewrap_batch(actor=house):
            pass

    def timed(work: Callable[[], None]) -> float:
        new_master_key()
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
        query = "SELECT count(*) FROM records_patientkey WHERE kek_id = %b"
        done = plain.execute(query, [keyring().current_kek_id()]).fetchone()
        plain.commit()
        if done != (count,):
            raise RuntimeError(f"{done} of {count} keys are under the new master key")
        return count / seconds

    fill()
    timed(by_hand)
    rates: dict[str, list[float]] = {"by hand": [], "rewrap": []}
    order = [("by hand", by_hand), ("rewrap", by_house)]
    for _ in range(5):
        for name, work in order:
            rates[name].append(timed(work))
        order.reverse()
    hand = rates["by hand"]
    tell_limit("G14", f"one loop by hand, {count} keys, batches of {_BATCH}, local keyring", hand, "keys/s")
    tell_rounds("G14", "rewrap", OURS, rates["rewrap"], hand, "keys/s", at_least=0.5)


def main() -> None:
    """Measure in a house of its own."""
    with open_house() as house:
        _measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, house.superuser_url)


if __name__ == "__main__":
    main()
