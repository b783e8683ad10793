"""Reading the whole log again: every entry, leaf, node and signature.

One pass in the order of the numbers, in constant memory: entries come in blocks (``audit.blocks``), and of the tree
only its peaks are kept (``audit.walking``). It runs in one snapshot, so the sequencer may go on. A block in which
anything is unusual is read again row by row, which finds the first bad entry. Where a pass ended or was interrupted
the next may go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.blocks import Block, read_blocks
from audit.cosigning import load_witnesses
from audit.entry import BadEntry, decode
from audit.keys import load_log_keys
from audit.retention import Expiry
from audit.walking import Beside, Found, Place, Row, Seen, Walk

Progress = Callable[[int, int], None]
"""Called with the number of entries read so far and their total."""

LATE_AFTER_SECONDS = 10
_ROWS = 2000

_ENTRIES = """
SELECT l.idx, l.entry_at, l.entry_id, l.hash, e.body, e.id, e.at, e.event, e.actor, e.role, e.profession,
    e.organisation, e.dossier, e.category, e.ground, e.outcome
FROM public.audit_leaf l LEFT JOIN public.audit_entry e ON e.at = l.entry_at AND e.id = l.entry_id
WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""
# In the order in which the leaves complete them.
_NODES = """
SELECT level, idx, hash FROM public.audit_node WHERE (idx + 1)::numeric * 256::numeric ^ level > %s
ORDER BY (idx + 1)::numeric * 256::numeric ^ level, level
"""
_CHECKPOINTS = "SELECT size, root, note, at FROM public.audit_checkpoint WHERE size > %s ORDER BY size"
_LATE = """
SELECT count(*) FROM public.audit_entry e
WHERE e.at < now() - make_interval(secs => %s)
    AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id)
"""
_COSIGNATURES = "SELECT size, witness, line FROM public.audit_cosignature WHERE size > %s ORDER BY size, witness"
_COUNT = "SELECT count(*) FROM public.audit_entry"
_EXPIRED = """
SELECT e.body FROM public.audit_entry e JOIN public.audit_leaf l ON l.entry_at = e.at AND l.entry_id = e.id
WHERE e.event = 'log.expired' ORDER BY l.idx
"""
# The planner expects many more entries in a block than there are, and would read the whole log for each.
_PLAN = """
SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL jit = off; SET LOCAL timezone = 'UTC'
"""
_PLAN_WHOLE = "SET LOCAL enable_seqscan = on; SET LOCAL max_parallel_workers_per_gather = 2"
# By name: a view in the place of a table shows what it likes, and has no such triggers.
_UNGUARDED = """
SELECT expected.name FROM (
    SELECT unnest(ARRAY['audit_entry', 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_cosignature']) AS name
    UNION SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.audit_entry'::regclass) AS expected
LEFT JOIN pg_class c
    ON c.relnamespace = 'public'::regnamespace AND c.relname = expected.name AND c.relkind IN ('r', 'p')
WHERE 2 > (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled = 'A'
    AND t.tgname IN ('audit_grows', 'audit_grows_row') AND t.tgfoid = 'public.audit_refuse'::regproc)
ORDER BY expected.name
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


def verify_log(
    progress: Progress | None = None,
    *,
    start: Place | None = None,
    keep: Callable[[Place], None] | None = None,
    seen: Sequence[Seen] = (),
) -> Report:
    """Read the log from the first entry to the last, and report the first that is wrong.

    ``start`` is the place where an earlier pass stood: what lies before is not read again. ``keep`` is called with each
    new place. ``seen`` is what witnesses keep of this log (``audit.cosigning.witnessed_checkpoint``): it must agree.

    Raises:
        ImproperlyConfigured: there is no key to check the signatures with.
        RuntimeError: called inside a transaction.
    """
    start = start or Place()
    keys, witnesses = load_log_keys(), [witness.verifier for witness in load_witnesses()]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(_PLAN)
        cursor.execute("SELECT coalesce(max(idx) + 1, 0) FROM public.audit_leaf")
        total = cursor.fetchone()[0]
        with ExitStack() as stack:
            nodes, checkpoints, lines = (
                _stream(stack, query, start.size) for query in (_NODES, _CHECKPOINTS, _COSIGNATURES)
            )
            walk = Walk(start, Beside(nodes, checkpoints, lines, seen, _expired(cursor)), keys, witnesses)
            try:
                for block in stack.enter_context(closing(read_blocks(connection.connection, start.size, total))):
                    _take(walk, block)
                    if keep:
                        keep(walk.place)
                    if progress:
                        progress(block.first + block.count, total)
                walk.end()
            except Found as found:
                return _report(walk.place, found=found)
        late = _count_late(cursor, total - walk.gone)
        cursor.execute(_UNGUARDED)
        return _report(walk.place, late=late, unguarded=tuple(name for (name,) in cursor.fetchall()))


def _take(walk: Walk, block: Block) -> None:
    """Let the walk pass over one block; entry by entry if the block could not be checked as a whole."""
    if block.hashes is not None:
        walk.leaves(block.hashes)
        return
    with ExitStack() as stack:
        for row in _stream(stack, _ENTRIES, block.first, block.first + block.count):
            walk.entry(row)
    if walk.place.size < block.first + block.count:
        raise Found(
            walk.place.size,
            _("Entry %(number)d is missing: its number was taken out of the tree.") % {"number": walk.place.size},
        )


def _expired(cursor: CursorWrapper) -> dict[date, Expiry]:
    """What the log says last of each month whose entries expired; these lines are verified like all others."""
    cursor.execute(_EXPIRED)
    found: dict[date, Expiry] = {}
    for (body,) in cursor.fetchall():
        try:
            expiry = Expiry.of(decode(bytes(body)))
        except BadEntry:
            continue
        if expiry is not None:
            found[expiry.month] = expiry
    return found


def _count_late(cursor: CursorWrapper, kept: int) -> int:
    """How many entries have waited too long for a number; ``kept`` entries were read above with theirs."""
    cursor.execute(_PLAN_WHOLE)
    cursor.execute(_COUNT)
    if cursor.fetchone()[0] == kept:
        return 0
    cursor.execute(_LATE, [LATE_AFTER_SECONDS])
    late: int = cursor.fetchone()[0]
    return late


def _stream(stack: ExitStack, query: str, *parameters: int) -> Iterator[Row]:
    """The rows of ``query``, a few at a time, from a cursor that the server keeps."""
    cursor = stack.enter_context(connection.chunked_cursor())
    cursor.execute(query, parameters)
    return chain.from_iterable(iter(lambda: cursor.fetchmany(_ROWS), []))


def _report(place: Place, *, found: Found | None = None, late: int = 0, unguarded: tuple[str, ...] = ()) -> Report:
    return Report(
        size=found.index if found else place.size,
        ok=not (found or late or unguarded),
        first_bad=found.index if found else None,
        sentence=found.sentence if found else _sentence(place.size, late, unguarded),
        root=place.signed_root,
        checkpoint_at=place.signed_at,
        late=late,
        unguarded=unguarded,
    )


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
