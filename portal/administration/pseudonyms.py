"""Read the short pseudonyms that people copy from a page back into a range of identifiers (pure).

"P-7Q3K-M2XT" shows the first 40 bits of an identifier in Crockford's base 32
(https://www.crockford.com/base32.html): typing accepts small letters, spaces instead of hyphens,
and the letters that Crockford reads as digits (O as 0, I and L as 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LENGTH = 8
_REST = 128 - 40


@dataclass(frozen=True, slots=True)
class PseudonymRange:
    """All identifiers that are shown under one short pseudonym, both ends included."""

    first: UUID
    last: UUID


class PseudonymError(ValueError):
    """What was typed cannot be a pseudonym."""


def parse_pseudonym(text: str, *, prefix: str) -> PseudonymRange:
    """The range of identifiers shown under the pseudonym that was typed.

    Args:
        text: as typed, with or without the prefix and the hyphens.
        prefix: the letter of this kind of pseudonym: P for dossiers, A for accounts, O for organisations.

    Raises:
        PseudonymError: it is not eight characters of Crockford's alphabet, or has another prefix.
    """
    compact = "".join(text.upper().replace("-", " ").split())
    if len(compact) == _LENGTH + 1:
        if not compact.startswith(prefix):
            raise PseudonymError(text)
        compact = compact[1:]
    compact = compact.translate(_READ_AS)
    if len(compact) != _LENGTH or any(char not in _ALPHABET for char in compact):
        raise PseudonymError(text)
    number = 0
    for char in compact:
        number = number << 5 | _ALPHABET.index(char)
    return PseudonymRange(first=UUID(int=number << _REST), last=UUID(int=(number << _REST) | ((1 << _REST) - 1)))
