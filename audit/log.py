"""Writing the log, and reading it back.

:func:`append` is a plain insert in the caller's transaction: the act and its entry commit together
or not at all, and no reader waits for another. Numbers come afterwards (``audit.sequencing``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from audit import models
from audit.actor import Actor
from audit.entry import BadEntry, Entry, decode, encode, fact_text
from audit.events import Event, Outcome
from audit.merkle import leaf_hash
from audit.prepared import execute

# The schema is named: a temporary table called audit_entry would otherwise swallow the row.
_INSERT = """
INSERT INTO public.audit_entry
    (id, at, event, actor, role, profession, organisation, dossier, category, ground, outcome, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Entries are kept longer than this (audit.retention); one that is gone earlier was taken away.
_KEPT_AT_LEAST = timedelta(days=365)


class OutsideTransaction(RuntimeError):
    """An entry was appended outside a transaction: it could commit without the act it speaks of."""


class Altered(RuntimeError):
    """A row of the log no longer says what its leaf or its bytes say."""


class BadCursor(ValueError):
    """This text is not a cursor that a page of the log gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEntry(Entry):
    """An entry as it was read back; ``index`` is its number in the tree, ``None`` until it has one."""

    index: int | None = None

    @property
    def cursor(self) -> str:
        """What to give as ``before`` to read the lines after this one."""
        return cursor_of(self.at, self.id)

    @property
    def meaning(self) -> str:
        """The English meaning of the event, to translate; the dotted name if it is unknown."""
        try:
            return Event.named(self.event).meaning
        except KeyError:
            return self.event


def append(
    event: Event,
    *,
    actor: Actor,
    outcome: Outcome = Outcome.DONE,
    dossier: UUID | None = None,
    category: str = "",
    object_id: UUID | None = None,
    purpose: str = "",
    ground: str = "",
    choice: UUID | None = None,
    matrix: str = "",
    digest: bytes = b"",
    revision: int | None = None,
    key_version: int | None = None,
    facts: Mapping[str, str | int | UUID] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> UUID:
    """Remember one act in the open transaction, and return the entry's identifier.

    ``dossier`` is the pseudonym of the dossier. ``choice`` and ``matrix`` are what the decision's
    ``ground`` rests on. ``digest`` is the SHA-256 of what was written, with its ``revision`` and
    ``key_version``. Values of ``facts`` are tokens, whole numbers, yes or no, and UUIDs under keys
    of ``audit.entry.FACT_KEYS``; never free text. ``using`` is the connection whose transaction it joins: only the
    sequencer has another than the default.

    Raises:
        OutsideTransaction: no transaction is open on that connection.
        BadEntry: a value is outside its alphabet.
        django.db.DatabaseError: the insert failed; the act must fail with it.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{event.dotted}: append() needs an open transaction.atomic()")
    now = datetime.now(UTC)
    entry = Entry(
        id=_new_id(now),
        at=now,
        event=event.dotted,
        actor=actor.id,
        role=actor.role.value,
        profession=actor.profession,
        organisation=actor.organisation,
        strength=actor.strength.value,
        on_behalf_of=actor.on_behalf_of,
        dossier=dossier,
        category=str(category),
        object_id=object_id,
        purpose=purpose,
        ground=str(ground),
        choice=choice,
        matrix=matrix,
        outcome=outcome.value,
        request=actor.request,
        session=actor.session,
        digest=digest,
        revision=revision,
        key_version=key_version,
        facts={key: fact_text(value) for key, value in (facts or {}).items()},
    )
    execute(_INSERT, (*columns(entry), encode(entry)), using=using)
    return entry.id


def columns(entry: Entry) -> tuple[Any, ...]:
    """What the table repeats of an entry's bytes, in the order of its columns."""
    return (
        entry.id,
        entry.at,
        entry.event,
        entry.actor,
        entry.role,
        entry.profession,
        entry.organisation,
        entry.dossier,
        entry.category,
        entry.ground,
        entry.outcome,
    )


def entries_about(dossier: UUID, *, before: str | None = None, limit: int = 50) -> list[LoggedEntry]:
    """Entries that concern a dossier (its pseudonym), newest first.

    ``before`` is the ``cursor`` of the last line already shown.

    Raises:
        BadCursor: ``before`` is not such a cursor.
        Altered: a line does not agree with its bytes or its leaf.
    """
    return _read(models.Entry.objects.about(dossier), before, limit)


def entries_by(actor: UUID, *, before: str | None = None, limit: int = 50) -> list[LoggedEntry]:
    """Entries of the acts of an actor, newest first; otherwise as :func:`entries_about`."""
    return _read(models.Entry.objects.by(actor), before, limit)


def entries_after(index: int, *, limit: int) -> list[LoggedEntry]:
    """Numbered entries after number ``index``, oldest first; -1 begins at the beginning.

    A follower that keeps the last ``index`` it treated misses none and sees none twice. What is older than a year may
    have expired and is passed over.

    Raises:
        Altered: a line does not agree with its bytes or its leaf, or its entry is gone.
    """
    leaves = list(models.Leaf.objects.filter(idx__gt=index).order_by("idx")[:limit])
    rows = models.Entry.objects.filter(pk__in=[(leaf.entry_at, leaf.entry_id) for leaf in leaves])
    found = {(row.at, row.id): row for row in rows}
    entries = []
    for leaf in leaves:
        row = found.get((leaf.entry_at, leaf.entry_id))
        if row is None and leaf.entry_at < datetime.now(UTC) - _KEPT_AT_LEAST:
            continue
        if row is None:
            raise Altered(f"Entry {leaf.idx} of the log is gone.")
        entries.append(read_row(row, leaf.idx, bytes(leaf.hash)))
    return entries


def read_row(row: models.Entry, index: int | None, hashed: bytes | None) -> LoggedEntry:
    """The entry of a row, once its columns and its leaf hash (if it has one) agree with its bytes.

    Raises:
        Altered: they do not.
    """
    body = bytes(row.body)
    name = f"Entry {index}" if index is not None else f"The entry {row.id}"
    try:
        entry = decode(body)
    except BadEntry:
        raise Altered(f"{name} of the log cannot be read.") from None
    stored = (row.id, row.at, row.event, row.actor, row.role, row.profession, row.organisation, row.dossier)
    if columns(entry) != (*stored, row.category, row.ground, row.outcome):
        raise Altered(f"{name} of the log has columns that its bytes do not say.")
    if hashed is not None and leaf_hash(body) != bytes(hashed):
        raise Altered(f"{name} of the log no longer has the hash it was given.")
    return LoggedEntry(**fields_of(entry), index=index)


def fields_of(entry: Entry) -> dict[str, Any]:
    """The fields of an entry by name."""
    return {field.name: getattr(entry, field.name) for field in fields(entry)}


def cursor_of(at: datetime, identifier: UUID) -> str:
    """The place of a line in pages that begin with the newest, as text for an address."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1):x}.{identifier.hex}"


def place_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place that :func:`cursor_of` wrote; none for none.

    Raises:
        BadCursor: it did not write this.
    """
    if not cursor:
        return None
    moment, _, identifier = cursor.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(moment, 16)), UUID(hex=identifier)
    except (ValueError, OverflowError):
        raise BadCursor(f"cursor={cursor[:80]!r}: expected the cursor of a line") from None


def _new_id(at: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562): what begins with the time keeps the index of identifiers in few pages."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def _read(entries: models.EntryQuerySet, before: str | None, limit: int) -> list[LoggedEntry]:
    rows = entries.before(place_of(before)).newest_first().with_index()[:limit]
    return [read_row(row, row.index, row.leaf_hash) for row in rows]  # type: ignore[attr-defined]
