"""The log as static tiles (``c2sp.org/tlog-tiles``): what anybody may fetch to follow it.

``checkpoint``, tiles of 256 hashes, bundles of 256 entries. A tile that is whole never changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection

from audit.cosigning import cosigned_note
from audit.models import Checkpoint
from audit.tree import TILE_HEIGHT, TILE_WIDTH

_MOST_LEVELS = 6
_PLACE = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

_LEAVES = "SELECT hash FROM public.audit_leaf WHERE idx >= %s AND idx < %s ORDER BY idx"
_NODES = "SELECT hash FROM public.audit_node WHERE level = %s AND idx >= %s AND idx < %s ORDER BY idx"
_ENTRIES = """
SELECT e.body FROM public.audit_leaf l JOIN public.audit_entry e ON e.at = l.entry_at AND e.id = l.entry_id
WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""
_SIZE = "SELECT coalesce(max(size), 0) FROM public.audit_checkpoint"


class NoSuchTile(LookupError):
    """The log has no such tile, or not yet that much of it."""


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Tile ``number`` of a level, ``width`` hashes wide (256 when it is whole)."""

    number: int
    width: int

    @classmethod
    def parse(cls, path: str) -> TilePlace:
        """The place that ``x001/x234/067`` or ``x001/x234/067.p/12`` names.

        Raises:
            NoSuchTile: it names none; each place has one name only.
        """
        matched = _PLACE.fullmatch(path)
        if matched is None:
            raise NoSuchTile
        number = int(matched[1].replace("x", "").replace("/", ""))
        width = int(matched[2]) if matched[2] else TILE_WIDTH
        place = cls(number, width)
        if width > TILE_WIDTH or (matched[2] and width == TILE_WIDTH) or place.path() != path:
            raise NoSuchTile
        return place

    def path(self) -> str:
        """The name of this place in an address."""
        groups = [f"{self.number % 1000:03d}"]
        rest = self.number // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        return "/".join(groups) + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def latest_note() -> str | None:
    """The latest checkpoint with the lines of its witnesses, if the log has one."""
    last = Checkpoint.objects.order_by("-size").first()
    return cosigned_note(last.size, last.note) if last else None


def hash_tile(level: int, place: TilePlace) -> bytes:
    """The hashes of a tile: 32 bytes each.

    Raises:
        NoSuchTile: no checkpoint covers it.
    """
    if level >= _MOST_LEVELS:
        raise NoSuchTile
    first = place.number * TILE_WIDTH
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        _check_covered(first + place.width, cursor.fetchone()[0] >> level * TILE_HEIGHT)
        if level:
            cursor.execute(_NODES, [level, first, first + place.width])
        else:
            cursor.execute(_LEAVES, [first, first + place.width])
        return b"".join(bytes(row[0]) for row in cursor.fetchall())


def entry_bundle(place: TilePlace) -> bytes:
    """The entries of a tile of level 0: each with its length in two bytes.

    Raises:
        NoSuchTile: no checkpoint covers it, or an entry of it is no longer kept.
    """
    first = place.number * TILE_WIDTH
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        _check_covered(first + place.width, cursor.fetchone()[0])
        cursor.execute(_ENTRIES, [first, first + place.width])
        bodies = [bytes(row[0]) for row in cursor.fetchall()]
    if len(bodies) != place.width:
        raise NoSuchTile
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def _check_covered(end: int, available: int) -> None:
    if end > available:
        raise NoSuchTile
