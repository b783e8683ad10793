"""The tree as the tables keep it: leaves, and the hash of every whole tile of 256.

A proof or a root reads at most two tiles of each level, 256 rows each, whatever the size of the
log: 256^4 entries have four levels.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

from audit.merkle import CompactRange, consistency_proof, inclusion_proof, peaks_between, root_of

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

_LEAVES = "SELECT hash FROM public.audit_leaf WHERE idx >= %s AND idx < %s ORDER BY idx"
_NODES = "SELECT hash FROM public.audit_node WHERE level = %s AND idx >= %s AND idx < %s ORDER BY idx"


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
        tile = self._tile(level, first // TILE_WIDTH)
        start = first % TILE_WIDTH
        hashes = tile[start : start + (1 << above)]
        if len(hashes) != 1 << above:
            raise BrokenTree(f"tile {level}/{first // TILE_WIDTH} of the tree lacks hashes for {self.size} entries")
        return hashes[0] if not above else root_of(hashes)

    def compact(self) -> CompactRange:
        """The tree reduced to its peaks, ready to grow."""
        return CompactRange(self.size, [self.subtree(*place) for place in peaks_between(0, self.size)])

    def inclusion(self, index: int) -> list[bytes]:
        """The path from leaf ``index`` to the root of this size."""
        return inclusion_proof(index, self.size, self.subtree)

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the tree of ``old`` entries begins this one."""
        return consistency_proof(old, self.size, self.subtree)

    def _tile(self, level: int, number: int) -> list[bytes]:
        tile = self._tiles.get((level, number))
        if tile is None:
            first = number * TILE_WIDTH
            end = min(first + TILE_WIDTH, self.size >> level * TILE_HEIGHT)
            if level:
                self._cursor.execute(_NODES, [level, first, end])
            else:
                self._cursor.execute(_LEAVES, [first, end])
            tile = [bytes(row[0]) for row in self._cursor.fetchall()]
            self._tiles[level, number] = tile
        return tile
