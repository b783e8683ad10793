"""Acts to remember, as the rooms above would."""

from uuid import UUID, uuid4

import psycopg
from django.db import connections, transaction

from audit import log
from audit.actor import Actor, Role, Strength
from audit.events import Event, Outcome
from audit.sequencing import sequence_once

DOCTOR = Actor(
    id=UUID("0e1f4f3e-58c1-4b39-9c5e-3a4f2f8a1d01"),
    role=Role.PROFESSIONAL,
    strength=Strength.OTP,
    profession="physician",
    professional=UUID("0e1f4f3e-58c1-4b39-9c5e-3a4f2f8a1d02"),
    organisation=UUID("0e1f4f3e-58c1-4b39-9c5e-3a4f2f8a1d03"),
    session="5f1c9e0a7b3d2c4e5f1c9e0a7b3d2c4e",
)
DOSSIER = UUID("7d0b3f7e-1c2d-4e3f-8a9b-0c1d2e3f4a5b")


def remember(count: int = 1, **changes: object) -> list[UUID]:
    """Append ``count`` entries in one committed transaction."""
    values: dict = {"actor": DOCTOR, "dossier": DOSSIER, "category": "laboratory", "ground": "default"} | changes
    event = values.pop("event", Event.RECORD_READ)
    with transaction.atomic():
        return [
            log.append(event, object_id=uuid4(), **({"outcome": Outcome.ALLOWED, "purpose": "care"} | values))
            for _ in range(count)
        ]


def number_all(limit: int = 4096) -> int:
    """Run the sequencer until it finds nothing; return how many it numbered."""
    total = 0
    while found := sequence_once(limit):
        total += found
    return total


def rows(query: str, *parameters: object) -> list[tuple]:
    """What the application role reads."""
    with connections["default"].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def change(superuser: psycopg.Connection, table: str, statement: str, *parameters: object) -> None:
    """Change a table as an attacker with the server would: guards off, change, guards on again."""
    superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor = superuser.execute(statement, parameters)
    assert cursor.rowcount != 0, "the attack changed nothing"
    for name in ("audit_grows", "audit_grows_row"):
        superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
