"""Doors for somebody who acts for a patient: before which dossier they stand, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import UUID

from audit.actor import Actor, Role
from audit.events import Event
from consent.acting import now
from consent.declaring import Lookup, declared, find
from consent.dossiers import DossierRef
from consent.representing import represented_by
from records.attempts import Attempt, through
from records.dossiers import NoDossier as NoDossier
from records.dossiers import Unknown as Unknown
from records.dossiers import aged_ref, enter, find_own, ref_of
from records.people import Identity

__all__ = ["Identity", "NoDossier", "Unknown", "acting_for", "find_dossier", "read_represented"]


def acting_for(actor: Actor, dossier_id: UUID) -> Actor | None:
    """The same person, acting for the patient of this dossier; ``None`` when they do not act for them now.

    A plain function: it opens nothing, every door decides again.
    """
    if actor.role is not Role.PATIENT or dossier_id not in represented_by(actor.id, now()):
        return None
    return replace(actor, on_behalf_of=ref_of(dossier_id).pseudonym)


def find_dossier(actor: Actor) -> DossierRef:
    """The dossier before which a patient stands: their own, or the one for which they act, with its patient's age.

    Raises:
        NoDossier: there is none.
        Unreadable: the identity of whom they act for does not open.
    """
    if actor.role is not Role.PATIENT or actor.on_behalf_of is None:
        return find_own(actor)
    with declared():
        theirs = find(Lookup.PSEUDONYM, actor.on_behalf_of)
    if not theirs:
        raise NoDossier
    return aged_ref(theirs[0])


def read_represented(*, actor: Actor) -> Identity:
    """For whom the actor acts: the name above every page of theirs.

    Raises:
        Unknown: they act for nobody, or no longer.
        Unreadable: the identity does not open.
    """
    return through(Attempt(actor, Event.DOSSIER_LISTED), partial(_represented))


def _represented(attempt: Attempt) -> Identity | Exception:
    whose = attempt.actor.on_behalf_of
    theirs = find(Lookup.PSEUDONYM, whose) if whose is not None else []
    entered = enter(attempt.actor, theirs[0]) if theirs else None
    if entered is None:
        return attempt.unknown()
    attempt.ref = entered.ref
    if not (entered.facts.represents and entered.opening.allowed):
        return attempt.unknown(entered.opening)
    identity = entered.identity()
    attempt.allowed(entered.opening)
    return identity
