"""Find a name in one's own list of patients, in memory (pure): what was looked for is kept nowhere."""

from __future__ import annotations

import unicodedata
from typing import Protocol


class Named(Protocol):
    """Anything that carries a person's names."""

    @property
    def family(self) -> str:
        """The family name."""

    @property
    def given(self) -> str:
        """The given names."""

    @property
    def used_name(self) -> str:
        """The name used in daily life, may be empty."""


def folded(text: str) -> str:
    """The text without accents, case or punctuation, so that "Lefevre" finds "Lefèvre"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def matches(person: Named, query: str) -> bool:
    """Whether every word of the query begins one of the person's names; an empty query finds everybody."""
    names = folded(" ".join((person.family, person.given, person.used_name or ""))).split()
    return all(any(name.startswith(word) for name in names) for word in folded(query).split())
