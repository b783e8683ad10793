"""Doors to who a dossier is about and how to reach them.

Names, birth dates, numbers and addresses are sealed like records; a keyed digest finds a dossier by
national health number without holding the number.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from audit.log import append
from consent.decisions import Ground
from consent.declaring import Lookup, declare, find
from consent.dossiers import DossierRef
from consent.explaining import patients_of
from consent.granting import Invalid
from records.attempts import Attempt, through
from records.dossiers import NoDossier as NoDossier
from records.dossiers import Unknown as Unknown
from records.dossiers import find_own as find_own
from records.dossiers import ref_of as ref_of
from records.dossiers import unseal_contact, unseal_identity
from records.house import lookup_digest
from records.ins import spell_ins
from records.likeness import keep_likeness
from records.models import Dossier, PatientKey
from records.patient_keys import FirstKeys, PatientKeys, digest_of
from records.people import Contact as Contact
from records.people import Identity as Identity

__all__ = [
    "Contact",
    "Identity",
    "NoDossier",
    "Unknown",
    "create_dossier",
    "find_by_ins",
    "find_own",
    "found_dossier",
    "open_contact",
    "read_identities",
    "ref_of",
]

_FOUNDERS = frozenset({SystemTask.IMPORT, SystemTask.SEED})


def create_dossier(
    *, actor: Actor, identity: Identity, contact: Contact | None = None, account_id: UUID | None = None
) -> DossierRef:
    """Open a new health record: its key, its sealed identity and address. Import and seed only.

    Raises:
        Unknown: this actor may not.
        Invalid: the national health number is wrong or already has a record.
    """
    act = partial(_create, identity=identity, contact=contact, account_id=account_id)
    return through(Attempt(actor, Event.DOSSIER_CREATED), act)


def read_identities(*, actor: Actor, dossier_ids: Iterable[UUID]) -> dict[UUID, Identity]:
    """The identities of those of these dossiers that the professional takes care of now.

    Each of them is remembered in its patient's history. The others are left out, unknown ones alike.

    Raises:
        Unknown: the actor is no professional.
        Unreadable: an identity does not open.
    """
    return through(Attempt(actor, Event.DOSSIER_LISTED), partial(_identities, dossier_ids=set(dossier_ids)))


def find_by_ins(*, actor: Actor, ins: str) -> DossierRef | None:
    """The dossier of that national health number, for a professional or an import. It opens nothing.

    Raises:
        Unknown: this actor may not look.
        Invalid: what was typed is no national health number.
    """
    return through(Attempt(actor, Event.DOSSIER_FOUND), partial(_found, ins=spell_ins(ins)))


def open_contact(*, actor: Actor, dossier_id: UUID) -> Contact:
    """Where letters to a patient go: for the patient, and for the task that writes letters.

    Raises:
        Unknown: there is no such dossier for this actor.
        Unreadable: the address does not open.
    """
    return through(Attempt(actor, Event.CONTACT_OPENED), partial(_contact, dossier_id=dossier_id))


def found_dossier(
    *, actor: Actor, identity: Identity, contact: Contact | None = None, account_id: UUID | None = None
) -> DossierRef:
    """What :func:`create_dossier` does, inside the open transaction of another door of this room.

    Raises:
        Invalid: the national health number is wrong or already has a record.
    """
    digest = None
    if identity.ins:
        digest = lookup_digest("ins", spell_ins(identity.ins))
        if find(Lookup.INS, digest):
            raise Invalid(_("There is already a health record for this national health number."))
    dossier_id = uuid4()
    declare(dossier_id)
    keys = FirstKeys(dossier_id)
    dossier = Dossier.objects.create(
        id=dossier_id,
        account_id=account_id,
        active_key_version=keys.version,
        sealed_identity=keys.seal("identity", dossier_id, 1, identity.to_bytes()),
        sealed_contact=keys.seal("contact", dossier_id, 1, contact.to_bytes()) if contact else b"",
        contact_revision=1 if contact else 0,
        ins_digest=digest,
    )
    keys.save(actor, dossier.pseudonym)
    keep_likeness(dossier_id, identity)
    append(
        Event.DOSSIER_CREATED,
        actor=actor,
        dossier=dossier.pseudonym,
        ground=Ground.SYSTEM_DEPOSIT,
        digest=digest_of(dossier.sealed_identity, dossier.sealed_contact),
        revision=1,
        key_version=keys.version,
    )
    return dossier.ref


def _create(
    attempt: Attempt, *, identity: Identity, contact: Contact | None, account_id: UUID | None
) -> DossierRef | Exception:
    if attempt.actor.task not in _FOUNDERS:
        return attempt.unknown()
    return found_dossier(actor=attempt.actor, identity=identity, contact=contact, account_id=account_id)


def _identities(attempt: Attempt, *, dossier_ids: set[UUID]) -> dict[UUID, Identity] | Exception:
    if attempt.actor.role is not Role.PROFESSIONAL:
        return attempt.unknown()
    cared_for = [dossier for dossier in patients_of(attempt.actor) if dossier in dossier_ids]
    declare(*cared_for)
    rows: dict[Dossier, list[PatientKey]] = {}
    keys_of = PatientKey.objects.filter(dossier_id__in=cared_for, dossier__closed_at=None)
    for row in keys_of.select_related("dossier"):
        rows.setdefault(row.dossier, []).append(row)
    identities = {}
    for dossier, keys in rows.items():
        attempt.ref = dossier.ref
        opened = PatientKeys(dossier.id, keys)
        identities[dossier.id] = unseal_identity(opened, dossier.identity_revision, dossier.sealed_identity)
    # Only when all of them opened: one that does not keeps the others from being shown.
    for dossier in rows:
        attempt.ref = dossier.ref
        attempt.allowed(Ground.RELATIONSHIP)
    return identities


def _found(attempt: Attempt, *, ins: str) -> DossierRef | Exception | None:
    if attempt.actor.role is not Role.PROFESSIONAL and attempt.actor.task not in _FOUNDERS:
        return attempt.unknown()
    found = find(Lookup.INS, lookup_digest("ins", ins))
    dossier = Dossier.objects.filter(id__in=found, closed_at=None).first()
    if dossier is None:
        attempt.unknown()
        return None
    append(Event.DOSSIER_FOUND, actor=attempt.actor, dossier=dossier.pseudonym)
    return dossier.ref


def _contact(attempt: Attempt, *, dossier_id: UUID) -> Contact | Exception:
    declare(dossier_id)
    rows = list(PatientKey.objects.filter(dossier_id=dossier_id).select_related("dossier"))
    if not rows or rows[0].dossier.closed_at is not None:
        return attempt.unknown()
    dossier = rows[0].dossier
    attempt.ref = dossier.ref
    own = attempt.actor.role is Role.PATIENT and dossier.account_id == attempt.actor.id
    if not own and attempt.actor.task is not SystemTask.LETTERS:
        return attempt.unknown()
    contact = unseal_contact(PatientKeys(dossier.id, rows), dossier.contact_revision, dossier.sealed_contact)
    if own:
        attempt.allowed(Ground.OWN_DOSSIER)
    else:
        append(Event.CONTACT_OPENED, actor=attempt.actor, dossier=dossier.pseudonym)
    return contact
