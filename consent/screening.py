"""What a page about sharing may tell the person who reads it (pure).

A category hidden from one's own screens looks there as if nothing had ever been said of it: no choice, no request, no
wish. Somebody who decides for a child is shown the categories that they decide, and no other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from consent.categories import Category
from consent.thresholds import decide_sharing
from consent.world import Facts

_NOTHING: frozenset[Category] = frozenset()


def decided_by(facts: Facts) -> tuple[Category, ...]:
    """The categories of which this person may say who sees them, in their order: all of them for the patient."""
    return tuple(category for category in Category if decide_sharing(facts, category=category).allowed)


def untold(facts: Facts) -> frozenset[Category]:
    """The categories of which this person's screens tell nothing in particular at this instant."""
    return facts.discreet if facts.is_own and not facts.fresh else _NOTHING


def as_if_unsaid(facts: Facts, categories: Collection[Category]) -> Facts:
    """The facts of a reader as if the patient had chosen nothing about these categories."""
    if not categories:
        return facts
    return replace(facts, choices=tuple(each for each in facts.choices if each.category not in categories))
