"""The tree as the tables keep it: leaves, and the hash of every whole tile of 256.

A proof or a root reads at most two tiles of each level, 256 rows each, whatever the size of the
log: 256^4 entries have four levels.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

from audit.merkle import CompactRange, consistency_proof, inclusion_proof, peaks_between, perfect_root

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

_HASH = 32
# Each tile as one value: a row per hash would take the driver longer than the server.
_TILES = """
SELECT tile.level, tile.first, CASE WHEN tile.level = 0
    THEN (SELECT string_agg(hash, ''::bytea ORDER BY idx) FROM public.audit_leaf
          WHERE idx >= tile.first AND idx < tile.last)
    ELSE (SELECT string_agg(hash, ''::bytea ORDER BY idx) FROM public.audit_node
          WHERE level = tile.level AND idx >= tile.first AND idx < tile.last) END
FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS tile (level, first, last)
"""


class BrokenTree(RuntimeError):
    """The stored tree contradicts itself; nothing may be signed on top of it."""


class StoredTree:
    """The tree of the first ``size`` entries, read through ``cursor`` tile by tile."""

    def __init__(self, cursor: CursorWrapper | Cursor[Any], size: int) -> None:
        self.size = size
        self._cursor = cursor
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def subtree(self, height: int, index: int) -> bytes:
        """The hash of one perfect subtree.

        Raises:
            BrokenTree: rows that it needs are missing.
        """
        level, above = divmod(height, TILE_HEIGHT)
        first = index << above
        if (level, first // TILE_WIDTH) not in self._tiles:
            self._fetch({(level, first // TILE_WIDTH)})
        tile = self._tiles[level, first // TILE_WIDTH]
        start = first % TILE_WIDTH
        hashes = tile[start : start + (1 << above)]
        if len(hashes) != 1 << above:
            raise BrokenTree(f"tile {level}/{first // TILE_WIDTH} of the tree lacks hashes for {self.size} entries")
        return hashes[0] if not above else perfect_root(hashes)

    def compact(self) -> CompactRange:
        """The tree reduced to its peaks, ready to grow."""
        return CompactRange(self.size, [self.subtree(*place) for place in peaks_between(0, self.size)])

    def inclusion(self, index: int) -> list[bytes]:
        """The path from leaf ``index`` to the root of this size, in one query."""
        needed: set[tuple[int, int]] = set()

        def need(height: int, index: int) -> bytes:
            level, above = divmod(height, TILE_HEIGHT)
            needed.add((level, (index << above) // TILE_WIDTH))
            return b""

        inclusion_proof(index, self.size, need)
        self._fetch(needed - self._tiles.keys())
        return inclusion_proof(index, self.size, self.subtree)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the tree of ``old`` entries begins this one."""
        return consistency_proof(old, self.size, self.subtree)

    def _fetch(self, tiles: Set[tuple[int, int]]) -> None:
        if not tiles:
            return
        levels, numbers = zip(*tiles, strict=True)
        firsts = [number * TILE_WIDTH for number in numbers]
        ends = [
            min(first + TILE_WIDTH, self.size >> level * TILE_HEIGHT)
            for level, first in zip(levels, firsts, strict=True)
        ]
        self._cursor.execute(_TILES, [list(levels), firsts, ends])
        for level, first, joined in self._cursor.fetchall():
            hashes = bytes(joined or b"")
            tile = [hashes[place : place + _HASH] for place in range(0, len(hashes), _HASH)]
            self._tiles[level, first // TILE_WIDTH] = tile
