"""Doors that file a record, hide it or show it again.

Whoever writes shares the lock on the dossier, so that no rotation of its key can finish in
between. Every write leaves the digest of the sealed bytes, the revision and the key version in the
log: bytes of yesterday put back in the table show against it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Decision, Facts, Refused, Right, decide
from consent.declaring import Lookup, find
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.thresholds import decide_opening, decide_sharing
from consent.wishing import WishKind, result_wish
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import aged_ref, ref_of
from records.formats.fhir.leaving import MADE_HERE
from records.headers import Header
from records.house import source_digester
from records.models import Held, Record
from records.patient_keys import WritingKeys, digest_of

# The class of our advisory locks, so that they meet nobody else's.
_LOCKS = 0x52454331
_HOLD_DAYS = 30
_HELD_FOR = {WishKind.AFTER_COMMENT: Held.COMMENT.value, WishKind.AT_VISIT: Held.VISIT.value}


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a record lies; ``created`` is false when the same source had been filed before."""

    record_id: UUID
    created: bool


@dataclass(slots=True, repr=False)
class Filing:
    """Records on their way into one dossier, in one open transaction that holds its share lock."""

    actor: Actor
    ref: DossierRef
    keys: WritingKeys
    facts: Facts
    decisions: dict[Category, Decision] = field(default_factory=dict)
    digest: Callable[[bytes], bytes] | None = None
    sources: dict[bytes, UUID] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "<Filing>"

    def decision(self, category: Category) -> Decision:
        """Whether the actor may deposit there: asked once per drawer."""
        if category not in self.decisions:
            self.decisions[category] = decide(self.facts, category=category, right=Right.DEPOSIT)
        return self.decisions[category]


def deposit(
    *,
    actor: Actor,
    dossier_id: UUID,
    category: Category,
    header: Header,
    resource: bytes,
    source: bytes | None = None,
) -> UUID:
    """File one record; filing the same source again changes nothing.

    Args:
        resource: a FHIR R4 resource as JSON in UTF-8.
        source: the bytes that tell whether it is the same one, when it came from elsewhere.

    Returns:
        The record's identifier, or that of the record filed from the same source before.

    Raises:
        Unknown: there is no such dossier for this actor.
        Refused: the actor may not deposit in this drawer.
        ValueError: ``resource`` is not a JSON object.
    """
    attempt = Attempt(actor, Event.RECORD_CREATED)
    act = partial(_deposit, dossier_id=dossier_id, category=category, header=header, resource=resource, source=source)
    return through(attempt, act)


def mask(*, actor: Actor, record_id: UUID) -> None:
    """Hide one record from everybody but its patient and its author.

    Raises:
        Unknown: there is no such record in a dossier of this actor's own.
    """
    through(
        Attempt(actor, Event.RECORD_MASKED, object_id=record_id),
        partial(_mark, record_id=record_id, masked_at=timezone.now()),
    )


def unmask(*, actor: Actor, record_id: UUID) -> None:
    """Show a hidden record again to those whose rights reach it.

    Raises:
        Unknown: there is no such record in a dossier of this actor's own.
    """
    through(
        Attempt(actor, Event.RECORD_UNMASKED, object_id=record_id), partial(_mark, record_id=record_id, masked_at=None)
    )


def begin_filing(*, actor: Actor, ref: DossierRef) -> Filing:
    """Share-lock the dossier and load what filing needs, inside an open transaction.

    Raises:
        Dossier.DoesNotExist: the dossier is gone.
    """
    return Filing(actor, ref, WritingKeys(ref.id), load_facts(actor, ref))


def write_record(
    filing: Filing,
    *,
    category: Category,
    header: Header,
    resource: bytes,
    source: bytes | None = None,
    author: UUID | None = None,
) -> Filed:
    """Seal and file one record, and remember it; the same source again changes nothing.

    Args:
        author: the professional of the directory who wrote it; a professional who deposits is
            always the author, or the one in whose name they act.

    Raises:
        Refused: the actor may not deposit in this drawer. Nothing was remembered yet.
        ValueError: ``resource`` is not a JSON object.
    """
    decision = filing.decision(category)
    if not decision.allowed:
        raise Refused(decision)
    if not isinstance(json.loads(resource), dict):
        raise ValueError("resource: expected a JSON object")
    digest = _source_digest(filing, source) if source is not None else None
    if digest in filing.sources:
        return Filed(filing.sources[digest], created=False)
    record = _sealed(filing, category, header, resource)
    record.author = filing.facts.professional or author
    record.brought_by = filing.actor.id if filing.actor.role is Role.PATIENT else None
    record.source_digest = digest
    _hold_if_wished(filing, record)
    record.save(force_insert=True)
    if digest is not None:
        filing.sources[digest] = record.id
    remember(filing, Event.RECORD_CREATED, record, decision)
    return Filed(record.id, created=True)


def _hold_if_wished(filing: Filing, record: Record) -> None:
    """What a professional files where the patient wishes an explanation first does not appear at once."""
    if filing.actor.professional is None:
        return
    wished = result_wish(filing.ref, Category(record.category), record.filed_at)
    if wished in _HELD_FOR:
        record.held_until, record.held_for = record.filed_at + longest_hold(), _HELD_FOR[wished]


def longest_hold() -> timedelta:
    """The hard maximum of a hold, from the day of filing on (setting ``HOLD_DAYS``, 30 days and never more)."""
    return timedelta(days=min(int(getattr(settings, "HOLD_DAYS", _HOLD_DAYS)), _HOLD_DAYS))


def _deposit(
    attempt: Attempt, *, dossier_id: UUID, category: Category, header: Header, resource: bytes, source: bytes | None
) -> UUID | Exception:
    filing = enter_to_file(attempt, dossier_id, category)
    if isinstance(filing, Exception):
        return filing
    return write_record(filing, category=category, header=header, resource=resource, source=source).record_id


def enter_to_file(attempt: Attempt, dossier_id: UUID, category: Category) -> Filing | Exception:
    """Stand before a dossier to put something into one of its drawers, in the open transaction of a door.

    Returns:
        What filing needs, or the refusal to raise, already remembered.
    """
    try:
        attempt.ref = ref_of(dossier_id)
    except Unknown:
        return attempt.unknown()
    facts = load_facts(attempt.actor, attempt.ref)
    if facts.represents:
        attempt.ref = aged_ref(dossier_id)
        attempt.actor = replace(attempt.actor, on_behalf_of=attempt.ref.pseudonym)
        facts = replace(facts, age=attempt.ref.age)
    opening = decide_opening(facts)
    if not opening.allowed:
        return attempt.unknown(opening)
    filing = begin_filing(actor=attempt.actor, ref=attempt.ref)
    attempt.category = category.value
    decision = filing.decision(category)
    return filing if decision.allowed else attempt.refused(decision)


def _sealed(filing: Filing, category: Category, header: Header, resource: bytes) -> Record:
    record_id, keys = uuid4(), filing.keys
    return Record(
        id=record_id,
        dossier_id=filing.ref.id,
        category=category.value,
        header=keys.seal("header", record_id, 1, header.to_bytes(), category=category.value),
        body=keys.seal("record", record_id, 1, resource, category=category.value),
        revision=1,
        key_version=keys.version,
    )


def remember(filing: Filing, event: Event, record: Record, decision: Decision) -> None:
    """Append what was written of a record: its digest, revision and key version, so that a rollback shows."""
    append(
        event,
        actor=filing.actor,
        outcome=Outcome.ALLOWED,
        dossier=filing.ref.pseudonym,
        category=record.category,
        object_id=record.id,
        ground=decision.ground,
        choice=decision.choice,
        matrix=decision.matrix,
        digest=digest_of(record.header, record.body),
        revision=record.revision,
        key_version=record.key_version,
    )


def _source_digest(filing: Filing, source: bytes) -> bytes:
    """The keyed digest of a source in this dossier."""
    if filing.digest is None:
        # Two imports of the same file at once: the second waits here and then finds what the first filed.
        with connection.cursor() as cursor:
            key = int.from_bytes(filing.ref.id.bytes[:4], "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, key])
        known = Record.objects.filter(dossier_id=filing.ref.id, source_digest__isnull=False)
        filing.sources = {bytes(digest or b""): found for digest, found in known.values_list("source_digest", "id")}
        filing.digest = source_digester(filing.ref.id)
    digest = filing.digest(source)
    if source.startswith(MADE_HERE.encode()) and digest not in filing.sources:
        _find_made_here(filing, source, digest)
    return digest


def _find_made_here(filing: Filing, source: bytes, digest: bytes) -> None:
    """A record that was written here and left in a bundle comes back under its own identifier."""
    with suppress(ValueError):
        record_id = UUID(source.removeprefix(MADE_HERE.encode()).decode())
        if Record.objects.filter(id=record_id, dossier_id=filing.ref.id).exists():
            filing.sources[digest] = record_id


def _mark(attempt: Attempt, *, record_id: UUID, masked_at: datetime | None) -> Exception | None:
    find(Lookup.RECORD, record_id)
    record = Record.objects.select_for_update().filter(id=record_id).defer("header", "body").first()
    if record is None:
        return attempt.unknown()
    attempt.ref = ref_of(record.dossier_id)
    decision = decide_sharing(load_facts(attempt.actor, attempt.ref))
    if not decision.allowed:
        return attempt.unknown(decision)
    attempt.category = record.category
    # A document that nobody hid may still be hidden because it is new: showing it is an act of its own.
    if (record.masked_at is None) != (masked_at is None) or (masked_at is None and record.shown_at is None):
        record.masked_at, record.shown_at = masked_at, None if masked_at else timezone.now()
        record.save(update_fields=["masked_at", "shown_at"])
        attempt.allowed(decision)
    return None
