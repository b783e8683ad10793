"""Comparing the columns of many entries with their bytes, fast.

Most entries of a log look alike: the same fields have the same lengths and the same words, and only identifiers and
the time differ. The first of each kind is decoded in full and its *shape* kept: where the identifiers lie, and what
every byte between them must be. The next ones are cut at those places and compared as a whole; whatever does not fit
its shape is decoded in full again, so a shape decides nothing that :mod:`audit.entry` would decide otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

from audit.entry import BadEntry, Entry, decode

# The identifiers that the table repeats, as the server sends them: id, time (microseconds), actor,
# organisation and dossier, zeros where there is none.
Columns = tuple[bytes, bytes, bytes, bytes, bytes]

_REPEATED = {0: 0, 1: 1, 3: 2, 6: 3, 9: 4}  # number of the field -> number of the column
_UNREPEATED = frozenset({11, 14, 17, 18, 19, 20, 21})  # other identifiers, digests and numbers, all behind these
_NONE = bytes(16)
_MOST_SHAPES = 20_000
_Key = tuple[bytes, int, tuple[bool, bool]]  # words, length, what is NULL


class _Shape(NamedTuple):
    """How ``unpack`` divides an entry: where the repeated columns come to lie, and the bytes that entries share.

    ``heads`` and ``tails`` lie before and behind the columns in the first entry of the kind, ``others`` in those that
    were decoded since: they differ in a number or a word that no column repeats. ``pick`` takes the columns that are
    repeated, ``None`` all of them.
    """

    unpack: Callable[[bytes], tuple[bytes, ...]]
    columns_at: slice
    heads_at: slice
    tails_at: slice
    heads: tuple[bytes, ...]
    tails: tuple[bytes, ...]
    others: set[tuple[tuple[bytes, ...], tuple[bytes, ...]]]
    pick: Callable[[Columns], tuple[bytes, ...]] | None


class Shapes:
    """The shapes met so far; at most some thousands, so that memory stays constant."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Shape] = {}
        self._room = _MOST_SHAPES

    def agree(
        self,
        bodies: Iterable[bytes],
        words: Iterable[bytes],
        columns: Iterable[Columns],
        missing_of: Iterable[tuple[bool, bool]],
    ) -> bool:
        """Whether all these columns say what their bytes say.

        ``words`` are what :func:`words_of` gives for the entry; ``missing_of`` tells of NULL organisations and
        dossiers.

        One loop without calls: it runs once per entry of the log, and a call would cost as much as a comparison.
        """
        known = self._known
        for body, line, repeated, missing in zip(bodies, words, columns, missing_of, strict=True):
            shape = known.get((line, len(body), missing))
            if shape is not None:
                unpack, columns_at, heads_at, tails_at, heads, tails, others, pick = shape
                parts = unpack(body)
                expected = repeated if pick is None else pick(repeated)
                if parts[columns_at] == expected and (
                    (parts[heads_at] == heads and parts[tails_at] == tails)
                    or (parts[heads_at], parts[tails_at]) in others
                ):
                    continue
            if not self._agree_in_full(body, line, repeated, missing):
                return False
        return True

    def _agree_in_full(self, body: bytes, words: bytes, columns: Columns, missing: tuple[bool, bool]) -> bool:
        try:
            entry = decode(body)
        except BadEntry:
            return False
        if words_of(entry) != words or _columns_of(entry, body) != columns:
            return False
        if missing != (entry.organisation is None, entry.dossier is None):
            return False
        if self._room:
            self._room -= 1
            self._remember((words, len(body), missing), _shape_of(body), body)
        return True

    def _remember(self, key: _Key, shape: _Shape, body: bytes) -> None:
        """Keep the shape, or what is new about it; the same words and length may be divided in another way."""
        known = self._known.get(key)
        if known is None or _cut(known) != _cut(shape):
            self._known[key] = shape
            return
        parts = known.unpack(body)
        known.others.add((parts[known.heads_at], parts[known.tails_at]))


def _cut(shape: _Shape) -> tuple[int, ...]:
    """Where a shape divides an entry."""
    return tuple(map(len, shape.heads + shape.tails))


def words_of(entry: Entry) -> bytes:
    """The repeated columns that are words, on one line.

    Words hold no blanks, so the line has exactly six and can be read in one way only.
    """
    words = (entry.event, entry.role, entry.profession, entry.category, entry.ground, entry.outcome)
    return " ".join(words).encode()


def _columns_of(entry: Entry, body: bytes) -> Columns:
    organisation, dossier = (value.bytes if value else _NONE for value in (entry.organisation, entry.dossier))
    # The time lies behind the format, the identifier and two lengths.
    return entry.id.bytes, body[21:29], entry.actor.bytes, organisation, dossier


def _shape_of(body: bytes) -> _Shape:
    """The shape of an entry that was decoded without complaint."""
    cut, run = "", bytearray(body[:1])
    heads: list[bytes] = []
    tails: list[bytes] = []
    picked: list[int] = []
    start = 1
    for number in range(23):
        end = start + 2 + int.from_bytes(body[start : start + 2], "big")
        run += body[start : start + 2]
        width = end - start - 2
        if width and number in _REPEATED:
            cut += f"{len(run)}s{width}s"
            heads.append(bytes(run))
            picked.append(_REPEATED[number])
            run = bytearray()
        elif width and number in _UNREPEATED:
            cut += f"{len(run)}s{width}x"
            tails.append(bytes(run))
            run = bytearray()
        else:
            run += body[start + 2 : end]
        start = end
    tails.append(bytes(run))
    pick = None if len(picked) == len(_REPEATED) else itemgetter(*picked)
    last = 2 * len(heads)
    unpack = Struct(f"{cut}{len(run)}s").unpack
    return _Shape(
        unpack, slice(1, last, 2), slice(0, last, 2), slice(last, None), tuple(heads), tuple(tails), set(), pick
    )
