"""Where letters go: many addresses at once for the task that writes letters, and a new one for oneself.

A sealed address is opened for one sending or one page, and each opening is remembered in the patient's history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from uuid import UUID

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from consent.decisions import Ground
from consent.declaring import declare
from records.attempts import Attempt, through
from records.dossiers import find_own, unseal_contact
from records.models import Dossier, PatientKey
from records.patient_keys import PatientKeys, WritingKeys, digest_of
from records.people import Contact
from records.vault.cipher import Unreadable


def open_contacts(*, actor: Actor, dossier_ids: Collection[UUID]) -> dict[UUID, Contact | Unreadable]:
    """Where letters about these dossiers go, in one transaction; an address that does not open is its own failure.

    A dossier that is not there is left out.

    Raises:
        Unknown: the actor is not the task that writes letters.
    """
    return through(Attempt(actor, Event.CONTACT_OPENED), partial(_opened, dossier_ids=set(dossier_ids)))


def replace_contact(*, actor: Actor, address: Mapping[str, str], reference: UUID) -> Contact:
    """Put another mail address or telephone number (``email``, ``phone``) in the place of one's own.

    Takes the open transaction of a door of the portal. ``reference`` is what the entry names as its object.

    Returns:
        What was there before.

    Raises:
        NoDossier: the actor has no health record.
        Unreadable: what was there does not open.
    """
    ref = find_own(actor)
    keys = WritingKeys(ref.id)
    dossier = Dossier.objects.select_for_update().get(pk=ref.id)
    former = unseal_contact(keys, dossier.contact_revision, dossier.sealed_contact)
    revision = dossier.contact_revision + 1
    sealed = keys.seal("contact", ref.id, revision, replace(former, **address).to_bytes())
    Dossier.objects.filter(pk=ref.id).update(sealed_contact=sealed, contact_revision=revision)
    append(
        Event.CONTACT_CHANGED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=reference,
        ground=Ground.OWN_DOSSIER,
        digest=digest_of(sealed),
        revision=revision,
        key_version=keys.version,
    )
    return former


def _opened(attempt: Attempt, *, dossier_ids: set[UUID]) -> dict[UUID, Contact | Unreadable] | Exception:
    if attempt.actor.task is not SystemTask.LETTERS:
        return attempt.unknown()
    rows: dict[Dossier, list[PatientKey]] = {}
    declare(*dossier_ids)
    for row in PatientKey.objects.filter(dossier_id__in=dossier_ids, dossier__closed_at=None).select_related("dossier"):
        rows.setdefault(row.dossier, []).append(row)
    found: dict[UUID, Contact | Unreadable] = {}
    for dossier, keys in rows.items():
        own = replace(attempt, ref=dossier.ref)
        try:
            opened = unseal_contact(PatientKeys(dossier.id, keys), dossier.contact_revision, dossier.sealed_contact)
        except Unreadable as unreadable:
            found[dossier.id] = own.failed(unreadable)
            continue
        append(own.event, actor=own.actor, dossier=dossier.pseudonym)
        found[dossier.id] = opened
    return found
