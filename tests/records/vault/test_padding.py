"""Padding hides lengths and keeps JSON readable."""

import json

from hypothesis import given
from hypothesis import strategies as st

from records.vault.padding import SMALLEST, pad_json, padme


@given(st.integers(0, 10**7))
def test_never_shorter_and_at_most_an_eighth_longer(length: int) -> None:
    assert length <= padme(length) <= length * 1.12 + 1
    assert padme(padme(length)) == padme(length)


def test_few_lengths_remain() -> None:
    assert len({padme(length) for length in range(1_000, 10_000)}) < 70
    assert padme(9) == 10  # the example of the paper


@given(st.dictionaries(st.text(), st.text()))
def test_padded_json_reads_the_same(document: dict) -> None:
    plain = json.dumps(document).encode()
    padded = pad_json(plain)
    assert len(padded) >= SMALLEST
    assert json.loads(padded) == document
    assert padded.startswith(plain)
