"""Headers survive their bytes and show nothing."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.headers import Flag, Header
from records.vault.padding import pad_json

NUMBERS = st.none() | st.decimals(allow_nan=False, allow_infinity=False)

HEADERS = st.builds(
    Header,
    kind=st.text(min_size=1),
    title=st.text(),
    date=st.none() | st.datetimes(timezones=st.just(UTC)),
    author_name=st.text(),
    place=st.text(),
    code=st.text(),
    system=st.text(),
    value=NUMBERS,
    value_text=st.text(),
    unit=st.text(),
    low=NUMBERS,
    high=NUMBERS,
    flag=st.sampled_from(Flag),
    status=st.text(),
)


@settings(max_examples=100, deadline=None)
@given(HEADERS)
def test_round_trip(header: Header) -> None:
    read = Header.from_bytes(pad_json(header.to_bytes()))
    assert read == header
    assert isinstance(read.flag, Flag)
    assert str(read.value) == str(header.value)


def test_says_nothing_of_itself() -> None:
    assert repr(Header(kind="Condition", title="CANARY")) == "<Header>"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":2,"kind":"X","title":""}', b'{"v":1,"CANARY":"CANARY"}'])
def test_other_bytes_are_refused_without_quoting_them(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected one of version 1") as caught:
        Header.from_bytes(data)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"date": datetime(2026, 1, 1)},
        {"value": 1.5},
        {"low": Decimal("NaN")},
        {"flag": "CRITICAL"},
    ],
)
def test_mistakes_of_a_mapping_are_refused_at_once(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        Header(**{"kind": "Observation", "title": "", **wrong})
