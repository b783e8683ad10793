"""What the words of the matrix mean.

The matrix says, for each profession and each category, the most that a patient can open and what is
open by default inside a care relationship. Its rows are dated data (``MatrixVersion``); this file only
knows the four words they are written with.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from consent.categories import Category
from consent.rights import Right


class Access(StrEnum):
    """One cell of the matrix, from the least to the most."""

    NONE = "none"
    ON_CONSENT = "on_consent"
    READ = "read"
    WRITE = "write"


Row = Mapping[Category, Access]

_RANK = {access: rank for rank, access in enumerate(Access)}

# What a cell can ever give, if the patient wants it.
_CEILING = {
    Access.NONE: frozenset[Right](),
    Access.ON_CONSENT: frozenset({Right.READ, Right.DEPOSIT}),
    Access.READ: frozenset({Right.READ}),
    Access.WRITE: frozenset({Right.READ, Right.DEPOSIT}),
}

# What a cell gives without a choice of the patient, inside a care relationship.
_DEFAULT = {
    Access.NONE: frozenset[Right](),
    Access.ON_CONSENT: frozenset[Right](),
    Access.READ: frozenset({Right.READ}),
    Access.WRITE: frozenset({Right.READ, Right.DEPOSIT}),
}


def can_ever(access: Access, right: Right) -> bool:
    """Whether this cell lets the patient open this right at all. Export is never shared."""
    return right in _CEILING[access]


def by_default(access: Access, right: Right) -> bool:
    """Whether this cell opens this right by itself, given a care relationship."""
    return right in _DEFAULT[access]


def cut(own: Access, other: Access) -> Access:
    """The lesser of two cells: what both allow."""
    return own if _RANK[own] <= _RANK[other] else other


# The text of a row is its own key: a new version of the matrix is a new text, so nothing goes stale.
@lru_cache(maxsize=256)
def row_from_text(text: str) -> Row:
    """A row of the matrix from ``"category=access,category=access"``, as the database hands it over.

    Raises:
        ValueError: a category or an access is not one of the house.
    """
    cells = (cell.split("=", 1) for cell in text.split(",") if cell)
    return MappingProxyType({Category(category): Access(access) for category, access in cells})
