"""Many entries at once, as a year of acts would have left them: several people, places, drawers and outcomes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from audit.entry import Entry
from portal.demo.scale.tables import copy_entries

_CATEGORIES = ("laboratory", "imaging", "prescription", "medical_summary", "prevention")
_PROFESSIONS = ("physician", "nurse", "pharmacist")


def fill(url: str, count: int, *, days: int = 2, seed: int = 1, tidy: bool = True) -> None:
    """Insert ``count`` entries of the last ``days`` days, in the order of time; ``tidy`` lets the server count them."""
    with psycopg.connect(url) as connection:
        copy_entries(connection, entries(count, days=days, seed=seed))
    if not tidy:
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE, FREEZE) audit_entry")


def entries(count: int, *, days: int, seed: int) -> Iterator[Entry]:
    """The entries themselves: the same for the same seed, but for the day they end on."""
    chance = random.Random(seed)  # noqa: S311 - demo data
    people = [(UUID(int=chance.getrandbits(128)), UUID(int=chance.getrandbits(128))) for _ in range(200)]
    dossiers = [UUID(int=chance.getrandbits(128)) for _ in range(2000)]
    end = datetime.now(UTC) - timedelta(seconds=30)
    step = timedelta(days=days) / count
    for number in range(count):
        actor, organisation = chance.choice(people)
        refused = chance.random() < 0.05
        yield Entry(
            id=UUID(int=chance.getrandbits(128)),
            at=end - step * (count - number),
            event="record.read",
            actor=actor,
            role="professional",
            profession=chance.choice(_PROFESSIONS),
            organisation=organisation,
            strength="otp",
            dossier=chance.choice(dossiers),
            category=chance.choice(_CATEGORIES),
            object_id=UUID(int=chance.getrandbits(128)),
            purpose="care",
            ground="never" if refused else "default",
            matrix="2025-11",
            outcome="refused" if refused else "allowed",
            request=UUID(int=chance.getrandbits(128)),
            session=f"{chance.getrandbits(128):032x}",
        )
