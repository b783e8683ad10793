"""Proof files: that an entry is in the log, for whoever holds the log's public key."""

from __future__ import annotations

import time
from uuid import UUID

from django.db import connection, transaction

from audit.models import Checkpoint, Entry, Leaf
from audit.note import Proof
from audit.tree import StoredTree


class NotProven(LookupError):
    """There is nothing to prove yet: the entry is unknown, or has no number yet."""


def prove(entry_id: UUID) -> str:
    """The proof file of one entry (``c2sp.org/tlog-proof``), with the entry's bytes as its extra line.

    It verifies with ``python -m audit.outsider`` or any other reader of the format, without a
    database. It rests on the latest checkpoint.

    Raises:
        NotProven: no such entry, or no checkpoint covers it yet.
        BrokenTree: the stored tree lacks hashes.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        leaf = Leaf.objects.filter(entry_id=entry_id).first()
        checkpoint = Checkpoint.objects.order_by("-size").first()
        if leaf is None or checkpoint is None:
            raise NotProven(f"entry_id={entry_id}: expected an entry that a checkpoint covers")
        body = Entry.objects.get(pk=(leaf.entry_at, leaf.entry_id)).body
        path = StoredTree(cursor, checkpoint.size).inclusion(leaf.idx)
    return str(Proof(leaf.idx, tuple(path), checkpoint.note, bytes(body)))


def is_covered(entry_id: UUID) -> bool:
    """Whether a checkpoint covers this entry: its number and the checkpoint are made together."""
    return Leaf.objects.filter(entry_id=entry_id).exists()


def wait_until_covered(entry_id: UUID, *, seconds: float) -> bool:
    """Wait at most ``seconds`` for the checkpoint that covers a committed entry; tell whether it came.

    Raises:
        RuntimeError: called inside a transaction, where the entry could not be numbered.
    """
    if connection.in_atomic_block:
        raise RuntimeError("wait_until_covered() was called inside a transaction: expected after its commit")
    end = time.monotonic() + seconds
    while not is_covered(entry_id):
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True
