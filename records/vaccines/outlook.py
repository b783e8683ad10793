"""Doses received beside the calendar (pure): what was done, what is usual now, what comes, what nothing is known of.

No judgement of anybody's health: an age, dates of doses, and the rules in force on a day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from records.vaccines.calendar import Calendar, Kind, Rule, Target

# The same dose is often told twice, by who gave it and who dispensed it: nearer than this, two are one.
_APART = timedelta(days=21)
# How far ahead a page looks.
_AHEAD = 24


class State(StrEnum):
    """What is known of one protection, the one to speak of first at the top."""

    DUE = "due"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"
    LATER = "later"
    DONE = "done"


@dataclass(frozen=True, slots=True, repr=False)
class Dose:
    """One dose: the day it was given, and against what it protects. Health content: its ``repr`` says nothing."""

    day: date
    targets: frozenset[Target]

    def __repr__(self) -> str:
        return "<Dose>"


@dataclass(frozen=True, slots=True, repr=False)
class Outlook:
    """One protection. ``on``: when the next dose is or was usual, if any; ``received``: doses that count for the rule;
    ``expected``: how many the rule asks for in all, ``None`` where it asks again and again.
    """

    target: Target
    state: State
    on: date | None
    received: tuple[date, ...]
    expected: int | None

    def __repr__(self) -> str:
        return "<Outlook>"


def look_ahead(*, born: date, doses: Iterable[Dose], day: date, known: Calendar) -> tuple[Outlook, ...]:
    """What the rules in force on ``day`` make of these doses, what is to speak of first at the top.

    Args:
        born: the date of birth.
        doses: in any order; those after ``day`` or before the birth count for nothing.
    """
    if day < born:
        return ()
    given = [dose for dose in doses if born <= dose.day <= day]
    age = months_between(born, day)
    found = [
        outlook
        for rule in known.on(day)
        if rule.after <= age and (rule.until is None or age < rule.until) and born >= rule.born_from
        if (outlook := _KINDS[rule.kind](rule, born, _days(given, rule, born), day)) is not None
    ]
    order = list(State)
    return tuple(sorted(found, key=lambda each: (order.index(each.state), list(Target).index(each.target))))


def months_between(born: date, day: date) -> int:
    """Whole months of age on that day."""
    return (day.year - born.year) * 12 + day.month - born.month - (add_months(born, _months(born, day)) > day)


def _months(born: date, day: date) -> int:
    return (day.year - born.year) * 12 + day.month - born.month


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _days(given: list[Dose], rule: Rule, born: date) -> tuple[date, ...]:
    """The days of the doses that count for a rule, oldest first, each told once."""
    since = add_months(born, rule.counted_from)
    kept: list[date] = []
    for day in sorted(dose.day for dose in given if rule.target in dose.targets and dose.day >= since):
        if not kept or day - kept[-1] >= _APART:
            kept.append(day)
    return tuple(kept)


def _series(rule: Rule, born: date, days: tuple[date, ...], day: date) -> Outlook | None:
    expected = _expected(rule, born, days, day)
    if len(days) >= expected:
        return Outlook(rule.target, State.DONE, None, days, expected)
    # A dose beyond those of the list follows the last of them.
    position = min(len(days), len(rule.at) - 1)
    usual = add_months(born, rule.at[position])
    last = add_months(usual, rule.grace_of(position))
    return _placed(rule, usual, last, days, expected, day)


def _expected(rule: Rule, born: date, days: tuple[date, ...], day: date) -> int:
    first = months_between(born, days[0] if days else day)
    if rule.single_from is not None and first >= rule.single_from:
        return 1
    if rule.three_from is not None and first >= rule.three_from:
        return 3
    return len(rule.at)


def _booster(rule: Rule, born: date, days: tuple[date, ...], day: date) -> Outlook | None:
    past = [age for age in rule.at if add_months(born, age) <= day]
    ahead = next((add_months(born, age) for age in rule.at if age not in past), None)
    if not past:
        return Outlook(rule.target, State.LATER, ahead, days, None)
    usual = add_months(born, past[-1])
    if days and days[-1] >= add_months(born, past[-1] - rule.early):
        return Outlook(rule.target, State.DONE, ahead, days, None)
    return _placed(rule, usual, add_months(usual, rule.grace_of(0)), days, None, day)


def _yearly(rule: Rule, born: date, days: tuple[date, ...], day: date) -> Outlook | None:
    if add_months(born, rule.at[0]) > day:
        return None
    (first_month, first_day), (last_month, last_day) = rule.season
    # The season that runs, or the next one: a campaign begins in one year and ends in the next.
    begins = date(day.year, first_month, first_day)
    if day <= date(day.year, last_month, last_day):
        begins = date(day.year - 1, first_month, first_day)
    since = date(begins.year, *rule.counted_since)
    if any(since <= each <= day for each in days):
        return Outlook(rule.target, State.DONE, begins.replace(year=begins.year + 1), days, None)
    return Outlook(rule.target, State.DUE if begins <= day else State.LATER, begins, days, None)


def _placed(
    rule: Rule, usual: date, last: date, days: tuple[date, ...], expected: int | None, day: date
) -> Outlook | None:
    """A dose that was not received: it comes, it is time, its time is over, or nothing at all is known."""
    if day < usual:
        near = months_between(day, usual) < _AHEAD
        return Outlook(rule.target, State.LATER, usual, days, expected) if near or days else None
    if day < last:
        return Outlook(rule.target, State.DUE, usual, days, expected)
    return Outlook(rule.target, State.OVERDUE if days else State.UNKNOWN, usual, days, expected)


_KINDS = {Kind.SERIES: _series, Kind.BOOSTER: _booster, Kind.YEARLY: _yearly}
