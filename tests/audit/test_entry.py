"""The frozen bytes of an entry."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import FACT_KEYS, MAX_FACTS, BadEntry, Entry, decode, encode, fact_text
from audit.merkle import leaf_hash

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "audit_entry.json").read_text())
_UUIDS = {"id", "actor", "request", "organisation", "on_behalf_of", "dossier", "object_id", "choice"}


def from_json(values):
    values = dict(values, at=datetime.fromisoformat(values["at"]), digest=bytes.fromhex(values["digest"]))
    return Entry(**{key: UUID(value) if key in _UUIDS and value else value for key, value in values.items()})


FULL = from_json(VECTORS["entries"][1]["fields"])


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["name"])
def test_vectors(vector):
    entry = from_json(vector["fields"])
    assert encode(entry).hex() == vector["bytes"]
    assert decode(bytes.fromhex(vector["bytes"])) == entry
    assert leaf_hash(bytes.fromhex(vector["bytes"])).hex() == vector["leaf_hash"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_refused_vectors(vector):
    with pytest.raises(BadEntry):
        decode(bytes.fromhex(vector["bytes"]))


@pytest.mark.asvs("v5.0.0-16.2.2")
def test_the_bytes_spelled_out():
    """The layout of docs/formats-log.md, written here by hand and not by the encoder."""
    entry = Entry(
        id=UUID(int=1), at=datetime(2026, 11, 23, tzinfo=UTC), event="e", actor=UUID(int=2), role="r", outcome="o",
        request=UUID(int=3), revision=7, key_version=8, facts={"until": "9", "count": "1"},
    )  # fmt: skip
    facts = "0005" + b"count".hex() + "000131" + "0005" + b"until".hex() + "000139"
    expected = [
        "01",
        "0010" + "00" * 15 + "01",  # id
        "0008" + "000660e646648000",  # at
        "0001" + "65",  # event
        "0010" + "00" * 15 + "02",  # actor
        "0001" + "72",  # role
        "0000" + "0000",  # profession, organisation
        "0004" + b"none".hex(),  # strength
        "0000" * 8,  # on behalf of, dossier, category, object, purpose, ground, choice, matrix
        "0001" + "6f",  # outcome
        "0010" + "00" * 15 + "03",  # request
        "0000" + "0000",  # session, digest
        "0008" + "0000000000000007",  # revision
        "0004" + "00000008",  # key version
        f"{len(facts) // 2:04x}" + facts,
    ]
    assert encode(entry).hex() == "".join(expected)


def test_one_form_only():
    """Whatever single bit is flipped, the bytes are refused or are the one form of another entry."""
    body = encode(FULL)
    for place in range(len(body)):
        for bit in range(8):
            bent = bytearray(body)
            bent[place] ^= 1 << bit
            try:
                entry = decode(bytes(bent))
            except BadEntry:
                continue
            assert entry != FULL
            assert encode(entry) == bytes(bent)


def test_truncated_and_prolonged_bytes_are_refused():
    body = encode(FULL)
    for end in range(len(body)):
        with pytest.raises(BadEntry):
            decode(body[:end])
    for tail in (b"\x00", b"\x00\x00", b"\x00\x01x"):
        with pytest.raises(BadEntry):
            decode(body + tail)


def _with_facts(*parts):
    """The bytes of FULL with other facts."""
    plain = encode(replace(FULL, facts={}))
    facts = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return plain[:-2] + len(facts).to_bytes(2, "big") + facts


@pytest.mark.parametrize(
    "parts",
    [
        (b"until", b"1", b"count", b"1"),
        (b"count", b"1", b"count", b"1"),
        (b"count",),
        (b"surname", b"1"),
        (b"count", b""),
        (b"count", b"Free text"),
        (b"count", "é".encode()),
        (b"", b"1"),
    ],
)
def test_facts_that_are_refused(parts):
    decode(_with_facts(b"count", b"1", b"until", b"1"))
    with pytest.raises(BadEntry):
        decode(_with_facts(*parts))


@pytest.mark.parametrize(
    "change",
    [
        {"event": ""},
        {"event": "Record.Read"},
        {"event": "x" * 65},
        {"role": ""},
        {"outcome": ""},
        {"strength": ""},
        {"purpose": "because he asked"},
        {"ground": "été"},
        {"ground": "a\n"},
        {"session": "xyz"},
        {"session": "AB"},
        {"session": "a" * 33},
        {"digest": b"short"},
        {"revision": -1},
        {"revision": 1 << 64},
        {"key_version": 1 << 32},
        {"facts": {"surname": "x"}},
        {"facts": {"reason": "Some words"}},
        {"facts": dict.fromkeys(sorted(FACT_KEYS)[: MAX_FACTS + 1], "1")},
        {"at": datetime(2026, 1, 1)},
        {"at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
        {"at": datetime(1969, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_values_that_are_refused(change):
    with pytest.raises(BadEntry):
        replace(FULL, **change)


def test_fact_text():
    assert fact_text(True) == "yes"
    assert fact_text(-3) == "-3"
    assert fact_text(UUID(int=5)) == str(UUID(int=5))
    with pytest.raises(BadEntry, match="float"):
        fact_text(1.5)


_tokens = st.from_regex(r"[a-z0-9_.:-]{1,64}", fullmatch=True)
_maybe_token = st.one_of(st.just(""), _tokens)
_maybe_uuid = st.one_of(st.none(), st.uuids())
_entries = st.builds(
    Entry,
    id=st.uuids(),
    at=st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),
    event=_tokens,
    actor=st.uuids(),
    role=_tokens,
    outcome=_tokens,
    request=st.uuids(),
    profession=_maybe_token,
    organisation=_maybe_uuid,
    strength=_tokens,
    on_behalf_of=_maybe_uuid,
    dossier=_maybe_uuid,
    category=_maybe_token,
    object_id=_maybe_uuid,
    purpose=_maybe_token,
    ground=_maybe_token,
    choice=_maybe_uuid,
    matrix=_maybe_token,
    session=st.from_regex(r"[0-9a-f]{0,32}", fullmatch=True),
    digest=st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)),
    revision=st.one_of(st.none(), st.integers(0, (1 << 64) - 1)),
    key_version=st.one_of(st.none(), st.integers(0, (1 << 32) - 1)),
    facts=st.dictionaries(st.sampled_from(sorted(FACT_KEYS)), _tokens, max_size=MAX_FACTS),
)


@given(_entries)
def test_round_trip(entry):
    assert decode(encode(entry)) == entry
    assert len(encode(entry)) < 6000


@given(_entries, _entries)
def test_different_entries_have_different_bytes(one, other):
    assert (encode(one) == encode(other)) == (one == other)


@given(st.binary(max_size=400))
def test_noise_is_refused_or_canonical(noise):
    try:
        entry = decode(b"\x01" + noise)
    except BadEntry:
        return
    assert encode(entry) == b"\x01" + noise


def test_every_field_of_an_entry_enters_its_bytes():
    changes = {
        "id": UUID(int=9), "at": FULL.at + timedelta(microseconds=1), "event": "other", "actor": UUID(int=9),
        "role": "other", "outcome": "other", "request": UUID(int=9), "profession": "other", "organisation": None,
        "strength": "other", "on_behalf_of": None, "dossier": None, "category": "other", "object_id": None,
        "purpose": "other", "ground": "other", "choice": None, "matrix": "other", "session": "",
        "digest": b"", "revision": None, "key_version": None, "facts": {},
    }  # fmt: skip
    assert set(changes) == {field.name for field in fields(Entry)}
    bodies = {encode(replace(FULL, **{name: value})) for name, value in changes.items()}
    assert len(bodies) == len(changes)
    assert encode(FULL) not in bodies
