"""The door by which a professional opens a record for somebody new, at the desk."""

from __future__ import annotations

from uuid import UUID

from audit.actor import Actor, Role
from consent.dossiers import DossierRef
from records.dossiers import Unknown
from records.identity import found_dossier
from records.people import Contact, Identity


def welcome_patient(*, actor: Actor, identity: Identity, contact: Contact, account_id: UUID) -> DossierRef:
    """A new record with its account, in the open transaction of the invitation that it belongs to.

    It opens no care relationship: the new patient lets people in, this professional too.

    Raises:
        Unknown: the actor is no professional.
        Invalid: the national health number is wrong or already has a record.
    """
    if actor.role is not Role.PROFESSIONAL:
        raise Unknown
    return found_dossier(actor=actor, identity=identity, contact=contact, account_id=account_id)
