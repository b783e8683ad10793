"""The names that a professional may see, for the heads of forms and the lines of their own accesses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from consent.declaring import Lookup, declared, find
from consent.models import Organisation, Professional
from portal.professional.composing import Signature
from records.identity import read_identities
from records.models import Dossier
from records.people import Identity
from records.reading import Unknown, open_overview

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One patient by name, and the address of their page."""

    dossier_id: UUID
    name: str

    def __repr__(self) -> str:
        return "<Person>"


def named(actor: Actor, dossier_id: UUID) -> Identity:
    """Who a form is about: the wrong patient is the mistake to prevent.

    Outside one's care only an emergency in force gives a name, through the door that opens the
    record: it remembers an attempt that it refuses.

    Raises:
        Unknown: the professional has no footing before this patient, or there is none.
    """
    identities = read_identities(actor=actor, dossier_ids=[dossier_id])
    return identities.get(dossier_id) or open_overview(actor=actor, dossier_id=dossier_id, newest=0).identity


def people_behind(actor: Actor, pseudonyms: Iterable[UUID]) -> dict[UUID, Person]:
    """The patients behind pseudonyms of the log, those in one's care now; the others stay pseudonyms."""
    with declared():
        known = Dossier.objects.filter(id__in=find(Lookup.PSEUDONYM, *pseudonyms))
        rows = dict(known.values_list("id", "pseudonym"))
    if not rows:
        return {}
    identities = read_identities(actor=actor, dossier_ids=list(rows))
    return {rows[found]: Person(found, identity.full_name) for found, identity in identities.items()}


def signature_of(actor: Actor) -> Signature:
    """How a professional signs: name and number as in the directory, where they work today, and in whose name.

    Raises:
        Unknown: the actor is no professional of the directory.
    """
    signer = Professional.objects.filter(pk=actor.professional or NOBODY).first()
    if signer is None:
        raise Unknown
    name = signer.name
    if actor.on_behalf_of is not None:
        named_one = Professional.objects.get(pk=actor.on_behalf_of)
        name = _("%(name)s, in the name of %(named)s") % {"name": signer.name, "named": named_one.name}
    place = Organisation.objects.filter(pk=actor.organisation or NOBODY).first()
    return Signature(name=name, rpps=signer.rpps or "", place=place.name if place else "")
