"""How fast a decision is: 10,000 patients, 200,000 choices, one category and all 19 as a page asks for them.

    .venv/bin/python -m benchmarks.deciding

Facts come from PostgreSQL as in the house (one query), the decision itself is pure. The limit of a cold decision is one
prepared look-up by primary key over an open connection; of a second one, a look-up in a set. Where another engine is
installed (``requirements/peers.txt``: django-guardian, ``rules``, ``casbin``, ``cedarpy``), it answers the same
question in the same world in the same run: is this category open to this professional, given care and choices in force.
Of those that bring no store, the same one look-up is counted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.transaction import Atomic
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from audit.actor import Actor, Role
from benchmarks import rivals
from benchmarks.house import open_house
from benchmarks.measuring import OURS, PART, Case, alternate, pin
from benchmarks.rivals import LAB
from consent.categories import Category
from consent.decisions import Facts, Right, decide
from consent.dossiers import DossierRef

PATIENTS, CHOICES, PROFESSIONALS, CARERS = 10_000, 200_000, 500, 5
_ASKED = 1_000
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
    chance = random.Random(1)  # noqa: S311 - a world, not a secret
    with open_house() as house:
        # Models can be imported once the house is open, not before.
        from consent.declaring import declare
        from consent.facts import load_facts

        cared = fill(house.superuser_url, chance)
        asked = [chance.choice(cared) for _ in range(_ASKED)]

        def facts_of(number: int) -> Facts:
            dossier, person = asked[number % _ASKED]
            actor = Actor(id=person, role=Role.PROFESSIONAL, professional=person)
            return load_facts(actor, DossierRef(dossier, dossier, None))

        door = _Door(lambda number: declare(asked[number % _ASKED][0]))
        with psycopg.connect(house.superuser_url, autocommit=True, prepare_threshold=0) as plain:
            _check(door, facts_of)
            look_up = _limit(plain, chance)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pin(cursor.fetchone()[0], plain.info.backend_pid)
            known = [facts_of(number) for number in range(_ASKED)]
            _measure(door, facts_of, known, look_up)
        rivals.compare_with_guardian(house, asked, known)


class _Door:
    """The transaction of a door, about one dossier: open before a decision is asked for, closed when it is made."""

    def __init__(self, about: Callable[[int], object]) -> None:
        self._about = about
        self._open: Atomic | None = None

    def enter(self, number: int) -> None:
        """Begin, and say whose rows this is about."""
        self._open = transaction.atomic()
        self._open.__enter__()
        self._about(number)

    def leave(self) -> None:
        """Commit."""
        if self._open is not None:
            self._open.__exit__(None, None, None)


def _measure(
    door: _Door, facts_of: Callable[[int], Facts], known: Sequence[Facts], look_up: Callable[[int], object]
) -> None:
    engines = rivals.engines(known)
    cold = [
        Case(
            "facts and one decision",
            lambda n: _one(facts_of(n)),
            OURS,
            2.5,
            "in the open transaction of a door",
            door.enter,
            door.leave,
        ),
        Case("the facts alone", facts_of, PART, None, "", door.enter, door.leave),
        Case("the same with a transaction of its own", lambda n: _one(facts_of(n)), PART),
        *(Case(name, lambda n, ask=ask: (look_up(n), ask(known[n % _ASKED], LAB))) for name, ask in engines),
    ]
    alternate("G1", Case("prepared look-up by primary key", look_up), cold)
    every = [
        Case("facts and 19 decisions", lambda n: _all(facts_of(n)), OURS, 2.5, "one query", door.enter, door.leave),
        *(Case(name, lambda n, ask=ask: (look_up(n), [ask(known[n % _ASKED], each) for each in Category]))
          for name, ask in engines),
    ]  # fmt: skip
    alternate("G2", Case("prepared look-up by primary key", look_up), every)
    opened = {(number, LAB) for number, facts in enumerate(known) if _one(facts)}
    warm = [
        Case("the second decision on the same facts", lambda n: _one(known[n % _ASKED]), OURS, 5.0),
        *(Case(name, lambda n, ask=ask: ask(known[n % _ASKED], LAB)) for name, ask in engines),
    ]
    alternate("G3", Case("look-up in a set", lambda n: (n % _ASKED, LAB) in opened), warm)


def _one(facts: Facts) -> bool:
    return decide(facts, category=LAB, right=Right.READ).allowed


def _all(facts: Facts) -> list[bool]:
    return [decide(facts, category=category, right=Right.READ).allowed for category in Category]


def _limit(plain: psycopg.Connection, chance: random.Random) -> Callable[[int], object]:
    ids = [row[0] for row in plain.execute("SELECT id FROM consent_choice")]
    wanted = [chance.choice(ids) for _ in range(_ASKED)]
    cursor = plain.cursor(binary=True)
    return lambda n: cursor.execute("SELECT allowed FROM consent_choice WHERE id = %s", [wanted[n % _ASKED]]).fetchone()


def _check(door: _Door, facts_of: Callable[[int], Facts]) -> None:
    """Exactly one query, or the figures mean nothing."""
    door.enter(0)
    with CaptureQueriesContext(connection) as seen:
        _all(facts_of(0))
    door.leave()
    if len(seen) != 1:
        raise SystemExit(f"19 decisions took {len(seen)} queries; expected 1")


if __name__ == "__main__":
    main()
