"""Recovery codes: how they are drawn, written and read back."""

from __future__ import annotations

import secrets

# Crockford's base32: no I, L, O, U (https://www.crockford.com/base32.html).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")
CODES_ON_A_SHEET = 10
SELECTOR_CHARACTERS = 4
# 16 characters of 5 bits: 80 bits behind the selector.
SECRET_CHARACTERS = 16
_GROUP = 4


def draw_sheet() -> tuple[str, ...]:
    """Ten fresh codes in canonical form (20 characters, no dashes), with different selectors."""
    codes: dict[str, str] = {}
    while len(codes) < CODES_ON_A_SHEET:
        code = draw(SELECTOR_CHARACTERS + SECRET_CHARACTERS)
        codes[code[:SELECTOR_CHARACTERS]] = code
    return tuple(codes.values())


def draw(characters: int) -> str:
    """A fresh code of that length, in canonical form; 5 bits each."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(characters))


def as_written(code: str) -> str:
    """``7Q3K-M2XT-…``: groups of four, easier to copy by hand."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def as_read(typed: str) -> str:
    """The canonical form of what somebody typed: capitals, no dashes or blanks, I L O read as 1 1 0.

    Empty when it cannot be a code.
    """
    return as_read_of(typed, SELECTOR_CHARACTERS + SECRET_CHARACTERS)


def as_read_of(typed: str, characters: int) -> str:
    """The same for a code of another length."""
    code = "".join(typed.upper().replace("-", "").split()).translate(_READ_AS)
    return code if len(code) == characters and set(code) <= set(_ALPHABET) else ""


def split(code: str) -> tuple[str, str]:
    """The selector and the secret of a canonical code."""
    return code[:SELECTOR_CHARACTERS], code[SELECTOR_CHARACTERS:]
