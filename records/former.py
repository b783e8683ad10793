"""Versions of a record that were replaced: keeping one, listing them, opening one, emptying them.

Plain functions inside the open transaction of a door, except for the last part: the door that shows one version to
the patient, to who acts for them, or to its author. Other readers see the version in force and no other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.declaring import Lookup, find
from consent.dossiers import DossierRef
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.presentation import Presentation
from records.formats.fhir.presenting import present
from records.headers import Header
from records.listing import as_readable, decide_record
from records.models import FormerVersion, Record
from records.patient_keys import SealingKeys
from records.people import Identity
from records.shown import Blunt, Version
from records.vault.cipher import Flaw, Unreadable

_NOTHING = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VersionView(Blunt):
    """One version as it was, with what it says."""

    ref: DossierRef
    identity: Identity
    record_id: UUID
    category: Category
    header: Header
    presentation: Presentation
    version: Version


def keep_former(keys: SealingKeys, record: Record) -> None:
    """Keep what a record says now, before it is replaced.

    Raises:
        Unreadable: it does not open; nothing may replace what nobody could read again.
    """
    place = {"category": record.category}
    header = keys.open_("header", record.id, record.revision, record.header, **place)
    body = keys.open_("record", record.id, record.revision, record.body, **place)
    former = FormerVersion(
        dossier_id=record.dossier_id,
        record=record,
        category=record.category,
        revision=record.revision,
        key_version=keys.version,
    )
    former.header = keys.seal("header", former.id, former.revision, header, **place)
    former.body = keys.seal("record", former.id, former.revision, body, **place)
    former.save(force_insert=True)


def empty_former(keys: SealingKeys, record_id: UUID) -> None:
    """Seal over what the former versions of a record said: it was taken out by its patient."""
    blank = Header(kind="Basic", title="").to_bytes()
    for former in FormerVersion.objects.select_for_update().filter(record_id=record_id, emptied_at=None):
        former.header = keys.seal("header", former.id, former.revision, blank, category=former.category)
        former.body = keys.seal("record", former.id, former.revision, _NOTHING, category=former.category)
        former.key_version, former.emptied_at = keys.version, timezone.now()
        former.save(update_fields=["header", "body", "key_version", "emptied_at"])


def versions_of(entered: Entered, row: Record) -> tuple[Version, ...]:
    """The versions of a record that were replaced, the newest first; none for those who may only read it."""
    if row.revision < 2 or not _may_look_back(entered, row):
        return ()
    kept = FormerVersion.objects.filter(record_id=row.id, emptied_at=None).order_by("-revision")
    return tuple(Version(*each) for each in kept.values_list("revision", "replaced_at"))


def open_version(*, actor: Actor, record_id: UUID, revision: int) -> VersionView:
    """One version of a record as it was before it was corrected.

    Raises:
        Unknown: there is no such version for this actor: no such record, closed, masked, or somebody else's to look at.
        Unreadable: it does not open.
    """
    act = partial(_open, record_id=record_id, revision=revision)
    return through(Attempt(actor, Event.RECORD_VERSION_READ, object_id=record_id), act)


def _open(attempt: Attempt, *, record_id: UUID, revision: int) -> VersionView | Exception:
    find(Lookup.RECORD, record_id)
    row = Record.objects.filter(id=record_id).defer("header", "body", "source_digest").first()
    entered = enter(attempt.actor, row.dossier_id) if row is not None else None
    if row is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    decision = decide_record(entered, row)
    former = FormerVersion.objects.filter(record_id=record_id, revision=revision, emptied_at=None).first()
    if former is None or not (entered.may_read and decision.allowed and _may_look_back(entered, row)):
        return attempt.unknown(decision)
    attempt.category = row.category
    resource = as_readable(entered, resource_of(entered, former))
    view = VersionView(
        ref=entered.ref,
        identity=entered.identity(),
        record_id=record_id,
        category=Category(row.category),
        header=_header(entered, former),
        presentation=present(resource),
        version=Version(former.revision, former.replaced_at),
    )
    attempt.allowed(decision, version=revision)
    return view


def _may_look_back(entered: Entered, row: Record) -> bool:
    """The patient, who acts for them, and the author: to anybody else what was corrected is no longer said."""
    wrote = row.author is not None and row.author == entered.facts.professional
    return entered.facts.is_own or entered.facts.represents or wrote


def resource_of(entered: Entered, former: FormerVersion) -> dict[str, Any]:
    """The resource of a former version, numbers as Decimals.

    Raises:
        Unreadable: it does not open.
    """
    body = entered.keys.open_("record", former.id, former.revision, former.body, category=former.category)
    try:
        known: dict[str, Any] = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
    return known


def _header(entered: Entered, former: FormerVersion) -> Header:
    plain = entered.keys.open_("header", former.id, former.revision, former.header, category=former.category)
    try:
        return Header.from_bytes(plain)
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
