"""Giving committed entries their number, growing the tree, signing a checkpoint.

One transaction does all of it under an advisory lock, so that a crash leaves either the whole batch
or nothing, and two sequencers take turns. New entries are those *without a leaf*: an identifier or
a time says nothing about the order of commits, and "greater than the last one seen" would lose the
late ones for ever. The search begins at the *horizon*: the oldest transaction that was still
running when the last batch was taken; all that older ones wrote had been numbered by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from audit.keys import load_signer
from audit.merkle import EMPTY_ROOT, leaf_hash
from audit.note import Checkpoint, Signer, sign_checkpoint
from audit.numbering import NUMBERING, numbering
from audit.tree import TILE_HEIGHT, BrokenTree, StoredTree

BATCH = 4096

# Any number will do that no other advisory lock uses.
_LOCK = 0x6361726E65740001

_HEAD = """
SELECT last.size, last.root, last.horizon::text, last.swept, last.cluster, here.system_identifier
FROM pg_control_system() AS here LEFT JOIN LATERAL (
    SELECT * FROM public.audit_checkpoint ORDER BY size DESC LIMIT 1) AS last ON true
"""

# Rows at or above xmax can only come from another server, before a restore: the sweep found them.
# What was written here and is visible lies below.
_FRESH = """
SELECT e.at, e.id, e.body, e.xid::text, pg_snapshot_xmin(pg_current_snapshot())::text
FROM public.audit_entry e
WHERE e.xid >= %s::xid8 AND (NOT %s OR e.xid < pg_snapshot_xmax(pg_current_snapshot()))
    AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id)
ORDER BY e.xid, e.at, e.id LIMIT %s
"""

_ADD_LEAVES = """
INSERT INTO public.audit_leaf (idx, entry_at, entry_id, hash)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[], %s::bytea[])
"""
_ADD_NODES = """
INSERT INTO public.audit_node (level, idx, hash) SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
"""
_ADD_CHECKPOINT = """
INSERT INTO public.audit_checkpoint (size, root, note, at, horizon, swept, cluster)
VALUES (%s, %s, %s, %s, %s::xid8, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class _Head:
    """Where the last batch ended: all entries below ``horizon`` have numbers.

    Transactions are counted anew on another server, so after a restore the horizon means nothing:
    it starts at 0 and the whole log is searched once (``swept`` tells when that is over).
    """

    size: int
    root: bytes
    horizon: int
    swept: bool
    cluster: int


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Committed entries without a number, oldest transaction first, and the horizon after them."""

    places: list[tuple[datetime, UUID]]
    hashes: list[bytes]
    horizon: int
    swept: bool


def sequence_once(limit: int = BATCH) -> int:
    """Number up to ``limit`` committed entries and sign a checkpoint over them; return how many.

    Waits while another sequencer is at work. Every entry committed before the call has its number
    afterwards, unless more than ``limit`` were waiting.

    Raises:
        BrokenTree: the stored tree does not have the root that was last signed; nothing is added.
        ImproperlyConfigured: there is no signing key, or no connection as the role that numbers.
        RuntimeError: called inside a transaction.
    """
    signer, connection = load_signer(), numbering()
    with transaction.atomic(using=NUMBERING, durable=True), connection.cursor() as cursor:
        # First, and in a statement of its own: each later statement then sees what the sequencer
        # that held the lock has committed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        head = _head(cursor)
        fresh = _fresh(cursor, head, limit)
        if fresh.places:
            _extend(cursor, head, fresh, signer)
    return len(fresh.places)


def make_partitions() -> int:
    """Make the partitions of this month and the next three; return how many were missing."""
    connection = numbering()
    with transaction.atomic(using=NUMBERING), connection.cursor() as cursor:
        cursor.execute("SELECT public.audit_make_partitions()")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _head(cursor: CursorWrapper) -> _Head:
    cursor.execute(_HEAD)
    size, root, horizon, swept, cluster, here = cursor.fetchone()
    if size is None:
        return _Head(0, EMPTY_ROOT, 0, False, here)
    if cluster != here:
        return _Head(size, bytes(root), 0, False, here)
    return _Head(size, bytes(root), int(horizon), swept, here)


def _fresh(cursor: CursorWrapper, head: _Head, limit: int) -> _Fresh:
    # The planner has no idea how few rows lie above the horizon, and would hash the whole log.
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off")
    cursor.execute(_FRESH, [str(head.horizon), head.swept, limit])
    rows = cursor.fetchall()
    horizon = int(rows[0][4]) if rows else head.horizon
    full = len(rows) == limit
    if full:
        # Rows may be left from the transaction of the last one on; below it there are none.
        horizon = min(horizon, int(rows[-1][3]))
    return _Fresh(
        places=[(row[0], row[1]) for row in rows],
        hashes=[leaf_hash(bytes(row[2])) for row in rows],
        horizon=horizon,
        swept=head.swept or not full,
    )


def _extend(cursor: CursorWrapper, head: _Head, fresh: _Fresh, signer: Signer) -> None:
    tree = StoredTree(cursor, head.size).compact()
    if tree.root() != head.root:
        raise BrokenTree(f"the first {head.size} entries do not have the root that was signed for them")
    tiles = [
        (height // TILE_HEIGHT, index, hashed)
        for leaf in fresh.hashes
        for height, index, hashed in tree.append(leaf)
        if height % TILE_HEIGHT == 0
    ]
    moments, entries = zip(*fresh.places, strict=True)
    cursor.execute(_ADD_LEAVES, [list(range(head.size, tree.size)), list(moments), list(entries), fresh.hashes])
    if tiles:
        cursor.execute(_ADD_NODES, [list(column) for column in zip(*tiles, strict=True)])
    signed = sign_checkpoint(Checkpoint(signer.name, tree.size, tree.root()), signer)
    now = datetime.now(UTC)
    cursor.execute(
        _ADD_CHECKPOINT,
        [tree.size, tree.root(), str(signed), now, str(fresh.horizon), fresh.swept, head.cluster],
    )
