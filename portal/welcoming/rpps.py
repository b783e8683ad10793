"""The number of a professional in the national directory (RPPS): its form (pure)."""

from __future__ import annotations

_DIGITS = 11


def is_rpps(number: str) -> bool:
    """Eleven digits, the last of which is the Luhn digit of the others (ISO/IEC 7812-1).

    That a number is well formed says nothing about whose it is: an administrator looks it up.
    """
    if len(number) != _DIGITS or not (number.isascii() and number.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
