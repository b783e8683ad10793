"""Ages that matter, as brackets: consent never learns a birth date.

Fifteen is the age from which a minor decides alone on the processing of their data (art. 45 of the French law of
6 January 1978); eighteen is majority (art. 414 of the Code civil). The caller computes the bracket from the
unsealed birth date; no stored date may reveal a birthday.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from consent.categories import Category, Tier

_FIFTEEN, _MAJORITY = 15, 18


class Age(StrEnum):
    """The bracket of a patient's age; ``unknown`` opens nothing to a representative."""

    UNDER_15 = "under_15"
    FROM_15 = "from_15"
    ADULT = "adult"
    UNKNOWN = "unknown"


def age_on(birth_date: date, day: date) -> Age:
    """The bracket of somebody born on ``birth_date``, on ``day``; one born on 29 February turns on 1 March."""
    years = day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
    if years < _FIFTEEN:
        return Age.UNDER_15
    return Age.FROM_15 if years < _MAJORITY else Age.ADULT


# What guardians get only document by document, once it was opened to them: sexual health at every age, every
# delicate category from fifteen on.
_ALWAYS = frozenset({Category.MATERNITY_SEXUAL_HEALTH})
_DELICATE = frozenset(category for category in Category if category.tier is Tier.DELICATE)


def is_guarded(category: Category, age: Age) -> bool:
    """Whether a guardian of a minor of that age sees of this category only what was opened to them."""
    return category in (_DELICATE if age is Age.FROM_15 else _ALWAYS)
