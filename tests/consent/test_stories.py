"""The engine and its second statement give the same answer in every world; each seeded mistake is caught."""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import decisions
from consent.decisions import Ground, decide
from tests.consent.restatement import RULES, answer
from tests.consent.stories import TAPE, question_of, told, world_of
from tests.counts import COUNTS

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "consent_worlds.json"
SOURCE = Path(decisions.__file__).read_text()
RANDOM_TAPES = [random.Random(number).randbytes(TAPE) for number in range(20_000)]


@settings(max_examples=COUNTS.worlds, database=None)
@given(st.binary(min_size=TAPE, max_size=TAPE))
def test_both_statements_agree_in_every_world(tape):
    world = world_of(tape)
    assert told(decide(**question_of(world))) == answer(world)


def test_the_worlds_reach_every_line_of_the_table():
    """Otherwise agreement would say little."""
    reached = Counter(answer(world_of(tape))[2] for tape in RANDOM_TAPES)
    grounds = {ground for *_, ground in RULES}
    assert {ground for ground in grounds if reached[ground] < 3} == set()
    elsewhere = {Ground.RELATIONSHIP, Ground.EMERGENCY_CLOSED, Ground.EMERGENCY_SWITCHED_OFF, Ground.REVIEWING}
    assert grounds == set(Ground) - elsewhere


def test_the_worlds_given_to_others_have_the_answers_that_both_statements_give():
    given = json.loads(VECTORS.read_text())["worlds"]
    assert len({each["answer"]["ground"] for each in given}) == len({ground for *_, ground in RULES})
    for each in given:
        expected = tuple(each["answer"][name] for name in ("rule", "allowed", "ground", "rests_on"))
        assert answer(each["world"]) == expected
        assert told(decide(**question_of(each["world"]))) == expected


# What a tired colleague could change in one line: (what it says, what it would say).
MISTAKES = [
    ("question.right is Right.DEPOSIT and question.facts.task", "question.facts.task"),
    ("if category.tier is Tier.PATIENT_ONLY:", "if False:"),
    ("    if right is Right.EXPORT:\n", "    if False:\n"),
    ("if not delegations:", "if False:"),
    (
        "if all(category not in each.categories for each in delegations)",
        "if any(category not in each.categories for each in delegations)",
    ),
    ("if can_ever(access, right) else", "if True else"),
    ("if marks is not None and _is_held(facts, marks):", "if marks is not None and False:"),
    ("if category in facts.discreet and not facts.fresh:", "if category in facts.discreet:"),
    ("if facts.age in _AGES[each.kind]]", "if True]"),
    ("mine.kind is not RepresentativeKind.CARER and is_guarded", "is_guarded"),
    ("return (guarded or marks.secret) and not marks.opened", "return guarded and not marks.opened"),
    ("facts.at < marks.held_until", "facts.at <= marks.held_until"),
    ("if marks.shown or marks.filed_at is None:", "if marks.filed_at is None:"),
    ("each.during.start <= marks.filed_at", "each.during.start < marks.filed_at"),
    ("if marks is None or facts.wrote(marks):", "if marks is None:"),
    ("if facts.switches.masked and _emergency(question) is not None:", "if facts.switches.masked:"),
    ("        and facts.delegate is None\n", ""),
    ("(facts.switches.regulator if regulator else facts.switches.others)", "facts.switches.others"),
    ("or question.right is not Right.READ or not", "or not"),
    (
        "(each.target, each.allowed, each.id) < (best.target, best.allowed, best.id)",
        "(each.allowed, each.target, each.id) < (best.allowed, best.target, best.id)",
    ),
    ("if best is None or (best.allowed and not facts.in_care):", "if best is None:"),
    ("        and all(choice.during.start", "        and any(choice.during.start"),
    (
        "facts.profession == Profession.EMERGENCY_REGULATOR:\n        return Step(Reason.DEFAULT",
        "False:\n        return Step(Reason.DEFAULT",
    ),
    (
        "        return Step(Reason.DEFAULT, Ground.DEFAULT_OPEN, True)",
        "        return Step(Reason.DEFAULT, Ground.DEFAULT_OPEN)",
    ),
    (
        "    (Reason.OPPOSITION, _opposition),\n    (Reason.EMERGENCY, _emergency),\n",
        "    (Reason.EMERGENCY, _emergency),\n    (Reason.OPPOSITION, _opposition),\n",
    ),
    (
        "    (Reason.CHOICE, _choice),\n    (Reason.DEFAULT, _default),\n",
        "    (Reason.DEFAULT, _default),\n    (Reason.CHOICE, _choice),\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_a_mistake_in_the_engine_is_caught(number):
    right, wrong = MISTAKES[number]
    assert SOURCE.count(right) == 1, "the mistake has one place"
    mistaken = ModuleType("mistaken_decisions")
    # Dataclasses look their module up by name.
    sys.modules[mistaken.__name__] = mistaken
    try:
        exec(compile(SOURCE.replace(right, wrong), "mistaken_decisions.py", "exec"), mistaken.__dict__)  # noqa: S102
    finally:
        del sys.modules[mistaken.__name__]
    assert any(told(mistaken.decide(**question_of(world))) != answer(world) for world in map(world_of, RANDOM_TAPES))
