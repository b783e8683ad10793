"""Follow the numbered log and write the letters it calls for.

Everything happens in one transaction that holds the cursor: a batch is either followed and
written, or neither, and two workers at once wait for each other instead of writing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from audit.actor import Role
from audit.events import Event, Outcome
from audit.log import LoggedEntry, entries_after
from portal.notifications.models import Kind, KnownReader, Letter, LogCursor
from records.concealing import may_announce
from records.models import Dossier

_CURSOR = "letters"
_OPENINGS = frozenset({Event.DOSSIER_OPENED.dotted, Event.CATEGORY_READ.dotted, Event.RECORD_READ.dotted})
_TELL_OF_A_READER = frozenset({Kind.FIRST_ACCESS, Kind.EMERGENCY})
_HAPPENED = frozenset({Outcome.ALLOWED.value, Outcome.DONE.value})
# What is held for a visit is told of when it is released, not before.
_OF_A_RECORD = frozenset({Event.RECORD_CREATED.dotted, Event.RECORD_RELEASED.dotted})
_KINDS = {
    Event.EMERGENCY_OPENED.dotted: Kind.EMERGENCY,
    Event.RECORD_CREATED.dotted: Kind.NEW_DOCUMENT,
    Event.RECORD_RELEASED.dotted: Kind.NEW_DOCUMENT,
    Event.IMPORT_DONE.dotted: Kind.NEW_DOCUMENT,
    Event.ACCESS_REQUESTED.dotted: Kind.ACCESS_REQUESTED,
}


def follow_log(*, limit: int = 500) -> int:
    """Write the letters called for by the next ``limit`` numbered entries.

    Returns:
        The number of entries followed; fewer than ``limit`` means that the end was reached.
    """
    with transaction.atomic(durable=True):
        LogCursor.objects.get_or_create(name=_CURSOR)
        cursor = LogCursor.objects.select_for_update().get(name=_CURSOR)
        entries = list(entries_after(cursor.last_index, limit=limit))
        if not entries:
            return 0
        _write_letters(entries)
        cursor.last_index = _number(entries[-1])
        cursor.save(update_fields=["last_index"])
        return len(entries)


def kind_of(entry: LoggedEntry) -> Kind | None:
    """What the entry would tell the patient, before asking whether a reader is new (pure).

    Acts of the patients themselves, attempts that were refused, and single records written by an
    import (whose end is told once) call for no letter.
    """
    if entry.dossier is None or str(entry.outcome) not in _HAPPENED or entry.role == Role.PATIENT.value:
        return None
    if entry.event in _OPENINGS:
        return Kind.FIRST_ACCESS if entry.role == Role.PROFESSIONAL.value else None
    if entry.event == Event.RECORD_CREATED.dotted and entry.role != Role.PROFESSIONAL.value:
        return None
    return _KINDS.get(entry.event)


def _write_letters(entries: Sequence[LoggedEntry]) -> None:
    told = [(entry, kind) for entry in entries if (kind := kind_of(entry)) is not None]
    owners = _owners({entry.dossier for entry, _ in told if entry.dossier is not None})
    letters = []
    for entry, kind in told:
        # An emergency already tells of its reader: the openings that follow it are not news.
        is_new = kind in _TELL_OF_A_READER and _is_new_reader(entry)
        if kind is Kind.FIRST_ACCESS and not is_new:
            continue
        if entry.event in _OF_A_RECORD and entry.object_id is not None and not may_announce(entry.object_id):
            continue
        account_id = owners.get(entry.dossier) if entry.dossier is not None else None
        if account_id is not None:
            letters.append(Letter(account_id=account_id, entry_index=_number(entry), kind=kind, at=entry.at))
    Letter.objects.bulk_create(letters, ignore_conflicts=True)


def _owners(pseudonyms: Iterable[UUID]) -> dict[UUID, UUID]:
    rows = Dossier.objects.filter(pseudonym__in=list(pseudonyms), account__isnull=False)
    return dict(rows.values_list("pseudonym", "account_id"))


def _is_new_reader(entry: LoggedEntry) -> bool:
    if entry.dossier is None:
        return False
    _, created = KnownReader.objects.get_or_create(dossier=entry.dossier, reader=entry.actor)
    return created


def _number(entry: LoggedEntry) -> int:
    if entry.index is None:
        raise ValueError(f"entry {entry.id}: expected one that has its number")
    return entry.index
