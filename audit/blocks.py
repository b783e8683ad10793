"""The log in blocks of some thousand entries, as fast as the server and Python can.

The server sends whole blocks, each column as one array in binary, instead of a row per entry, and the next block is
fetched while this one is hashed. What is checked here is checked of each entry, on this side of the connection: that it
hashes to its leaf, and that its columns say what its bytes say. A block in which anything is unusual is not judged here
at all: it is left to be read row by row, which names the first entry that is wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate, pairwise
from struct import Struct
from typing import Any
from uuid import UUID

from psycopg import Connection, Cursor

from audit.shapes import Columns, Shapes

BLOCK = 4096
_HASH = 32

# An array in binary: 20 bytes about it, then each element behind its length in four.
_HEAD = 20
# A binary timestamp counts microseconds from 2000, an entry from 1970.
_SINCE_1970 = "array_agg({} + interval '262968 hours')"
_LEAVES = f"""
SELECT count(*), min(idx), max(idx), min(entry_at), max(entry_at),
    array_agg(hash), array_agg(entry_id), {_SINCE_1970.format("entry_at")}
FROM (SELECT * FROM public.audit_leaf WHERE idx >= %s AND idx < %s ORDER BY idx) AS leaf
"""  # noqa: S608 - names of ours  # nosec B608
_ENTRIES = f"""
SELECT count(*), array_agg(octet_length(body) + 4), array_agg(body),
    array_agg(id), {_SINCE_1970.format("at")}, array_agg(actor),
    array_agg(coalesce(organisation, '{UUID(int=0)}')), array_agg(coalesce(dossier, '{UUID(int=0)}')),
    array_agg(organisation IS NULL), array_agg(dossier IS NULL),
    convert_to(string_agg(event || ' ' || role || ' ' || profession || ' ' || category || ' ' || ground || ' '
        || outcome, E'\\n'), 'UTF8')
FROM (SELECT * FROM public.audit_entry WHERE at >= %s AND at <= %s ORDER BY at, id LIMIT %s) AS entry
"""  # noqa: S608 - names of ours  # nosec B608


@dataclass(frozen=True, slots=True)
class Block:
    """The entries from number ``first`` on, and their leaves; ``None`` if they must be read one by one."""

    first: int
    count: int
    hashes: list[bytes] | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """One block as the server sends it: its leaves, and the entries of the same time, in the order of time."""

    leaves: int
    entries: int
    hashes: bytes
    leaf_ids: bytes
    leaf_times: bytes
    lengths: bytes
    bodies: bytes
    ids: bytes
    times: bytes
    actors: bytes
    organisations: bytes
    dossiers: bytes
    placeless: bytes
    patientless: bytes
    words: bytes


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of a block, side by side; ``missing`` tells of each whether organisation and dossier are NULL."""

    bodies: Sequence[bytes]
    words: Sequence[bytes]
    columns: Iterable[Columns]
    missing: Iterable[tuple[bool, bool]]

    def picked(self, order: Sequence[int]) -> _Entries:
        """Those at these places, in this order."""
        bodies, words, columns, missing = self.bodies, self.words, list(self.columns), list(self.missing)
        return _Entries(
            [bodies[place] for place in order],
            [words[place] for place in order],
            [columns[place] for place in order],
            [missing[place] for place in order],
        )


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
        found, since, until = _span(cursor)
        if found != (end - first, first, end - 1):
            return None
        leaves = _columns(cursor, 5)
        cursor.execute(_ENTRIES, [since, until, 4 * BLOCK], binary=True)
        count, *columns = _columns(cursor, 0)
        entries = int.from_bytes(count, "big")
        if not end - first <= entries < 4 * BLOCK:
            return None
        return _Raw(end - first, entries, *leaves, *columns)


def _span(cursor: Cursor[Any]) -> tuple[tuple[Any, ...], Any, Any]:
    """How many leaves a block has, its first and its last number, and the times between which its entries lie."""
    count, lowest, highest, since, until, *_arrays = cursor.fetchone() or [None] * 5
    return (count, lowest, highest), since, until


def _columns(cursor: Cursor[Any], first: int) -> list[bytes]:
    """The columns of the one row from number ``first`` on, as the server sent them."""
    result = cursor.pgresult
    return [result.get_value(0, place) or b"" for place in range(first, result.nfields)] if result else []


def _checked(raw: _Raw, shapes: Shapes) -> list[bytes] | None:
    """The leaves of a block in which every entry fits; ``None`` if one does not."""
    entries, order = _entries(raw), _order(raw)
    if entries is None or order is None:
        return None
    if order:
        entries = entries.picked(order)
    hashes = [sha256(b"\x00" + body).digest() for body in entries.bodies]
    if tuple(hashes) != _elements(raw.hashes, raw.leaves, "32s"):
        return None
    return hashes if shapes.agree(entries.bodies, entries.words, entries.columns, entries.missing) else None


def _entries(raw: _Raw) -> _Entries | None:
    """What the server sent, cut into entries; ``None`` if the parts do not fit together."""
    count = raw.entries
    places = list(accumulate(_elements(raw.lengths, count, "i"), initial=_HEAD))
    bodies = [raw.bodies[start + 4 : end] for start, end in pairwise(places)]
    words = raw.words.split(b"\n")
    if not len(bodies) == len(words) == count:
        return None
    uuids = (raw.actors, raw.organisations, raw.dossiers)
    columns = zip(
        _elements(raw.ids, count, "16s"),
        _elements(raw.times, count, "8s"),
        *(_elements(column, count, "16s") for column in uuids),
        strict=True,
    )
    missing = zip(_elements(raw.placeless, count, "?"), _elements(raw.patientless, count, "?"), strict=True)
    # Not as lists: one tuple at a time is much faster than thousands of them.
    return _Entries(bodies, words, columns, missing)


def _elements(array: bytes, count: int, kind: str) -> Sequence[Any]:
    """The elements of an array of ``count`` that have one size; none if it is not such an array."""
    cutting = _cutting(count, kind)
    return cutting.unpack(array) if len(array) == cutting.size else ()


@lru_cache(maxsize=64)
def _cutting(count: int, kind: str) -> Struct:
    return Struct(f">{_HEAD}x" + f"4x{kind}" * count)


def _order(raw: _Raw) -> list[int] | None:
    """Where among the entries each leaf lies; empty if they are in its order already, ``None`` if one is missing.

    Time and identifier are the key of the table: no two entries share them.
    """
    if (raw.leaf_ids, raw.leaf_times) == (raw.ids, raw.times):
        return []
    ids, times = _elements(raw.ids, raw.entries, "16s"), _elements(raw.times, raw.entries, "8s")
    places = {key: place for place, key in enumerate(zip(ids, times, strict=True))}
    leaf_ids, leaf_times = _elements(raw.leaf_ids, raw.leaves, "16s"), _elements(raw.leaf_times, raw.leaves, "8s")
    order = [places.get(key) for key in zip(leaf_ids, leaf_times, strict=True)]
    return None if None in order else [place for place in order if place is not None]
