"""What the log says was written, for whoever keeps it: object, revision, key version and digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.events import Event
from audit.log import LoggedEntry, read_row
from audit.models import Entry


def entries_of_writes(events: Iterable[Event]) -> Iterator[LoggedEntry]:
    """The entries of these events that carry a digest, in the order of time, a few at a time.

    Must run in an open transaction: the rows come from a cursor that the server keeps.

    Raises:
        Altered: a line does not agree with its bytes or its leaf.
    """
    rows = Entry.objects.filter(event__in=[event.dotted for event in events]).order_by("at", "id").with_index()
    for row in rows.iterator(chunk_size=1000):
        entry = read_row(row, row.index, row.leaf_hash)  # type: ignore[attr-defined]
        if entry.digest:
            yield entry
