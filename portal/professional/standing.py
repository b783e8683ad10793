"""As what, and until when, a professional stands before a patient: the relationship and the clock of an emergency."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor
from consent.declaring import Lookup, declared, find
from consent.models import CareRelationship, Emergency, Membership, TeamCare
from consent.professions import profession_label


@dataclass(frozen=True, slots=True)
class Clock:
    """An emergency in force, by the clock of the server."""

    id: UUID
    began_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page tells a professional of their own footing; it decides nothing.

    ``until`` is the end of the care relationship, ``None`` while it has none; ``related`` says
    whether there is one at all.
    """

    profession: str
    related: bool = False
    until: datetime | None = None
    emergency: Clock | None = None
    in_own_name: bool = True


def standings_of(actor: Actor, dossier_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """The standing of one professional, or of whom they act for, before several patients: three queries."""
    with declared(*(wanted := list(dossier_ids))):
        return _standings(actor, wanted)


def _standings(actor: Actor, wanted: list[UUID]) -> dict[UUID, Standing]:
    now = timezone.now()
    me = actor.on_behalf_of or actor.professional
    mine = {"professional_id": me, "dossier__in": wanted}
    ends = {each.dossier: each.during.upper for each in CareRelationship.objects.live(now).filter(**mine)}
    teams = Membership.objects.live(now).filter(professional=me).values("organisation")
    for each in TeamCare.objects.live(now).filter(organisation__in=teams, dossier__in=wanted):
        ends.setdefault(each.dossier, each.during.upper)
    # Nobody breaks the glass in another's name.
    broken = Emergency.objects.none() if actor.on_behalf_of else Emergency.objects.live(now).filter(**mine)
    clocks = {
        emergency.dossier: Clock(emergency.id, emergency.during.lower, emergency.during.upper)
        for emergency in broken.only("id", "dossier", "during")
    }
    profession = profession_label(actor.profession)
    return {
        dossier_id: Standing(
            profession=profession,
            related=dossier_id in ends,
            until=ends.get(dossier_id),
            emergency=clocks.get(dossier_id),
            in_own_name=actor.on_behalf_of is None,
        )
        for dossier_id in wanted
    }


def standing_of(actor: Actor, dossier_id: UUID) -> Standing:
    """The standing of one professional before one patient."""
    return standings_of(actor, [dossier_id])[dossier_id]


def emergencies_of(actor: Actor, *, but: Collection[UUID]) -> dict[UUID, Clock]:
    """One's emergencies in force, but those of these dossiers: a way back to a record outside one's list."""
    if actor.on_behalf_of is not None:
        return {}
    others = Emergency.objects.live(timezone.now()).filter(professional=actor.professional).exclude(dossier__in=but)
    with declared():
        find(Lookup.CARED_FOR, actor.professional or UUID(int=0))
        return {each.dossier: Clock(each.id, each.during.lower, each.during.upper) for each in others}


def age_on(birth_date: date, day: date) -> int | None:
    """Full years of age on that day; ``None`` for a birth date that is still to come."""
    if birth_date > day:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
