"""Whatever is changed, cut, added or moved does not open."""

import pickle
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.vault.cipher import OVERHEAD, XAES, Flaw, Subkeys, Unreadable, open_, seal
from records.vault.envelope import Place, lp, subkey

KEY = bytes(range(32))
PLACE = Place("record", UUID(int=1), "laboratory", UUID(int=2), 3)
PLAINTEXT = b'{"resourceType":"Observation"}'


def keys_of(place: Place, key: bytes = KEY, version: int = 1) -> Subkeys:
    return Subkeys.derive(key, version, place.kind, place.category)


def only(version: int, subkeys: Subkeys):
    def by_version(wanted: int) -> Subkeys:
        if wanted != version:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        return subkeys

    return by_version


SUBKEYS = keys_of(PLACE)
BLOB = seal(SUBKEYS, PLACE, PLAINTEXT)


def refused(blob: bytes, place: Place = PLACE, subkeys: Subkeys = SUBKEYS, version: int = 1) -> Flaw:
    with pytest.raises(Unreadable) as caught:
        open_(only(version, subkeys), place, blob)
    assert str(caught.value) == "The sealed data could not be opened."
    assert caught.value.__cause__ is None
    return caught.value.flaw


@pytest.mark.asvs("v5.0.0-11.2.5", "v5.0.0-11.3.3")
def test_every_single_bit_flip_is_refused() -> None:
    flaws = set()
    for bit in range(len(BLOB) * 8):
        changed = bytearray(BLOB)
        changed[bit // 8] ^= 1 << (bit % 8)
        flaws.add(refused(bytes(changed)))
    assert flaws == {Flaw.FORMAT, Flaw.UNKNOWN_KEY, Flaw.COMMITMENT, Flaw.TAG}


def test_every_truncation_is_refused() -> None:
    for length in range(len(BLOB)):
        refused(BLOB[:length])
    assert refused(b"") is Flaw.FORMAT
    assert refused(BLOB[: OVERHEAD - 1]) is Flaw.LENGTH


def test_one_appended_byte_is_refused() -> None:
    for byte in range(256):
        assert refused(BLOB + bytes((byte,))) is Flaw.TAG
        refused(bytes((byte,)) + BLOB)


@pytest.mark.parametrize(
    "moved",
    [
        replace(PLACE, owner=UUID(int=9)),
        replace(PLACE, object_id=UUID(int=9)),
        replace(PLACE, revision=4),
        replace(PLACE, category="imaging"),
        replace(PLACE, kind="header"),
    ],
    ids=["patient", "object", "revision", "category", "kind"],
)
def test_moved_elsewhere_it_does_not_open(moved: Place) -> None:
    assert refused(BLOB, moved, keys_of(moved)) is Flaw.COMMITMENT


def test_under_another_key_or_version_it_does_not_open() -> None:
    assert refused(BLOB, subkeys=keys_of(PLACE, bytes(32))) is Flaw.COMMITMENT
    assert refused(BLOB, version=2) is Flaw.UNKNOWN_KEY
    renamed = BLOB[:1] + (2).to_bytes(4, "big") + BLOB[5:]
    assert refused(renamed, subkeys=keys_of(PLACE, version=2), version=2) is Flaw.COMMITMENT


@pytest.mark.asvs("v5.0.0-1.5.2")
def test_format_and_length_are_checked_before_any_key_is_asked_for() -> None:
    def never(_: int) -> Subkeys:
        raise AssertionError("asked for a key")

    for blob in (b"", b"\x02" + BLOB[1:], BLOB[: OVERHEAD - 1]):
        with pytest.raises(Unreadable):
            open_(never, PLACE, blob)


def test_subkeys_of_another_drawer_are_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="these subkeys are of"):
        seal(SUBKEYS, replace(PLACE, category="imaging"), b"")


def test_one_subkey_opens_nothing_else() -> None:
    other = replace(PLACE, category="imaging")
    blob = seal(keys_of(other), other, PLAINTEXT)
    assert refused(blob, PLACE) is Flaw.COMMITMENT


def test_subkeys_travel_to_another_process_and_say_nothing() -> None:
    travelled = pickle.loads(pickle.dumps(SUBKEYS))  # noqa: S301
    assert open_(only(1, travelled), PLACE, BLOB) == PLAINTEXT
    assert repr(travelled) == "<Subkeys>"
    assert repr(XAES(KEY)) == "<XAES>"


@pytest.mark.asvs("v5.0.0-11.3.4")
def test_nonces_never_repeat() -> None:
    count = 100_000
    assert len({seal(SUBKEYS, PLACE, b"")[37:61] for _ in range(count)}) == count


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="key of 31 bytes"):
        XAES(bytes(31))
    with pytest.raises(ValueError, match="key of 33 bytes"):
        subkey(bytes(33), "record-enc")
    with pytest.raises(ValueError, match="nonce of 12 bytes"):
        XAES(KEY).encrypt(bytes(12), b"", b"")
    with pytest.raises(ValueError, match="at most 65535"):
        lp(bytes(65_536))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2_000), st.uuids(), st.uuids(), st.text(max_size=30), st.integers(0, 2**64 - 1))
def test_round_trip(plaintext: bytes, owner: UUID, object_id: UUID, category: str, revision: int) -> None:
    place = Place("record", owner, category, object_id, revision)
    subkeys = keys_of(place, version=2**32 - 1)
    blob = seal(subkeys, place, plaintext)
    assert len(blob) == len(plaintext) + OVERHEAD
    assert open_(only(2**32 - 1, subkeys), place, blob) == plaintext


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=5), max_size=5), st.lists(st.binary(max_size=5), max_size=5))
def test_no_two_lists_of_fields_share_their_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (lp(*one) == lp(*other)) == (one == other)
