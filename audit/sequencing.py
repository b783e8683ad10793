"""Giving committed entries their number, growing the tree, signing a checkpoint.

One transaction does all of it under an advisory lock, so that a crash leaves either the whole batch
or nothing, and two sequencers take turns. New entries are those *without a leaf*: an identifier or
a time says nothing about the order of commits, and "greater than the last one seen" would lose the
late ones for ever. The search begins at the *horizon*: the oldest transaction that was still
running when the last batch was taken; all that older ones wrote had been numbered by then. It
follows an index in the order of the numbers, so that a batch costs what it numbers, however long
the log is and however much waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg import Cursor

from audit.keys import load_signer
from audit.merkle import EMPTY_ROOT, leaf_hash
from audit.note import Checkpoint, Signer, sign_checkpoint
from audit.numbering import NUMBERING, numbering
from audit.tree import TILE_HEIGHT, BrokenTree, StoredTree

BATCH = 4096

# Any number will do that no other advisory lock uses.
_LOCK = 0x6361726E65740001

# The entry is that of the last number if its transaction is the horizon: then the batch was cut there.
_HEAD = """
SELECT last.size, last.root, last.horizon::text, last.swept, last.cluster, here.system_identifier,
    pg_snapshot_xmin(pg_current_snapshot())::text, cut.at, cut.id
FROM pg_control_system() AS here
LEFT JOIN LATERAL (SELECT * FROM public.audit_checkpoint ORDER BY size DESC LIMIT 1) AS last ON true
LEFT JOIN public.audit_leaf AS leaf ON leaf.idx = last.size - 1
LEFT JOIN public.audit_entry AS cut ON cut.at = leaf.entry_at AND cut.id = leaf.entry_id AND cut.xid = last.horizon
"""

# The planner has no idea how few rows lie above the horizon, and would sort the whole log; OFFSET keeps it from joining
# all entries with all leaves.
_PLAN = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off
"""
# Rows at or above xmax can only come from another server, before a restore: the sweep found them.
# What was written here and is visible lies below.
_FRESH = f"""
SELECT timestamptz_send(e.at), uuid_send(e.id), e.body, xid8send(e.xid)
FROM public.audit_entry e
WHERE (e.xid, e.at, e.id) > (%s::xid8, coalesce(%s, '-infinity'::timestamptz), coalesce(%s, '{UUID(int=0)}'::uuid))
    AND e.xid < CASE WHEN %s THEN pg_snapshot_xmax(pg_current_snapshot()) ELSE '18446744073709551615'::xid8 END
    AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id OFFSET 0)
ORDER BY e.xid, e.at, e.id LIMIT %s
"""  # noqa: S608 - names of ours  # nosec B608

# As PostgreSQL's COPY takes rows in binary: the columns' number, then each with its length.
_ADD_LEAVES = "COPY public.audit_leaf (idx, entry_at, entry_id, hash) FROM STDIN (FORMAT binary)"
_COPY_HEAD, _COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_LEAF = Struct(">hiqi8si16si32s")
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

    Of the transaction ``horizon`` itself those up to ``cut`` (time and identifier) have theirs too, if it is given.
    ``oldest`` is the oldest transaction still running now.

    Transactions are counted anew on another server, so after a restore the horizon means nothing:
    it starts at 0 and the whole log is searched once (``swept`` tells when that is over).
    """

    size: int
    root: bytes
    horizon: int
    swept: bool
    cluster: int
    oldest: int
    cut: tuple[datetime | None, UUID | None] = (None, None)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """Committed entries without a number, oldest transaction first, and the horizon after them.

    ``places`` are time and identifier as the server sends and takes them.
    """

    places: list[tuple[bytes, bytes]]
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
    # Django's own cursors bind on this side of the connection and cannot receive binary answers.
    with (
        transaction.atomic(using=NUMBERING, durable=True),
        connection.wrap_database_errors,
        Cursor(connection.connection) as cursor,
    ):
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


def _head(cursor: Cursor[Any]) -> _Head:
    cursor.execute(_HEAD)
    row = cursor.fetchone()
    if row is None:
        raise BrokenTree("the server does not say which one it is")
    size, root, horizon, swept, cluster, here, oldest, *cut = row
    if size is None:
        return _Head(0, EMPTY_ROOT, 0, False, here, int(oldest))
    if cluster != here:
        return _Head(size, bytes(root), 0, False, here, int(oldest))
    return _Head(size, bytes(root), int(horizon), swept, here, int(oldest), (cut[0], cut[1]))


def _fresh(cursor: Cursor[Any], head: _Head, limit: int) -> _Fresh:
    cursor.execute(_PLAN)
    cursor.execute(_FRESH, [str(head.horizon), *head.cut, head.swept, limit], binary=True)
    rows = cursor.fetchall()
    full = len(rows) == limit
    horizon = head.oldest
    if full:
        # Rows may be left from the transaction of the last one on; below it there are none.
        horizon = min(horizon, int.from_bytes(rows[-1][3], "big"))
    return _Fresh(
        places=[(row[0], row[1]) for row in rows],
        hashes=[leaf_hash(row[2]) for row in rows],
        horizon=horizon,
        swept=head.swept or not full,
    )


def _extend(cursor: Cursor[Any], head: _Head, fresh: _Fresh, signer: Signer) -> None:
    tree = StoredTree(cursor, head.size).compact()
    if tree.root() != head.root:
        raise BrokenTree(f"the first {head.size} entries do not have the root that was signed for them")
    tiles = [
        (height // TILE_HEIGHT, index, hashed)
        for leaf in fresh.hashes
        for height, index, hashed in tree.append(leaf)
        if height % TILE_HEIGHT == 0
    ]
    with cursor.copy(_ADD_LEAVES) as copy:
        copy.write(_copied_leaves(head.size, fresh))
    if tiles:
        cursor.execute(_ADD_NODES, [list(column) for column in zip(*tiles, strict=True)])
    signed = sign_checkpoint(Checkpoint(signer.name, tree.size, tree.root()), signer)
    now = datetime.now(UTC)
    cursor.execute(
        _ADD_CHECKPOINT,
        [tree.size, tree.root(), str(signed), now, str(fresh.horizon), fresh.swept, head.cluster],
    )


def _copied_leaves(first: int, fresh: _Fresh) -> bytes:
    pack = _LEAF.pack
    rows = [
        pack(4, 8, number, 8, at, 16, identifier, 32, hashed)
        for number, ((at, identifier), hashed) in enumerate(zip(fresh.places, fresh.hashes, strict=True), first)
    ]
    return b"".join([_COPY_HEAD, *rows, _COPY_TAIL])
