"""Dates, numbers and short names, as people of each language write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import translation

from portal.ui import formatting
from portal.ui.pseudonyms import initials, pseudonym

NIGHT = datetime(2026, 11, 20, 21, 14, tzinfo=UTC)


def test_french_dates_are_those_of_paris():
    with translation.override("fr"):
        assert formatting.day(NIGHT) == "20 nov. 2026"
        assert formatting.long_day(date(2026, 11, 23)) == "Lundi 23 novembre 2026"
        assert formatting.clock(NIGHT) == "22:14"
        assert formatting.month(NIGHT) == "novembre 2026"


def test_english_dates_put_the_day_first():
    with translation.override("en"):
        assert formatting.day(NIGHT) == "20 Nov 2026"
        assert formatting.long_day(date(2026, 11, 23)) == "Monday 23 November 2026"
        assert formatting.moment(NIGHT) == "20 Nov 2026 at 22:14"


def test_a_moment_late_in_the_evening_belongs_to_the_day_of_paris():
    with translation.override("en"):
        assert formatting.day(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == "21 Nov 2026"


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (Decimal("6.80"), "6,80", "6.80"),
        (Decimal("1234.5"), "1\u202f234,5", "1,234.5"),
        (Decimal("1E+3"), "1\u202f000", "1,000"),
        (71, "71", "71"),
    ],
)
def test_the_digits_of_a_result_are_kept(value, french, english):
    with translation.override("fr"):
        assert formatting.number(value) == french
    with translation.override("en"):
        assert formatting.number(value) == english


def test_a_list_ends_with_and():
    with translation.override("fr"):
        assert formatting.listing(["a", "b", "c"]) == "a, b et c"
    with translation.override("en"):
        assert formatting.listing(["a"]) == "a"


def test_a_pseudonym_is_the_first_40_bits_in_crockfords_letters():
    assert pseudonym("P", UUID(int=0)) == "P-0000-0000"
    assert pseudonym("A", UUID("ffffffff-ff00-4000-8000-000000000000")) == "A-ZZZZ-ZZZZ"
    assert pseudonym("O", UUID("08421084-2100-4000-8000-000000000000")) == "O-1111-1111"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Dr Nadia Lefèvre", "NL"), ("Pharmacie du Parc", "PP"), ("Jean-Marc Oulié", "JO"), ("Élodie", "É"), ("", "·")],
)
def test_initials_leave_the_title_out(name, expected):
    assert initials(name) == expected
