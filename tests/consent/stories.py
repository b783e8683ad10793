"""Worlds for the comparison of the engine with its second statement: plain data read off a tape of bytes.

A tape is what hypothesis draws and shrinks: a byte of zero picks the plainest option, so a difference is shown in
the plainest world that has one. ``facts_of`` hands the same world to the engine.
"""

from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from audit.actor import Role, SystemTask
from consent.ages import Age
from consent.categories import Category
from consent.decisions import (
    ChoiceFact,
    DelegationFact,
    EmergencyFact,
    Facts,
    HidingFact,
    Marks,
    OppositionFact,
    RepresentationFact,
    RepresentativeKind,
    Right,
    Span,
    Switches,
    Target,
)
from consent.matrix import Access
from tests.consent.worlds import NOW

TAPE = 120
ME, DELEGATE, COLLEAGUE, OTHER = "me", "delegate", "colleague", "other"
PEOPLE = {ME: UUID(int=1), DELEGATE: UUID(int=2), COLLEAGUE: UUID(int=3), OTHER: UUID(int=4)}
CATEGORIES = ["laboratory", "mental_health", "maternity_sexual_health", "genetics", "imaging", "personal_notes"]
CELLS = ["write", "read", "on_consent", "none"]
KINDS = {
    "professional": Role.PROFESSIONAL, "patient": Role.PATIENT, "task": Role.SYSTEM,
    "visitor": Role.ANONYMOUS, "administrator": Role.ADMINISTRATOR,
}  # fmt: skip


class Tape:
    """Bytes that answer questions; at its end, always the plainest answer."""

    def __init__(self, data):
        self._bytes = iter(data)
        self._ids = 0

    def pick(self, *options):
        return options[next(self._bytes, 0) % len(options)]

    def maybe(self, chance=2):
        return self.pick(*[False] * (chance - 1), True)

    def several(self, make, most):
        return [make() for _ in range(self.pick(*range(most + 1)))]

    def id(self):
        """A new identifier; not in the order of making, because the order of loading must not matter."""
        self._ids += 1
        return self.pick(0, 100) + self._ids

    def moment(self):
        return self.pick(*range(-2, 3))

    def span(self):
        start = self.pick(-1, 0, -2, -3, 1)
        return [start, self.pick(None, start + 1, start + 2, start + 3)]


def world_of(tape_bytes):
    """A world as ``tests/consent/restatement.py`` describes it; times are small whole numbers, now is 0."""
    tape = Tape(tape_bytes)
    kind = tape.pick("professional", "professional", "patient", "professional", "patient", "task", "visitor",
                     "administrator")  # fmt: skip
    category, right = tape.pick(*CATEGORIES), tape.pick("read", "deposit", "read", "export")
    professional, patient = kind == "professional", kind == "patient"
    near = lambda: tape.pick(category, category, category, *CATEGORIES)  # noqa: E731
    rights = lambda: tape.pick(right, right, "read", "deposit", "export")  # noqa: E731
    drawers = lambda: sorted({near() for _ in range(tape.pick(1, 2, 3))})  # noqa: E731
    return {
        "at": 0,
        "reader": {
            "kind": kind,
            "task": tape.pick("import", "seed", "letters", "rotation") if kind == "task" else None,
            "owner": tape.maybe(3),
            "fresh": tape.maybe(),
            "person": ME if professional else None,
            "delegate": DELEGATE if professional and tape.maybe(4) else None,
            "profession": tape.pick("doctor", "nurse", "doctor", "emergency_regulator") if professional else "",
            "cells": {each: tape.pick(*CELLS) for each in CATEGORIES} if professional else {},
        },
        "regulator": {each: tape.pick("read", "write", "none", "on_consent") for each in CATEGORIES},
        "age": tape.pick("adult", "under_15", "from_15", "unknown"),
        "care": tape.several(tape.span, 2),
        "delegations": tape.several(lambda: {"id": tape.id(), "categories": drawers(), "during": tape.span()}, 2),
        "representations": tape.several(
            lambda: {"id": tape.id(), "kind": tape.pick("carer", "parent", "guardian"), "categories": drawers(),
                     "during": tape.span()}, 2 if patient else 0),
        "oppositions": tape.several(
            lambda: {"id": tape.id(), "organisation": tape.maybe(),
                     "author": tape.pick(COLLEAGUE, COLLEAGUE, OTHER, None), "during": tape.span()}, 2),
        "emergencies": tape.several(lambda: {"id": tape.id(), "during": tape.span()}, 2),
        "switches": {"regulator": not tape.maybe(), "others": not tape.maybe(), "masked": tape.maybe()},
        "choices": tape.several(lambda: _choice(tape, near, rights), 3),
        "hidden_new": tape.several(
            lambda: {"id": tape.id(), "category": tape.pick(None, near()), "during": tape.span()}, 2),
        "discreet": drawers() if tape.maybe(3) else [],
        "category": category,
        "right": right,
        "document": _document(tape) if tape.maybe() else None,
    }  # fmt: skip


def _choice(tape, near, rights):
    target = tape.pick("person", "team", "profession", "newcomer")
    allowed = target != "newcomer" and tape.maybe()
    return {"id": tape.id(), "target": target, "category": near(), "right": rights(), "allowed": allowed,
            "during": tape.span()}  # fmt: skip


def _document(tape):
    return {
        "author": tape.pick(COLLEAGUE, None, ME, DELEGATE, OTHER),
        "masked": tape.maybe(),
        "shown": tape.maybe(3),
        "filed_at": tape.pick(0, -1, -2, -3, None),
        "held_until": tape.pick(None, 1, 0, -1),
        "secret": tape.maybe(),
        "opened": tape.maybe(3),
    }


def question_of(world):
    """The world as the arguments of ``decide``."""
    reader = world["reader"]
    facts = Facts(
        at=_time(0),
        role=KINDS[reader["kind"]],
        task=SystemTask(reader["task"]) if reader["task"] else None,
        own=reader["owner"],
        fresh=reader["fresh"],
        age=Age(world["age"]),
        professional=PEOPLE.get(reader["person"]),
        delegate=PEOPLE.get(reader["delegate"]),
        profession=reader["profession"],
        matrix="2026-11",
        row=_row(reader["cells"]),
        emergency_row=_row(world["regulator"]),
        relationships=tuple(_span(span) for span in world["care"]),
        delegations=tuple(
            DelegationFact(_id(each), _drawers(each), _span(each["during"])) for each in world["delegations"]
        ),
        representations=tuple(
            RepresentationFact(_id(each), RepresentativeKind(each["kind"]), _drawers(each), _span(each["during"]))
            for each in world["representations"]
        ),
        oppositions=tuple(
            OppositionFact(_id(each), each["organisation"], PEOPLE.get(each["author"]), _span(each["during"]))
            for each in world["oppositions"]
        ),
        emergencies=tuple(EmergencyFact(_id(each), _span(each["during"])) for each in world["emergencies"]),
        switches=Switches(**world["switches"]),
        choices=tuple(
            ChoiceFact(
                _id(each),
                Target[each["target"].upper()],
                Category(each["category"]),
                Right(each["right"]),
                each["allowed"],
                _span(each["during"]),
            )
            for each in world["choices"]
        ),
        hidden_new=tuple(
            HidingFact(_id(each), Category(each["category"]) if each["category"] else None, _span(each["during"]))
            for each in world["hidden_new"]
        ),
        discreet=frozenset(Category(each) for each in world["discreet"]),
    )
    document = world["document"]
    marks = document and Marks(
        **document
        | {
            "author": PEOPLE.get(document["author"]),
            "filed_at": _time(document["filed_at"]),
            "held_until": _time(document["held_until"]),
        }
    )
    return {"facts": facts, "category": Category(world["category"]), "right": Right(world["right"]), "marks": marks}


def told(decision):
    """What the engine answered, in the words of the second statement."""
    rests_on = decision.choice.int if decision.choice else None
    return int(decision.trace[-1].reason), decision.allowed, str(decision.ground), rests_on


def _id(each):
    return UUID(int=each["id"])


def _time(number):
    return None if number is None else NOW + number * timedelta(hours=1)


def _span(pair):
    return Span(_time(pair[0]), _time(pair[1]))


def _drawers(each):
    return frozenset(Category(category) for category in each["categories"])


def _row(cells):
    return MappingProxyType({Category(category): Access(cell) for category, cell in cells.items()})
