"""How fast a decision is: 10,000 patients, 200,000 choices, a batch of 19 categories as a page asks for it.

    .venv/bin/python -m benchmarks.deciding

Facts come from PostgreSQL as in the house (one query), the decision itself is pure. Where another engine can be
imported (``requirements/peers.txt``: django-guardian, ``rules``, ``casbin``, ``cedarpy``), it answers the same question
in the same world in the same run: is this category open to this professional, given care and choices in force.

    .venv/bin/pip install --require-hashes --only-binary :all: --target build/peers -r requirements/peers.txt
    PYTHONPATH=build/peers .venv/bin/python -m benchmarks.deciding
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.types.range import TimestamptzRange

from audit.actor import Actor, Role
from benchmarks import rivals
from benchmarks.house import open_house
from benchmarks.measuring import measure
from consent.categories import Category
from consent.decisions import Right, decide
from consent.dossiers import DossierRef

PATIENTS, CHOICES, PROFESSIONALS, CARERS = 10_000, 200_000, 500, 5
_PROFESSIONS = ("doctor", "nurse", "pharmacist", "midwife")


def fill(url: str, chance: random.Random) -> list[tuple[UUID, UUID]]:
    """The world; pairs of a dossier and a professional who takes care of it."""
    people = [(_id(chance), chance.choice(_PROFESSIONS)) for _ in range(PROFESSIONALS)]
    dossiers = [_id(chance) for _ in range(PATIENTS)]
    always = TimestamptzRange(datetime.now(UTC) - timedelta(days=30), None)
    cared = [(dossier, person) for dossier in dossiers for person, _ in chance.sample(people, CARERS)]
    shared = [category for category in Category if category is not Category.PERSONAL_NOTES]
    with psycopg.connect(url, autocommit=True) as owner:
        _copy(
            owner,
            "professional (id, family, given, title, profession)",
            ["uuid", "text", "text", "text", "text"],
            [(person, f"P{number}", "X", "", trade) for number, (person, trade) in enumerate(people)],
        )
        _copy(
            owner,
            "carerelationship (id, dossier, professional_id, during)",
            ["uuid", "uuid", "uuid", "tstzrange"],
            [(_id(chance), dossier, person, always) for dossier, person in cared],
        )
        each = CHOICES // len(cared)
        _copy(
            owner,
            'choice (id, dossier, professional_id, profession, newcomers, category, "right", allowed, during)',
            ["uuid", "uuid", "uuid", "text", "bool", "text", "text", "bool", "tstzrange"],
            [
                (_id(chance), dossier, person, "", False, category.value, "read", chance.random() < 0.5, always)
                for dossier, person in cared
                for category in chance.sample(shared, each)
            ],
        )
        owner.execute("VACUUM (ANALYZE)")
    return cared  # fmt: skip


def _copy(owner: psycopg.Connection, table: str, types: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    with owner.cursor() as cursor, cursor.copy(f"COPY consent_{table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))


def main() -> None:
    """Fill the world, then measure."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--times", type=int, default=2_000, help="how often each act is done")
    times = arguments.parse_args().times
    chance = random.Random(1)  # noqa: S311 - a world, not a secret
    with open_house() as house:
        # Models can be imported once the house is open, not before.
        from consent.facts import load_facts

        cared = fill(house.superuser_url, chance)
        asked = [chance.choice(cared) for _ in range(times)]
        print(f"{PATIENTS} patients, {CHOICES} choices, {len(cared)} care relationships; each act {times} times\n")

        def facts_of(number: int) -> object:
            dossier, person = asked[number]
            actor = Actor(id=person, role=Role.PROFESSIONAL, professional=person)
            return load_facts(actor, DossierRef(dossier, dossier, None))

        for number in range(50):
            facts_of(number)
        known = [load_facts(Actor(id=p, role=Role.PROFESSIONAL, professional=p), DossierRef(d, d, None))
                 for d, p in asked]  # fmt: skip
        measure("facts from the database (1 query, every category)", facts_of, times)
        measure("one decision", lambda n: decide(known[n], category=Category.LABORATORY, right=Right.READ), times)
        measure("a batch of 19 decisions", lambda n: [
            decide(known[n], category=category, right=Right.READ) for category in Category], times)  # fmt: skip
        measure("a page: facts and 19 decisions", lambda n: [
            decide(facts, category=category, right=Right.READ)
            for facts in (facts_of(n),) for category in Category], times)  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM consent_choice")
            print(f"\nchoices in the table: {cursor.fetchone()[0]}\n")
        rivals.compare(known)
        rivals.compare_with_guardian(house, asked, known)


if __name__ == "__main__":
    main()
