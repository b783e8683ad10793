"""The log in blocks of some thousand entries, as fast as the server and Python can.

The server sends whole blocks as a few long strings instead of a row per entry, and the next block is fetched while
this one is hashed. What is checked here is checked of each entry: that it hashes to its leaf, and that its columns say
what its bytes say. A block in which anything is unusual is not judged here at all: it is left to be read row by row,
which names the first entry that is wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from struct import unpack
from typing import Any

from psycopg import Connection, Cursor

from audit.shapes import COLUMNS, Shapes

BLOCK = 4096
_HASH = 32
_KEY = 24

# A binary timestamp counts microseconds from 2000, an entry from 1970.
_SINCE_1970 = "timestamptz_send({} + interval '262968 hours')"
_LEAVES = f"""
SELECT min(idx), max(idx), min(entry_at), max(entry_at),
    string_agg(hash, ''::bytea), string_agg(uuid_send(entry_id) || {_SINCE_1970.format("entry_at")}, ''::bytea)
FROM (SELECT * FROM public.audit_leaf WHERE idx >= %s AND idx < %s ORDER BY idx) AS leaf
"""  # noqa: S608
_ENTRIES = f"""
SELECT string_agg(int2send(octet_length(body)::int2), ''::bytea), string_agg(body, ''::bytea),
    string_agg(uuid_send(id) || {_SINCE_1970.format("at")} || uuid_send(actor)
        || coalesce(uuid_send(organisation), %s) || coalesce(uuid_send(dossier), %s), ''::bytea),
    convert_to(string_agg(event || ' ' || role || ' ' || profession || ' ' || category || ' ' || ground || ' '
        || outcome || CASE WHEN organisation IS NULL THEN ' -' ELSE ' +' END
        || CASE WHEN dossier IS NULL THEN '-' ELSE '+' END, E'\\n'), 'UTF8')
FROM (SELECT * FROM public.audit_entry WHERE at >= %s AND at <= %s ORDER BY at, id LIMIT %s) AS entry
"""  # noqa: S608
_NONE = bytes(16)


@dataclass(frozen=True, slots=True)
class Block:
    """The entries from number ``first`` on, and their leaves; ``None`` if they must be read one by one."""

    first: int
    count: int
    hashes: list[bytes] | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """One block as the server sends it: its leaves, and the entries of the same time, in the order of time."""

    hashes: bytes
    keys: bytes
    lengths: bytes
    bodies: bytes
    columns: bytes
    words: bytes


def read_blocks(connection: Connection[Any], first: int, total: int) -> Generator[Block, None, None]:
    """The entries from number ``first`` to ``total`` - 1, block by block, in the open transaction.

    Blocks end at multiples of :data:`BLOCK`, so that they hold whole tiles.
    """
    shapes = Shapes()
    # One thread, one block ahead: the driver lets other threads go on while it waits for the server.
    with ThreadPoolExecutor(1) as ahead:
        ranges = _ranges(first, total)
        current = next(ranges, None)
        waiting = current and ahead.submit(_fetch, connection, *current)
        while current and waiting:
            raw, (start, end) = waiting.result(), current
            current = next(ranges, None)
            waiting = current and ahead.submit(_fetch, connection, *current)
            yield Block(start, end - start, None if raw is None else _checked(raw, shapes))


def _ranges(first: int, total: int) -> Iterator[tuple[int, int]]:
    while first < total:
        end = min((first // BLOCK + 1) * BLOCK, total)
        yield first, end
        first = end


def _fetch(connection: Connection[Any], first: int, end: int) -> _Raw | None:
    """What the server holds of one block; ``None`` if numbers are missing or its time is too long to read at once."""
    # Django's own cursors bind on this side of the connection and cannot receive binary answers.
    with Cursor(connection) as cursor:
        cursor.execute(_LEAVES, [first, end], binary=True)
        lowest, highest, since, until, hashes, keys = _row(cursor)
        if (lowest, highest) != (first, end - 1) or len(hashes) != _HASH * (end - first):
            return None
        cursor.execute(_ENTRIES, [_NONE, _NONE, since, until, 4 * BLOCK], binary=True)
        lengths, bodies, columns, words = _row(cursor)
        if lengths is None or len(lengths) == 2 * 4 * BLOCK:
            return None
        return _Raw(hashes, keys, lengths, bodies, columns, words)


def _row(cursor: Cursor[Any]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    return row or ()


def _checked(raw: _Raw, shapes: Shapes) -> list[bytes] | None:
    """The leaves of a block in which every entry fits; ``None`` if one does not."""
    ends = list(accumulate(unpack(f">{len(raw.lengths) // 2}h", raw.lengths)))
    bodies = [raw.bodies[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    columns = list(COLUMNS.iter_unpack(raw.columns))
    words = raw.words.split(b"\n")
    if not len(bodies) == len(columns) == len(words):
        return None
    keys = [raw.columns[place : place + _KEY] for place in range(0, len(raw.columns), COLUMNS.size)]
    if b"".join(keys) != raw.keys:
        order = _order(keys, raw.keys)
        if order is None:
            return None
        bodies, words = [bodies[place] for place in order], [words[place] for place in order]
        columns = [columns[place] for place in order]
    hashes = [sha256(b"\x00" + body).digest() for body in bodies]
    if b"".join(hashes) != raw.hashes or not shapes.agree(bodies, words, columns):
        return None
    return hashes


def _order(keys: list[bytes], wanted: bytes) -> list[int] | None:
    """Where among ``keys`` each of the wanted ones lies; ``None`` if one is missing or there twice."""
    places = {key: place for place, key in enumerate(keys)}
    if len(places) != len(keys):
        return None
    order = [places.get(wanted[start : start + _KEY]) for start in range(0, len(wanted), _KEY)]
    return None if None in order else [place for place in order if place is not None]
