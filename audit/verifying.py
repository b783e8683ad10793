"""Reading the whole log again: every entry, leaf, node and signature.

One pass in the order of the numbers, in constant memory: rows come through cursors of the server,
and of the tree only its peaks are kept. It runs in one snapshot, so the sequencer may go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NoReturn

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.entry import BadEntry, decode
from audit.keys import load_signer
from audit.log import columns
from audit.merkle import CompactRange, leaf_hash
from audit.note import BadNote, Verifier, open_checkpoint
from audit.tree import TILE_HEIGHT

Progress = Callable[[int, int], None]
"""Called with the number of entries read so far and their total."""

LATE_AFTER_SECONDS = 10
_ROWS = 2000

_ENTRIES = """
SELECT l.idx, l.entry_at, l.entry_id, l.hash, e.body, e.id, e.at, e.event, e.actor, e.role, e.profession,
    e.organisation, e.dossier, e.category, e.ground, e.outcome
FROM public.audit_leaf l LEFT JOIN public.audit_entry e ON e.at = l.entry_at AND e.id = l.entry_id
ORDER BY l.idx
"""
# In the order in which the leaves complete them.
_NODES = """
SELECT level, idx, hash FROM public.audit_node ORDER BY (idx + 1)::numeric * 256::numeric ^ level, level
"""
_CHECKPOINTS = "SELECT size, root, note, at FROM public.audit_checkpoint ORDER BY size"
_LATE = """
SELECT count(*) FROM public.audit_entry e
WHERE e.at < now() - make_interval(secs => %s)
    AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id)
"""
_UNGUARDED = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND (c.relname IN ('audit_entry', 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_cosignature')
        OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass))
    AND 2 > (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled = 'A'
        AND t.tgname IN ('audit_grows', 'audit_grows_row') AND t.tgfoid = 'public.audit_refuse'::regproc)
ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    ``size`` entries were read and found good (all of them if ``ok``). ``first_bad`` is the number
    of the first entry that can no longer be trusted, ``None`` if none can be named. ``late``
    entries were committed but have no number yet, though they should. ``unguarded`` tables have lost
    the triggers that refuse changes. ``root`` and ``checkpoint_at`` are of the last checkpoint that
    was checked. ``sentence`` says what matters most, in the language in force.
    """

    size: int
    ok: bool
    first_bad: int | None
    sentence: str
    root: bytes
    checkpoint_at: datetime | None
    late: int = 0
    unguarded: tuple[str, ...] = ()


class _Found(Exception):
    """The first thing that is wrong."""

    def __init__(self, index: int, sentence: str) -> None:
        super().__init__(sentence)
        self.index = index
        self.sentence = sentence


def verify_log(progress: Progress | None = None) -> Report:
    """Read the log from the first entry to the last, and report the first that is wrong.

    Raises:
        ImproperlyConfigured: there is no key to check the signatures with.
        RuntimeError: called inside a transaction.
    """
    verifier = load_signer().verifier
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT coalesce(max(idx) + 1, 0) FROM public.audit_leaf")
        total = cursor.fetchone()[0]
        with ExitStack() as stack:
            walk = _Walk(nodes=_stream(stack, _NODES), checkpoints=_stream(stack, _CHECKPOINTS), verifier=verifier)
            try:
                for number, row in enumerate(_stream(stack, _ENTRIES), start=1):
                    walk.entry(row)
                    if progress and (number % _ROWS == 0 or number == total):
                        progress(number, total)
                walk.end()
            except _Found as found:
                return walk.report(found=found)
        cursor.execute(_LATE, [LATE_AFTER_SECONDS])
        late = cursor.fetchone()[0]
        cursor.execute(_UNGUARDED)
        return walk.report(late=late, unguarded=tuple(name for (name,) in cursor.fetchall()))


def _stream(stack: ExitStack, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of ``query``, a few at a time, from a cursor that the server keeps."""
    cursor = stack.enter_context(connection.chunked_cursor())
    cursor.execute(query)
    return chain.from_iterable(iter(lambda: cursor.fetchmany(_ROWS), []))


class _Walk:
    """The tree as it grows under the reader's eyes, beside the nodes and checkpoints stored for it."""

    def __init__(
        self, *, nodes: Iterator[tuple[Any, ...]], checkpoints: Iterator[tuple[Any, ...]], verifier: Verifier
    ) -> None:
        self._nodes = nodes
        self._checkpoints = checkpoints
        self._verifier = verifier
        self._tree = CompactRange()
        self._signed = 0
        self._signed_at: datetime | None = None
        self._signed_root = self._tree.root()
        self._next: tuple[Any, ...] | None = next(checkpoints, None)

    def entry(self, row: tuple[Any, ...]) -> None:
        """Check one leaf with its entry, then what the tree completes with it."""
        index = self._tree.size
        number, entry_at, entry_id, hashed, body, *stored = row
        if number != index:
            _bad(index, _("Entry %(number)d is missing: its number was taken out of the tree."))
        if body is None:
            _bad(index, _("Entry %(number)d was removed from the log."))
        if leaf_hash(bytes(body)) != bytes(hashed):
            _bad(index, _("Entry %(number)d was altered: its bytes no longer give the hash that was recorded."))
        try:
            entry = decode(bytes(body))
        except BadEntry:
            _bad(index, _("Entry %(number)d cannot be read."))
        if columns(entry) != tuple(stored) or (entry.at, entry.id) != (entry_at, entry_id):
            _bad(index, _("Entry %(number)d was altered: its columns do not say what its bytes say."))
        for height, place, node in self._tree.append(bytes(hashed)):
            if height % TILE_HEIGHT == 0:
                self._node(height // TILE_HEIGHT, place, node)
        if self._next is not None and self._next[0] <= self._tree.size:
            self._checkpoint(*self._next)

    def end(self) -> None:
        """Check that nothing is left over: no checkpoint beyond the last entry, no entry beyond the last checkpoint."""
        size = self._tree.size
        if self._next is not None:
            _bad(size, _("Entry %(number)d is missing: a signed checkpoint speaks of more entries than there are."))
        if self._signed != size:
            _bad(self._signed, _("From entry %(number)d on, entries are numbered but no checkpoint covers them."))
        if next(self._nodes, None) is not None:
            _bad(size, _("Entry %(number)d is missing: the tree holds hashes over more entries than there are."))

    def report(self, *, found: _Found | None = None, late: int = 0, unguarded: tuple[str, ...] = ()) -> Report:
        """The report of this walk and of what was counted beside it."""
        return Report(
            size=found.index if found else self._tree.size,
            ok=not (found or late or unguarded),
            first_bad=found.index if found else None,
            sentence=found.sentence if found else _sentence(self._tree.size, late, unguarded),
            root=self._signed_root,
            checkpoint_at=self._signed_at,
            late=late,
            unguarded=unguarded,
        )

    def _node(self, level: int, place: int, hashed: bytes) -> None:
        stored = next(self._nodes, None)
        if stored is None or (stored[0], stored[1], bytes(stored[2])) != (level, place, hashed):
            first = max(self._signed, place << level * TILE_HEIGHT)
            _bad(first, _("From entry %(number)d on, the tree holds a hash that is not the hash of its entries."))

    def _checkpoint(self, size: int, root: bytes, note: str, at: datetime) -> None:
        try:
            signed = open_checkpoint(note, self._verifier)
        except BadNote:
            _bad(self._signed, _("Entry %(number)d: the signature of the checkpoint that covers it fails."))
        here = (self._tree.size, self._tree.root())
        if (signed.size, signed.root) != here or (size, bytes(root)) != here:
            _bad(
                self._signed, _("Entry %(number)d, or one after it, was altered: a checkpoint signed another history.")
            )
        self._signed, self._signed_root, self._signed_at = size, bytes(root), at
        self._next = next(self._checkpoints, None)


def _sentence(size: int, late: int, unguarded: tuple[str, ...]) -> str:
    if unguarded:
        return _("The triggers that refuse changes are missing or off on: %(tables)s.") % {
            "tables": ", ".join(unguarded)
        }
    if late:
        return ngettext(
            "%(count)d entry was committed but has no number yet: is the sequencer running?",
            "%(count)d entries were committed but have no number yet: is the sequencer running?",
            late,
        ) % {"count": late}
    if not size:
        return _("The log is empty.")
    return ngettext(
        "The log is whole: %(count)d entry, up to the signed checkpoint.",
        "The log is whole: %(count)d entries, up to the signed checkpoint.",
        size,
    ) % {"count": size}


def _bad(index: int, sentence: str) -> NoReturn:
    raise _Found(index, sentence % {"number": index})
