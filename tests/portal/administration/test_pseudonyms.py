"""A pseudonym copied from a page finds the identifiers that are shown under it, however it is typed."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.administration.pseudonyms import PseudonymError, parse_pseudonym
from portal.ui.pseudonyms import pseudonym


@given(st.uuids())
@settings(max_examples=100)
def test_what_a_page_shows_is_read_back(identifier: UUID) -> None:
    found = parse_pseudonym(pseudonym("P", identifier), prefix="P")
    assert found.first <= identifier <= found.last
    assert found.last.int - found.first.int == 2**88 - 1


@pytest.mark.parametrize("typed", ["P-7Q3K-M2XT", "p-7q3k-m2xt", "7Q3KM2XT", " P 7Q3K M2XT ", "7q3k-m2xt"])
def test_many_ways_of_typing_it(typed: str) -> None:
    assert parse_pseudonym(typed, prefix="P") == parse_pseudonym("P-7Q3K-M2XT", prefix="P")


def test_letters_that_look_like_digits_are_digits() -> None:
    assert parse_pseudonym("P-OIL0-0000", prefix="P") == parse_pseudonym("P-0110-0000", prefix="P")


@pytest.mark.parametrize(
    "typed", ["", "P-", "A-7Q3K-M2XT", "P-7Q3K", "P-7Q3K-M2XU", "P-7Q3K-M2X%", "é" * 8, str(uuid4())]
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(PseudonymError):
        parse_pseudonym(typed, prefix="P")
