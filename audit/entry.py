"""The bytes of one entry of the log: frozen for ever.

``0x01 || LP(22 fields || facts)`` where ``LP`` writes each field as uint16 length (big-endian) and
bytes. ``docs/formats-log.md`` describes every field; ``tests/vectors/audit_entry.json`` holds
examples. Pure: needs neither Django nor a database, so that an outsider can run it.

Each entry has exactly one byte form: the decoder refuses everything the encoder would not write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID

FORMAT = 1
MAX_FACTS = 24

# The keys that facts may have. Written into the log for ever: names are added, never changed.
# fmt: off
FACT_KEYS = frozenset({
    "access_request", "account", "allowed", "amended", "author", "categories", "check", "choices", "count", "created",
    "deposited", "device", "dossiers", "drawer", "emergency", "entry", "error", "factor", "filter_actor",
    "filter_dossier", "filter_event", "filter_outcome", "first_bad", "format", "from", "granted", "household",
    "identical", "key_kind", "kind", "language", "left_out", "lines", "masked", "membership", "method", "minutes",
    "newest", "opposition", "organisation", "page", "period_from", "period_to", "previous", "profession",
    "professional", "purpose_key", "reason", "record", "refused", "relationship", "remaining", "resource", "restored",
    "right",
    "role", "rows", "scope", "shown", "size", "source", "state", "status", "strength", "task", "trust", "unchanged",
    "until", "verdict", "version", "witness",
})
# fmt: on

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MICROSECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_TOKEN = re.compile(r"[a-z0-9_.:-]{0,64}")
_SESSION = re.compile(r"[0-9a-f]{0,32}")


class BadEntry(ValueError):
    """These values or bytes are not an entry of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One remembered act: opaque identifiers and tokens, never a name, never free text.

    ``at`` is aware and in UTC, with microseconds. ``actor`` and ``dossier`` are pseudonyms.
    ``session`` is a keyed digest in hexadecimal. ``digest`` is the SHA-256 of what was written,
    with its ``revision`` and ``key_version``. ``facts`` are a few tokens under keys of
    :data:`FACT_KEYS`.

    Raises:
        BadEntry: a value cannot be written; the message names field, value and expectation.
    """

    id: UUID
    at: datetime
    event: str
    actor: UUID
    role: str
    outcome: str
    request: UUID
    profession: str = ""
    organisation: UUID | None = None
    strength: str = "none"
    on_behalf_of: UUID | None = None
    dossier: UUID | None = None
    category: str = ""
    object_id: UUID | None = None
    purpose: str = ""
    ground: str = ""
    choice: UUID | None = None
    matrix: str = ""
    session: str = ""
    digest: bytes = b""
    revision: int | None = None
    key_version: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(sorted(self.facts.items()))))
        _check(self)


def encode(entry: Entry) -> bytes:
    """The canonical bytes of ``entry``: what the tree hashes and the table keeps."""
    return bytes([FORMAT]) + _lp(
        entry.id.bytes,
        ((entry.at - _EPOCH) // _MICROSECOND).to_bytes(8, "big"),
        entry.event.encode("ascii"),
        entry.actor.bytes,
        entry.role.encode("ascii"),
        entry.profession.encode("ascii"),
        _uuid_bytes(entry.organisation),
        entry.strength.encode("ascii"),
        _uuid_bytes(entry.on_behalf_of),
        _uuid_bytes(entry.dossier),
        entry.category.encode("ascii"),
        _uuid_bytes(entry.object_id),
        entry.purpose.encode("ascii"),
        entry.ground.encode("ascii"),
        _uuid_bytes(entry.choice),
        entry.matrix.encode("ascii"),
        entry.outcome.encode("ascii"),
        entry.request.bytes,
        entry.session.encode("ascii"),
        entry.digest,
        _number_bytes(entry.revision, 8),
        _number_bytes(entry.key_version, 4),
        _lp(*(part.encode("ascii") for pair in entry.facts.items() for part in pair)),
    )


def decode(body: bytes) -> Entry:
    """The entry of these canonical bytes.

    Raises:
        BadEntry: unknown format, a field cut or left over, a value out of its alphabet, facts
            unsorted, repeated or under an unknown key.
    """
    if not body or body[0] != FORMAT:
        raise BadEntry(f"entry: first byte {body[:1].hex() or 'missing'}, expected {FORMAT:02x}")
    parts = _fields(body, 1)
    if len(parts) != 23:
        raise BadEntry(f"entry: {len(parts)} fields, expected 23")
    return Entry(
        id=_uuid("id", parts[0]),
        at=_moment(parts[1]),
        event=_text("event", parts[2]),
        actor=_uuid("actor", parts[3]),
        role=_text("role", parts[4]),
        profession=_text("profession", parts[5]),
        organisation=_optional_uuid("organisation", parts[6]),
        strength=_text("strength", parts[7]),
        on_behalf_of=_optional_uuid("on_behalf_of", parts[8]),
        dossier=_optional_uuid("dossier", parts[9]),
        category=_text("category", parts[10]),
        object_id=_optional_uuid("object_id", parts[11]),
        purpose=_text("purpose", parts[12]),
        ground=_text("ground", parts[13]),
        choice=_optional_uuid("choice", parts[14]),
        matrix=_text("matrix", parts[15]),
        outcome=_text("outcome", parts[16]),
        request=_uuid("request", parts[17]),
        session=_text("session", parts[18]),
        digest=parts[19],
        revision=_number("revision", parts[20], 8),
        key_version=_number("key_version", parts[21], 4),
        facts=_facts(parts[22]),
    )


def fact_text(value: object) -> str:
    """The token of a fact's value: a token itself, a whole number, a yes or no, or a UUID.

    Raises:
        BadEntry: ``value`` is of another type.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, UUID)):
        return str(value)
    raise BadEntry(f"facts: value of type {type(value).__name__}, expected a token, a whole number or a UUID")


# --- checking ---------------------------------------------------------------------------------


def _check(entry: Entry) -> None:
    if entry.at.tzinfo is None or entry.at.utcoffset() or entry.at < _EPOCH:
        raise BadEntry(f"at={entry.at!r}: expected a time in UTC since 1970")
    for name in ("event", "role", "strength", "outcome"):
        if not getattr(entry, name):
            raise BadEntry(f"{name}='': expected a token")
    for name in ("event", "role", "profession", "strength", "category", "purpose", "ground", "matrix", "outcome"):
        if not _TOKEN.fullmatch(getattr(entry, name)):
            raise BadEntry(f"{name}={getattr(entry, name)!r}: expected up to 64 of a-z 0-9 _ . : -")
    if not _SESSION.fullmatch(entry.session):
        raise BadEntry("session: expected up to 32 lower-case hexadecimal digits")
    if len(entry.digest) not in (0, 32):
        raise BadEntry(f"digest of {len(entry.digest)} bytes: expected 32 or none")
    _check_number("revision", entry.revision, 8)
    _check_number("key_version", entry.key_version, 4)
    _check_facts(entry.facts)


def _check_number(name: str, value: int | None, width: int) -> None:
    if value is not None and not 0 <= value < 1 << 8 * width:
        raise BadEntry(f"{name}={value}: expected 0 to 2^{8 * width}-1")


def _check_facts(facts: Mapping[str, str]) -> None:
    if len(facts) > MAX_FACTS:
        raise BadEntry(f"facts: {len(facts)} pairs, expected {MAX_FACTS} at most")
    for key, value in facts.items():
        if key not in FACT_KEYS:
            raise BadEntry(f"facts: key {key!r} is not in audit.entry.FACT_KEYS")
        if not value or not _TOKEN.fullmatch(value):
            raise BadEntry(f"facts: value of {key!r}: expected 1 to 64 of a-z 0-9 _ . : -")


# --- writing and reading bytes ----------------------------------------------------------------


def _lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _fields(body: bytes, start: int) -> list[bytes]:
    """The length-prefixed fields of ``body`` from ``start``, which must end where it ends."""
    parts: list[bytes] = []
    end = len(body)
    while start < end:
        if start + 2 > end:
            raise BadEntry(f"entry: a length cut at byte {start}")
        stop = start + 2 + (body[start] << 8 | body[start + 1])
        if stop > end:
            raise BadEntry(f"entry: a field cut at byte {start}")
        parts.append(body[start + 2 : stop])
        start = stop
    return parts


def _uuid_bytes(value: UUID | None) -> bytes:
    return b"" if value is None else value.bytes


def _number_bytes(value: int | None, width: int) -> bytes:
    return b"" if value is None else value.to_bytes(width, "big")


def _uuid(name: str, part: bytes) -> UUID:
    if len(part) != 16:
        raise BadEntry(f"{name}: {len(part)} bytes, expected 16")
    return UUID(bytes=part)


def _optional_uuid(name: str, part: bytes) -> UUID | None:
    return _uuid(name, part) if part else None


def _number(name: str, part: bytes, width: int) -> int | None:
    if not part:
        return None
    if len(part) != width:
        raise BadEntry(f"{name}: {len(part)} bytes, expected {width} or none")
    return int.from_bytes(part, "big")


def _moment(part: bytes) -> datetime:
    if len(part) != 8:
        raise BadEntry(f"at: {len(part)} bytes, expected 8")
    microseconds = int.from_bytes(part, "big")
    if microseconds > _LAST_MICROSECOND:
        raise BadEntry(f"at: {microseconds} microseconds, expected a time before the year 10000")
    return _EPOCH + timedelta(microseconds=microseconds)


def _text(name: str, part: bytes) -> str:
    try:
        return part.decode("ascii")
    except UnicodeDecodeError:
        raise BadEntry(f"{name}: bytes outside ASCII") from None


def _facts(part: bytes) -> dict[str, str]:
    parts = [_text("facts", piece) for piece in _fields(part, 0)]
    keys = parts[0::2]
    if len(parts) % 2 or any(first >= second for first, second in pairwise(keys)):
        raise BadEntry("facts: expected pairs, sorted by key, each key once")
    return dict(zip(keys, parts[1::2], strict=True))
