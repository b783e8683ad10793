"""Comparing the records with what the log says was written.

A sealed record put back from an older backup opens without an error: its own revision is inside it. The log remembers
what was written last, so the difference shows. Nothing is unsealed: digests of ciphertexts are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction

from audit.events import Event
from audit.log import LoggedEntry
from audit.writes import entries_of_writes
from consent.declaring import over_every_dossier
from records.models import Record
from records.patient_keys import digest_of

_WRITES = (Event.RECORD_CREATED, Event.RECORD_AMENDED, Event.RECORD_REMOVED)
_SHOWN = 20
# As many records are compared at once: about 100 MB of memory.
_AT_ONCE = 500_000


class Difference(StrEnum):
    """What is wrong with a record."""

    ROLLED_BACK = "rolled_back"  # An older revision lies in the table than the log tells of.
    ALTERED = "altered"  # The same revision, other bytes.
    UNLOGGED = "unlogged"  # The log never told of this record, or of this revision.
    GONE = "gone"  # The log told of it, and it is no longer there.


@dataclass(slots=True)
class Comparison:
    """``compared`` records agree or differ; ``resealed`` were sealed again by a rotation since their last entry.

    ``examples`` names the first of those that differ.
    """

    compared: int = 0
    resealed: int = 0
    differences: Counter[Difference] = field(default_factory=Counter)
    examples: list[tuple[Difference, UUID]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def add(self, difference: Difference, record_id: UUID) -> None:
        """One record that differs."""
        self.differences[difference] += 1
        if len(self.examples) < _SHOWN:
            self.examples.append((difference, record_id))


@dataclass(frozen=True, slots=True)
class _Written:
    revision: int
    key_version: int
    digest: bytes


def compare_records(at_once: int = _AT_ONCE) -> Comparison:
    """Compare every record with the last write that the log tells of it, in one snapshot.

    Raises:
        audit.log.Altered: an entry no longer says what was signed; verify the log first.
        RuntimeError: called inside a transaction.
    """
    found = Comparison()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with over_every_dossier():
            shares = Record._base_manager.count() // at_once + 1
            for share in range(shares):
                _compare_share(share, shares, found)
    return found


def _compare_share(share: int, shares: int, found: Comparison) -> None:
    written = _last_writes(entry for entry in entries_of_writes(_WRITES) if _is_in(entry.object_id, share, shares))
    for record in _records(share, shares):
        _compare(record, written.pop(record.pk, None), found)
    for record_id in written:
        found.add(Difference.GONE, record_id)


def _last_writes(entries: Iterable[LoggedEntry]) -> dict[UUID, _Written]:
    written: dict[UUID, _Written] = {}
    for entry in entries:
        if entry.object_id is None:
            continue
        known = written.get(entry.object_id)
        if known is None or (entry.revision or 0) >= known.revision:
            written[entry.object_id] = _Written(entry.revision or 0, entry.key_version or 0, entry.digest)
    return written


def _records(share: int, shares: int) -> Iterator[Record]:
    # Those that were taken out too: their rows stay, sealed over.
    rows = Record._base_manager.only("id", "header", "body", "revision", "key_version")
    return (record for record in rows.iterator(chunk_size=500) if _is_in(record.pk, share, shares))


def _is_in(record_id: UUID | None, share: int, shares: int) -> bool:
    return record_id is not None and record_id.int % shares == share


def _compare(record: Record, written: _Written | None, found: Comparison) -> None:
    found.compared += 1
    if written is None or record.revision > written.revision:
        found.add(Difference.UNLOGGED, record.pk)
    elif record.revision < written.revision or record.key_version < written.key_version:
        found.add(Difference.ROLLED_BACK, record.pk)
    elif record.key_version > written.key_version:
        found.resealed += 1
    elif digest_of(record.header, record.body) != written.digest:
        found.add(Difference.ALTERED, record.pk)
