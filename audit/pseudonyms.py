"""Pseudonyms as people read them: ``P-7Q3K-M2XT``.

The first 40 bits of a UUID in Crockford's base32, behind a letter: P a dossier, A an account, O an
organisation. Enough to tell people apart on a page and to say on the telephone; a filter takes
such a name, or the whole UUID, as a range of UUIDs.
"""

from __future__ import annotations

from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# What a reader may confuse stands for the same digit (Crockford).
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_REST = 128 - 40


class BadPseudonym(ValueError):
    """This text names nobody."""


def shown(letter: str, identifier: UUID) -> str:
    """The name on the page for ``identifier``, such as ``P-7Q3K-M2XT``."""
    bits = identifier.int >> _REST
    digits = "".join(_ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{letter}-{digits[:4]}-{digits[4:]}"


def uuid_range(text: str) -> tuple[UUID, UUID]:
    """The first and the last UUID that ``text`` may stand for: a UUID, or a name as shown.

    Raises:
        BadPseudonym: neither the one nor the other.
    """
    plain = text.strip().upper()
    if len(plain.replace("-", "")) == 32:
        try:
            whole = UUID(plain)
        except ValueError:
            raise BadPseudonym(text) from None
        return whole, whole
    digits = plain[2:] if plain[1:2] == "-" else plain
    digits = digits.replace("-", "").replace(" ", "")
    if len(digits) != 8 or any(digit not in _VALUES for digit in digits):
        raise BadPseudonym(text)
    low = 0
    for digit in digits:
        low = low << 5 | _VALUES[digit]
    return UUID(int=low << _REST), UUID(int=(low + 1 << _REST) - 1)
