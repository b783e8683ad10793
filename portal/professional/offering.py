"""Which categories a form can offer a professional, from one loading of the facts. Doors decide again."""

from __future__ import annotations

from consent.categories import Category
from consent.decisions import Facts, Right, decide


def open_to_deposit(facts: Facts) -> list[Category]:
    """The categories to which this professional may add (pure)."""
    return [category for category in Category if decide(facts, category=category, right=Right.DEPOSIT).allowed]


def worth_asking_for(facts: Facts) -> list[Category]:
    """The categories that are closed to this professional and that the patient could open (pure)."""
    decisions = {category: decide(facts, category=category, right=Right.READ) for category in Category}
    return [category for category, read in decisions.items() if not read.allowed and not read.ground.is_never]
