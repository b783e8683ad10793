"""Follow the numbered log and write the letters it calls for, with the ways by which they leave.

Everything happens in one transaction that holds the cursor: a batch is either followed and
written, or neither, and of two workers at once one writes and the other leaves it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.log import LoggedEntry, entries_after
from portal.accounts.models import Account
from portal.notifications.calling import OF_A_RECORD, OF_AN_ADDRESS, account_kind_of, account_of, kind_of
from portal.notifications.models import Delivery, HeldAddress, Kind, KnownReader, Letter, LogCursor
from portal.notifications.preferences import load_planner
from portal.notifications.recipients import Reader, asker_of_copy, dossiers_of, readers_of, treating_doctor
from records.models import Dossier

_CURSOR = "letters"
_TELL_OF_A_READER = frozenset({Kind.FIRST_ACCESS, Kind.EMERGENCY})


def follow_log(*, limit: int = 500) -> int:
    """Write the letters called for by the next ``limit`` numbered entries.

    Returns:
        The number of entries followed; fewer than ``limit`` means that the end was reached, or that another
        process follows the log at this moment.
    """
    with transaction.atomic(durable=True):
        LogCursor.objects.get_or_create(name=_CURSOR)
        # Somebody else follows it right now: waiting would only keep a worker from letters that are due.
        cursor = LogCursor.objects.select_for_update(skip_locked=True).filter(name=_CURSOR).first()
        if cursor is None:
            return 0
        entries = list(entries_after(cursor.last_index, limit=limit))
        if not entries:
            return 0
        letters = list(_called_for(entries))
        _write(letters, _held_for(entries))
        cursor.last_index = _number(entries[-1])
        cursor.save(update_fields=["last_index"])
        return len(entries)


def _called_for(entries: Sequence[LoggedEntry]) -> Iterator[Letter]:
    kinds = [(entry, kind_of(entry)) for entry in entries]
    dossiers = dossiers_of({entry.dossier for entry, kind in kinds if kind is not None and entry.dossier is not None})
    for entry, kind in kinds:
        dossier = dossiers.get(entry.dossier) if entry.dossier is not None else None
        if kind is not None and dossier is not None:
            yield from _about_a_dossier(entry, kind, dossier)
        own = account_kind_of(entry)
        if own is not None:
            yield _letter(Reader(account_of(entry)), entry, own)


def _about_a_dossier(entry: LoggedEntry, kind: Kind, dossier: Dossier) -> Iterator[Letter]:
    # An emergency already tells of its reader: the openings that follow it are not news.
    is_new = kind in _TELL_OF_A_READER and _is_new_reader(entry, dossier)
    if kind is Kind.FIRST_ACCESS and not is_new:
        if entry.event != Event.DOSSIER_OPENED.dotted:
            return
        kind = Kind.ACCESS
    record = entry.object_id if entry.event in OF_A_RECORD else None
    for reader in readers_of(dossier, kind, at=entry.at, record=record):
        yield _letter(reader, entry, kind)
    if kind is Kind.EXPORT_READY and (asker := asker_of_copy(dossier, entry.object_id)):
        yield _letter(asker, entry, kind)
    if kind is Kind.EMERGENCY:
        doctor = treating_doctor(dossier, at=entry.at)
        # Who opened it need not be told of it.
        if doctor is not None and doctor != entry.actor:
            yield _letter(Reader(doctor), entry, Kind.EMERGENCY_OF_PATIENT)


def _held_for(entries: Sequence[LoggedEntry]) -> dict[int, HeldAddress]:
    """By number of the entry, the address beside the one in force to which its letter goes."""
    named = {_number(entry): entry.object_id for entry in entries if entry.event in OF_AN_ADDRESS and entry.object_id}
    held = HeldAddress.objects.in_bulk(list(named.values())) if named else {}
    return {number: held[identifier] for number, identifier in named.items() if identifier in held}


def _write(letters: Sequence[Letter], held: Mapping[int, HeldAddress]) -> None:
    """Insert what is not there yet: the log may be followed twice, people are told once."""
    now = timezone.now()
    known = set(Account.objects.filter(pk__in={letter.account_id for letter in letters}).values_list("pk", flat=True))
    planner = load_planner(known)
    chosen, deliveries = [], []
    for letter in letters:
        if letter.account_id not in known:
            continue
        beside = held.get(letter.entry_index)
        plans = planner(letter.account_id, Kind(letter.kind), now)
        if letter.kind == Kind.ADDRESS_ASKED:
            # The code goes to the address that shall prove itself, and nowhere else.
            plans = tuple(plan for plan in plans if beside is not None and plan.channel == beside.channel)
        # Every access is told only to who asked for it, also in the portal.
        if not plans and letter.kind == Kind.ACCESS:
            continue
        chosen.append(letter)
        deliveries += [
            Delivery(
                letter=letter,
                account_id=letter.account_id,
                channel=plan.channel,
                held=beside if beside is not None and plan.channel == beside.channel else None,
                urgency=Kind(letter.kind).traits.urgency,
                grouped=plan.grouped,
                next_try=plan.not_before,
                created_at=now,
            )
            for plan in plans
        ]
    Letter.objects.bulk_create(chosen, ignore_conflicts=True)
    written = set(Letter.objects.filter(pk__in=[letter.pk for letter in chosen]).values_list("pk", flat=True))
    Delivery.objects.bulk_create([one for one in deliveries if one.letter_id in written])


def _letter(reader: Reader, entry: LoggedEntry, kind: Kind) -> Letter:
    return Letter(
        account_id=reader.account, entry_index=_number(entry), kind=kind, at=entry.at, represents=reader.represents
    )


def _is_new_reader(entry: LoggedEntry, dossier: Dossier) -> bool:
    _, created = KnownReader.objects.get_or_create(dossier=dossier.pseudonym, reader=entry.actor)
    return created


def _number(entry: LoggedEntry) -> int:
    if entry.index is None:
        raise ValueError(f"entry {entry.id}: expected one that has its number")
    return entry.index
