"""The national health number (INS): its one spelling and its key.

Thirteen characters as the civil register gives them (``2A`` and ``2B`` for Corsica) and a key of two
digits, 97 minus the rest of the number divided by 97 (INS reference document, ANS).
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from consent.granting import Invalid

_SHAPE = re.compile(r"[1-9][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}[0-9]{2}")
_CORSICA = {"2A": "19", "2B": "18"}


def spell_ins(typed: str) -> str:
    """The fifteen characters of a national health number, without blanks.

    Raises:
        Invalid: it has another shape, or its key does not fit. The sentence does not repeat it.
    """
    number = "".join(typed.split()).upper()
    if not _SHAPE.fullmatch(number):
        raise Invalid(_("A national health number has 13 characters and a key of 2 digits."))
    body, key = number[:13], int(number[13:])
    digits = int(body[:5] + _CORSICA.get(body[5:7], body[5:7]) + body[7:])
    if 97 - digits % 97 != key:
        raise Invalid(_("The key of this national health number does not fit: check its digits."))
    return number
