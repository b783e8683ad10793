"""The French calendar of vaccinations as dated data (``calendar.json``, with its sources and the day it was reviewed).

It holds what is usual for everybody at an age. What depends on an illness, a profession, a journey, a place of birth or
a pregnancy is not in it, because Carnet does not know these or must not guess them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("calendar.json")


class Target(StrEnum):
    """What a vaccine protects against, in the order of a page."""

    DTP = "dtp"
    PERTUSSIS = "pertussis"
    HIB = "hib"
    HEPATITIS_B = "hepatitis_b"
    PNEUMOCOCCUS = "pneumococcus"
    MENINGOCOCCUS_ACWY = "meningococcus_acwy"
    MENINGOCOCCUS_B = "meningococcus_b"
    MMR = "mmr"
    ROTAVIRUS = "rotavirus"
    HPV = "hpv"
    ZOSTER = "zoster"
    RSV = "rsv"
    INFLUENZA = "influenza"
    COVID = "covid"


class Kind(StrEnum):
    """How doses are expected: a number of them at ages, one again at fixed ages, or one each winter."""

    SERIES = "series"
    BOOSTER = "booster"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the calendar. Ages are whole months.

    ``at``: the ages of the doses, ``grace``: how long after each it is still the usual time. The rule speaks of people
    from ``after`` to before ``until``, born from ``born_from`` on, on days from ``valid_from`` to ``valid_to``. Doses
    count from the age ``counted_from`` on; a booster given up to ``early`` months before its age counts for it. With a
    first dose from the age ``single_from`` on one is enough; from ``three_from`` on three are needed. ``season``: first
    and last day (month, day) of a yearly campaign, for which doses count from ``counted_since`` on.
    """

    target: Target
    kind: Kind
    at: tuple[int, ...]
    grace: tuple[int, ...] = (0,)
    after: int = 0
    until: int | None = None
    born_from: date = date.min
    valid_from: date
    valid_to: date = date.max
    counted_from: int = 0
    early: int = 0
    single_from: int | None = None
    three_from: int | None = None
    season: tuple[tuple[int, int], ...] = ()
    counted_since: tuple[int, int] = (1, 1)

    def grace_of(self, dose: int) -> int:
        """How many months after its age the dose of that position is still in its usual time."""
        return self.grace[min(dose, len(self.grace) - 1)]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rules come from."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """All rules, whenever they held, with their sources."""

    name: str
    reviewed_on: date
    sources: tuple[Source, ...]
    rules: tuple[Rule, ...]

    def on(self, day: date) -> tuple[Rule, ...]:
        """The rules in force on that day."""
        return tuple(rule for rule in self.rules if rule.valid_from <= day <= rule.valid_to)


@cache
def calendar() -> Calendar:
    """The calendar in the package.

    Raises:
        ValueError: the file holds a target, a kind or a date that is none.
        TypeError: a rule lacks something, or says something unknown.
    """
    told = json.loads(_FILE.read_text(encoding="utf-8"))
    return Calendar(
        name=told["name"],
        reviewed_on=date.fromisoformat(told["reviewed_on"]),
        sources=tuple(Source(**each) for each in told["sources"]),
        rules=tuple(_rule(each) for each in told["rules"]),
    )


def _rule(told: dict[str, Any]) -> Rule:
    fields: dict[str, Any] = {
        "target": Target(told["target"]),
        "kind": Kind(told["kind"]),
        "valid_from": date.fromisoformat(told["from"]),
    }
    for name, read in _READ.items():
        if name in told:
            fields[_RENAMED.get(name, name)] = read(told[name])
    if unknown := set(told) - {"target", "kind", "from"} - set(_READ):
        raise TypeError(f"calendar.json: expected no {', '.join(sorted(unknown))}")
    return Rule(**fields)


def _day(told: str) -> tuple[int, int]:
    month, _, day = told.partition("-")
    date(2001, int(month), int(day))
    return int(month), int(day)


_READ: dict[str, Callable[[Any], Any]] = {
    "at": tuple,
    "grace": tuple,
    "to": date.fromisoformat,
    "born_from": date.fromisoformat,
    "season": lambda days: tuple(_day(each) for each in days),
    "counted_since": _day,
    **dict.fromkeys(("after", "until", "counted_from", "early", "single_from", "three_from"), int),
}
_RENAMED = {"to": "valid_to"}
