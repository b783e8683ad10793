"""The patient names a treating doctor, and lets a whole team take care of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, ended, ground_of, moment_fact, period, share
from consent.choosing import find_organisation, find_professional
from consent.decisions import Ground
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.models import Professional, TeamCare, TreatingDoctor
from consent.professions import Profession

__all__ = [
    "Invalid",
    "end_team_care",
    "end_treating_doctor",
    "name_treating_doctor",
    "open_team_care",
    "treating_doctor",
]


def name_treating_doctor(*, actor: Actor, ref: DossierRef, professional: UUID) -> UUID:
    """Door: name the treating doctor; the one before is one no longer. It opens nothing by itself.

    Raises:
        Refused: the actor is not the patient.
        Invalid: somebody unknown, somebody who is no doctor, or the one already named.
    """
    return share(actor, ref, Event.TREATING_NAMED, lambda at: _name(actor, ref, professional, at))


def _name(actor: Actor, ref: DossierRef, professional: UUID, at: datetime) -> UUID:
    person = find_professional(professional)
    if person.profession != Profession.DOCTOR:
        raise Invalid(_("A treating doctor is a doctor. %(name)s is not.") % {"name": person.name})
    current = TreatingDoctor.objects.about(ref.id).live(at).first()
    if current is not None and current.professional_id == person.id:
        raise Invalid(_("%(name)s is already your treating doctor.") % {"name": person.name})
    if current is not None:
        current.during = ended(current.during, at)
        current.save(update_fields=["during"])
    named = TreatingDoctor.objects.create(dossier=ref.id, professional=person, during=period(at, None))
    append(
        Event.TREATING_NAMED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=named.id,
        ground=ground_of(actor),
        facts={"professional": person.id},
    )
    return named.id


def end_treating_doctor(*, actor: Actor, ref: DossierRef) -> None:
    """Door: have no treating doctor.

    Raises:
        Refused: the actor is not the patient.
        Invalid: there is none.
    """
    share(actor, ref, Event.TREATING_ENDED, lambda at: _end_treating(actor, ref, at))


def _end_treating(actor: Actor, ref: DossierRef, at: datetime) -> None:
    current = TreatingDoctor.objects.about(ref.id).live(at).first()
    if current is None:
        raise Invalid(_("You have named no treating doctor."))
    current.during = ended(current.during, at)
    current.save(update_fields=["during"])
    append(Event.TREATING_ENDED, actor=actor, dossier=ref.pseudonym, object_id=current.id, ground=Ground.OWN_DOSSIER)


def treating_doctor(ref: DossierRef, at: datetime) -> Professional | None:
    """Who is the treating doctor at an instant. Plain function, for letters and pages."""
    with declared(ref.id):
        found = TreatingDoctor.objects.about(ref.id).live(at).select_related("professional").first()
    return found.professional if found else None


def open_team_care(*, actor: Actor, ref: DossierRef, organisation: UUID, until: datetime | None = None) -> UUID:
    """Door: let an organisation take care of the patient: its members, while they belong to it.

    Raises:
        Refused: the actor is not the patient.
        Invalid: unknown, an end in the past, or it does already.
    """
    return share(actor, ref, Event.TEAM_OPENED, lambda at: _open_team(actor, ref, organisation, until, at))


def _open_team(actor: Actor, ref: DossierRef, organisation: UUID, until: datetime | None, at: datetime) -> UUID:
    team = find_organisation(organisation)
    during = period(at, until)
    if TeamCare.objects.about(ref.id).live(at).filter(organisation=team).exists():
        raise Invalid(_("%(name)s already takes care of you.") % {"name": team.name})
    opened = TeamCare.objects.create(dossier=ref.id, organisation=team, during=during)
    append(
        Event.TEAM_OPENED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=opened.id,
        ground=ground_of(actor),
        facts={"organisation": team.id, "until": moment_fact(until)},
    )
    return opened.id


def end_team_care(*, actor: Actor, ref: DossierRef, organisation: UUID) -> None:
    """Door: the organisation takes care of the patient no longer; those let in by name stay.

    Raises:
        Refused: the actor is not the patient.
        Invalid: it does not.
    """
    share(actor, ref, Event.TEAM_ENDED, lambda at: _end_team(actor, ref, organisation, at))


def _end_team(actor: Actor, ref: DossierRef, organisation: UUID, at: datetime) -> None:
    care = TeamCare.objects.about(ref.id).live(at).filter(organisation=organisation).first()
    if care is None:
        raise Invalid(_("This team does not take care of you at the moment."))
    care.during = ended(care.during, at)
    care.save(update_fields=["during"])
    append(
        Event.TEAM_ENDED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=care.id,
        ground=ground_of(actor),
        facts={"organisation": organisation},
    )
