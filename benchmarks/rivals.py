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
from benchmarks.measuring import measure
from consent.categories import Category
from consent.decisions import Facts, Right, decide
from consent.matrix import by_default

LAB = Category.LABORATORY


def compare(known: Sequence[Facts]) -> None:
    """Measure each engine that can be imported; its answers are checked against ours."""
    logging.disable(logging.INFO)
    expected = [decide(facts, category=LAB, right=Right.READ).allowed for facts in known]
    for name, build in (("rules", _rules), ("casbin", _casbin), ("cedarpy", _cedar)):
        try:
            ask = build(importlib.import_module(name))
        except ImportError:
            print(f"{name:<58} not installed: left out")
            continue
        few = min(len(known), 300)
        wrong = sum(ask(facts) != answer for facts, answer in zip(known[:few], expected, strict=False))
        measure(f"{name}, one decision ({wrong} of {few} answers differ)", lambda n, a=ask: a(known[n]), few)


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


def _rules(rules: ModuleType) -> Callable[[Facts], bool]:
    in_care = rules.predicate(lambda facts: facts.in_care)
    chosen = rules.predicate(lambda facts: any(each.category is LAB for each in facts.choices))
    opened = rules.predicate(lambda facts: all(each.allowed for each in facts.choices if each.category is LAB))
    default = rules.predicate(lambda facts: by_default(facts.row[LAB], Right.READ))
    rule = in_care & ((chosen & opened) | (~chosen & default))
    return lambda facts: bool(rule.test(facts))


def _casbin(casbin: ModuleType) -> Callable[[Facts], bool]:
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

    def ask(facts: Facts) -> bool:
        chosen = [each.allowed for each in facts.choices if each.category is LAB]
        words = ["yes" if facts.in_care else "no", str(facts.row[LAB]),
                 "yes" if chosen and all(chosen) else "no", "no" if all(chosen) else "yes"]  # fmt: skip
        return bool(enforcer.enforce("any", *words))

    return ask


_POLICY = """
permit(principal, action, resource) when { context.care && (context.opened || context.byDefault) };
forbid(principal, action, resource) when { context.closed };
"""


def _cedar(cedarpy: ModuleType) -> Callable[[Facts], bool]:
    def ask(facts: Facts) -> bool:
        chosen = [each.allowed for each in facts.choices if each.category is LAB]
        context = {
            "care": facts.in_care,
            "opened": bool(chosen) and all(chosen),
            "closed": not all(chosen),
            "byDefault": by_default(facts.row[LAB], Right.READ),
        }
        request = {
            "principal": 'User::"reader"',
            "action": 'Action::"read"',
            "resource": 'Drawer::"laboratory"',
            "context": context,
        }
        return bool(cedarpy.is_authorized(request, _POLICY, []).allowed)

    return ask
