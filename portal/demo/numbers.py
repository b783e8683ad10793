"""Numbers of invented people that pass the checks real ones pass, and cannot be anybody's.

Health numbers carry the OID of test identities; numbers of professionals and organisations begin with
9, which neither register gives.
"""

from __future__ import annotations

from datetime import date

# INS-NIR of test (ANS, OID registry); real numbers are under 1.2.250.1.213.1.4.8.
TEST_INS_OID = "1.2.250.1.213.1.4.10"

_CORSICA = {"2A": "19", "2B": "18"}


def ins_key(body: str) -> str:
    """The two-digit key of the thirteen characters ``body``: 97 minus the number modulo 97."""
    digits = body[:5] + _CORSICA.get(body[5:7], body[5:7]) + body[7:]
    return f"{97 - int(digits) % 97:02d}"


def ins_number(sex: str, born: date, place: str, order: int) -> str:
    """Fifteen characters: sex, year, month, place of birth (five characters), order, key."""
    body = f"{1 if sex == 'male' else 2}{born:%y%m}{place}{order:03d}"
    return body + ins_key(body)


def luhn_digit(digits: str) -> str:
    """The last digit that makes ``digits`` pass the Luhn check (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def rpps_number(order: int) -> str:
    """Eleven digits of a professional that no register holds."""
    digits = f"99900000{order:02d}"
    return digits + luhn_digit(digits)


def finess_number(order: int) -> str:
    """Nine digits of an organisation that no register holds."""
    digits = f"990000{order:02d}"
    return digits + luhn_digit(digits)
