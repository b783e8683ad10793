"""Proof files: that an entry is in the log, for whoever holds the log's public key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from audit.cosigning import cosigned_note
from audit.entry import decode
from audit.log import LoggedEntry, fields_of
from audit.models import Checkpoint, Cosignature, Leaf
from audit.note import Proof
from audit.prepared import fetch
from audit.tree import StoredTree

_ONE = """
SELECT l.idx, e.body, c.size, c.note
FROM public.audit_leaf l JOIN public.audit_entry e ON e.at = l.entry_at AND e.id = l.entry_id
CROSS JOIN (SELECT size, note FROM public.audit_checkpoint ORDER BY size DESC LIMIT 1) AS c
WHERE l.entry_id = %s LIMIT 1
"""
# By number: a path shares most of its tiles with that of the number before.
_ABOUT = """
SELECT l.idx, e.body FROM public.audit_entry e JOIN public.audit_leaf l ON l.entry_at = e.at AND l.entry_id = e.id
WHERE e.dossier = %s ORDER BY l.idx
"""


class NotProven(LookupError):
    """There is nothing to prove: the entry is unknown, has no number yet, or is no longer kept."""


def prove(entry_id: UUID) -> str:
    """The proof file of one entry (``c2sp.org/tlog-proof``), with the entry's bytes as its extra line.

    It verifies with ``python -m audit.outsider`` or any other reader of the format, without a
    database. It rests on the latest checkpoint.

    Raises:
        NotProven: no such entry, no checkpoint covers it yet, or it is no longer kept.
        BrokenTree: the stored tree lacks hashes.
    """
    # No transaction is needed: all that a checkpoint covers is there before it, and stays.
    found = fetch(_ONE, [entry_id])
    if not found:
        raise NotProven(f"entry_id={entry_id}: expected an entry that is kept and that a checkpoint covers")
    [(index, body, size, note)] = found
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        path = StoredTree(cursor, size).inclusion(index)
    return str(Proof(index, tuple(path), note, bytes(body)))


def prove_dossier(dossier: UUID, *, keep: Callable[[list[LoggedEntry]], list[LoggedEntry]] = list) -> Iterator[str]:
    """The proof files of all numbered entries about a dossier (its pseudonym), oldest number first.

    ``keep`` leaves out what the reader may not know yet.

    One after the other they are one file, which ``python -m audit.outsider`` checks as a whole. All rest on the same
    checkpoint: the latest that a witness cosigned if it covers them all, else the latest. Must be used up in an open
    transaction, so that the tree does not grow meanwhile.

    Raises:
        NotProven: no checkpoint covers any entry of this dossier yet.
        BrokenTree: the stored tree lacks hashes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT, [dossier])
        rows = cursor.fetchall()
        entries = [LoggedEntry(**fields_of(decode(bytes(body))), index=index) for index, body in rows]
        kept = {entry.id for entry in keep(entries)}
        found = [row for row, entry in zip(rows, entries, strict=True) if entry.id in kept]
        if not found:
            raise NotProven("expected a dossier of which a checkpoint covers an entry")
        checkpoint = _checkpoint_over(found[-1][0] + 1)
        note = cosigned_note(checkpoint.size, checkpoint.note)
        tree = StoredTree(cursor, checkpoint.size)
        for index, body in found:
            yield str(Proof(index, tuple(tree.inclusion(index)), note, bytes(body)))


def _checkpoint_over(size: int) -> Checkpoint:
    cosigned = Cosignature.objects.filter(size__gte=size).order_by("-size").values_list("size", flat=True).first()
    checkpoints = Checkpoint.objects.filter(size=cosigned) if cosigned else Checkpoint.objects.filter(size__gte=size)
    checkpoint = checkpoints.order_by("-size").first()
    if checkpoint is None:
        raise NotProven(f"size={size}: expected a checkpoint that covers it")
    return checkpoint


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
