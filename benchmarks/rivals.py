"""Other engines on the same question: is this category open for reading, given care, choices and the default.

Each gets its facts in memory, as ours does, and less to decide: no oppositions, emergencies, marks or trace.
One that cannot be imported is left out and said so.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from uuid import UUID

from benchmarks.house import House
from consent.categories import Category
from consent.decisions import Facts, Right, decide
from consent.matrix import by_default

LAB = Category.LABORATORY


Ask = Callable[[Facts, Category], bool]


def engines(known: Sequence[Facts]) -> list[tuple[str, Ask]]:
    """Those that can be imported, each with how many of its answers differ from ours."""
    logging.disable(logging.INFO)
    few = known[:300]
    expected = [decide(facts, category=LAB, right=Right.READ).allowed for facts in few]
    found: list[tuple[str, Ask]] = []
    for name, build in (("rules", _rules), ("casbin", _casbin), ("cedarpy", _cedar)):
        try:
            ask = build(importlib.import_module(name))
        except ImportError:
            print(f"{name} is not installed: left out")
            continue
        wrong = sum(ask(facts, LAB) != answer for facts, answer in zip(few, expected, strict=True))
        found.append((f"{name}, {wrong} of {len(few)} answers differ" if wrong else name, ask))
    return found


def compare_with_guardian(house: House, asked: Sequence[tuple[UUID, UUID]], known: Sequence[Facts]) -> None:
    """Let django-guardian answer from its own tables, in a process of its own (``benchmarks.guarded``)."""
    if importlib.util.find_spec("guardian") is None:
        print(f"{'django-guardian':<58} not installed: left out")
        return
    few = min(len(known), 1_000)
    pairs = house.folder / "pairs.json"
    pairs.write_text(
        json.dumps(
            [
                (str(dossier), str(person), decide(facts, category=LAB, right=Right.READ).allowed)
                for (dossier, person), facts in zip(asked[:few], known, strict=False)
            ]
        )
    )
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "benchmarks.guarded", house.superuser_url, str(pairs)]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - our own program


def _rules(rules: ModuleType) -> Ask:
    in_care = rules.predicate(lambda asked: asked[0].in_care)
    chosen = rules.predicate(lambda asked: any(each.category is asked[1] for each in asked[0].choices))
    opened = rules.predicate(lambda asked: all(each.allowed for each in asked[0].choices if each.category is asked[1]))
    default = rules.predicate(lambda asked: by_default(asked[0].row[asked[1]], Right.READ))
    rule = in_care & ((chosen & opened) | (~chosen & default))
    return lambda facts, category: bool(rule.test((facts, category)))


def _casbin(casbin: ModuleType) -> Ask:
    model = casbin.Model()
    for section, key, value in (
        ("r", "r", "sub, care, cell, opened, closed"),
        ("p", "p", "sub, cell"),
        ("e", "e", "some(where (p.eft == allow))"),
        ("m", "m", "r.care == 'yes' && r.closed != 'yes' && (r.opened == 'yes' || r.cell == p.cell)"),
    ):
        model.add_def(section, key, value)
    enforcer = casbin.Enforcer(model)
    enforcer.add_policies([["any", "read"], ["any", "write"]])

    def ask(facts: Facts, category: Category) -> bool:
        chosen = [each.allowed for each in facts.choices if each.category is category]
        words = ["yes" if facts.in_care else "no", str(facts.row[category]),
                 "yes" if chosen and all(chosen) else "no", "no" if all(chosen) else "yes"]  # fmt: skip
        return bool(enforcer.enforce("any", *words))

    return ask


_POLICY = """
permit(principal, action, resource) when { context.care && (context.opened || context.byDefault) };
forbid(principal, action, resource) when { context.closed };
"""


def _cedar(cedarpy: ModuleType) -> Ask:
    def ask(facts: Facts, category: Category) -> bool:
        chosen = [each.allowed for each in facts.choices if each.category is category]
        context = {
            "care": facts.in_care,
            "opened": bool(chosen) and all(chosen),
            "closed": not all(chosen),
            "byDefault": by_default(facts.row[category], Right.READ),
        }
        request = {
            "principal": 'User::"reader"',
            "action": 'Action::"read"',
            "resource": f'Drawer::"{category.value}"',
            "context": context,
        }
        return bool(cedarpy.is_authorized(request, _POLICY, []).allowed)

    return ask
