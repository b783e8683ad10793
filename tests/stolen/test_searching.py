"""The search itself: a canary is found under every disguise, and only as a whole word."""

import base64
import gzip
import zlib
from datetime import date

import pytest

from tests.stolen.needles import Needle, of_person
from tests.stolen.searching import search

CANARY = Needle("canary", "Zéphyrine")
WORD = CANARY.text.encode()
LINE = b'{"family": "' + WORD + b'", "note": "planted"}'


@pytest.mark.parametrize(
    "disguised",
    [
        LINE,
        LINE.decode().upper().encode(),
        b"\\x" + LINE.hex().encode(),
        b"\\x" + LINE.hex().upper().encode(),
        base64.b64encode(LINE),
        base64.urlsafe_b64encode(b"..." + LINE),
        b"x" + base64.b64encode(LINE),
        zlib.compress(LINE),
        gzip.compress(LINE, mtime=0),
        b"\\x" + zlib.compress(LINE, 9).hex().encode(),
        base64.b64encode(b"-" + gzip.compress(LINE, mtime=0)),
        b"\\x" + base64.b64encode(LINE).hex().encode(),
    ],
)
def test_a_planted_canary_is_found_under_every_disguise(disguised):
    assert search([("planted", b"before " + disguised + b" after")], [CANARY])


def test_a_part_of_a_word_is_not_a_hit():
    assert not search([("planted", b"Z\xc3\xa9phyrines, preZ\xc3\xa9phyrine")], [CANARY])


def test_short_names_count_beside_the_other_name():
    texts = {needle.text for needle in of_person("Von", "Lonnie", date(1950, 8, 3))}
    assert "Von" not in texts
    assert {"Lonnie", "Lonnie Von", "Von Lonnie", "1950-08-03", "03/08/1950", "3 août 1950"} <= texts
