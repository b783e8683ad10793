"""The patient decides: who takes care of them, who sees which category, who sees nothing.

Every door here belongs to the patient who owns the dossier; of a child under fifteen also to a parent or guardian, in
their categories. Each one decides, appends, commits, then raises: ``Refused`` for anybody else, ``Invalid`` (nothing
changed, nothing remembered) for input that makes no sense.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, ended, ground_of, may_share, moment_fact, period, reaches, take_turn
from consent.categories import Category
from consent.choosing import Wanted, check_choice, find_audience, find_organisation, find_professional, place_choice
from consent.decisions import Ground, Refused, Right
from consent.dossiers import DossierRef
from consent.models import CareRelationship, Choice, Opposition
from consent.professions import Profession
from consent.requesting import answer_request, request_access

__all__ = [
    "Invalid",
    "Wanted",
    "answer_request",
    "choose",
    "choose_many",
    "end_relationship",
    "open_relationship",
    "oppose",
    "request_access",
    "withdraw_choice",
    "withdraw_opposition",
]


def open_relationship(*, actor: Actor, ref: DossierRef, professional: UUID, until: datetime | None = None) -> UUID:
    """Door: let a professional take care of the patient (initial consent). Returns the relationship's id.

    Raises:
        Refused: the actor is not the patient.
        Invalid: unknown professional, an end in the past, already open, or a profession that reaches a
            record in emergencies only.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.RELATIONSHIP_OPENED)
        if decision.allowed:
            return _open_relationship(actor, ref, professional, until)
    raise Refused(decision)


def _open_relationship(actor: Actor, ref: DossierRef, professional: UUID, until: datetime | None) -> UUID:
    at = take_turn(ref)
    person = find_professional(professional)
    if person.profession == Profession.EMERGENCY_REGULATOR:
        raise Invalid(Ground.EMERGENCY_ROUTE_ONLY.explanation)
    during = period(at, until)
    if CareRelationship.objects.about(ref.id).live(at).filter(professional=person).exists():
        raise Invalid(_("%(name)s already takes care of you.") % {"name": person.name})
    opened = CareRelationship.objects.create(dossier=ref.id, professional=person, during=during)
    append(
        Event.RELATIONSHIP_OPENED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=opened.id,
        ground=ground_of(actor),
        facts={"professional": person.id, "until": moment_fact(until)},
    )
    return opened.id


def end_relationship(*, actor: Actor, ref: DossierRef, professional: UUID) -> None:
    """Door: end the care relationship, and with it what was opened to this person by name.

    What was closed to them stays closed, should the relationship be opened again.

    Raises:
        Refused: the actor is not the patient.
        Invalid: no relationship is open with this professional.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.RELATIONSHIP_ENDED)
        if decision.allowed:
            return _end_relationship(actor, ref, professional)
    raise Refused(decision)


def _end_relationship(actor: Actor, ref: DossierRef, professional: UUID) -> None:
    at = take_turn(ref)
    relationship = CareRelationship.objects.about(ref.id).live(at).filter(professional=professional).first()
    if relationship is None:
        raise Invalid(_("This person does not take care of you at the moment."))
    relationship.during = ended(relationship.during, at)
    relationship.save(update_fields=["during"])
    opened = Choice.objects.about(ref.id).live(at).filter(professional=professional, allowed=True)
    for choice in opened:
        choice.during = ended(choice.during, at)
        choice.save(update_fields=["during"])
    append(
        Event.RELATIONSHIP_ENDED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=relationship.id,
        ground=ground_of(actor),
        facts={"professional": professional, "choices": len(opened)},
    )


def choose(
    *,
    actor: Actor,
    ref: DossierRef,
    professional: UUID | None = None,
    organisation: UUID | None = None,
    profession: str = "",
    newcomers: bool = False,
    category: Category,
    right: Right,
    allowed: bool,
    until: datetime | None = None,
) -> UUID:
    """Door: open or close one category to one person, team or profession, or close it to newcomers.

    Returns the choice's id.

    It begins now and replaces the choice in force for the same target, category and right.

    Raises:
        Refused: the actor is not the patient.
        Invalid: unknown person, an end in the past, a category or right closed to this profession, a
            person who does not take care of the patient or is opposed, or the same choice twice.
    """
    wanted = Wanted(category, right, allowed, until, professional, organisation, profession, newcomers)
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.CHOICE_MADE, category)
        if decision.allowed:
            choice, changed = _place(actor, ref, wanted, take_turn(ref))
            if not changed:
                raise Invalid(_("This is already your choice. Nothing was changed."))
            return choice.id
    raise Refused(decision)


def choose_many(*, actor: Actor, ref: DossierRef, wanted: Sequence[Wanted], withdrawn: Sequence[UUID] = ()) -> int:
    """Door: several choices as one act: all of them are made, or none. Returns how many changed anything.

    What is so already is left alone. ``withdrawn`` are identifiers of choices to take away in the same act.

    Raises:
        Refused: the actor may not decide on one of the categories.
        Invalid: one of the choices makes no sense; the sentence says which. Nothing was changed.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.CHOICE_MADE)
        for category in dict.fromkeys(each.category for each in wanted):
            if decision.allowed:
                decision = may_share(actor, ref, Event.CHOICE_MADE, category)
        if decision.allowed:
            at = take_turn(ref)
            made = sum(_place_or_say_which(actor, ref, each, at) for each in wanted)
            return made + sum(_withdraw_choice(actor, ref, each, at) for each in withdrawn)
    raise Refused(decision)


def _place_or_say_which(actor: Actor, ref: DossierRef, wanted: Wanted, at: datetime) -> bool:
    try:
        return _place(actor, ref, wanted, at)[1]
    except Invalid as invalid:
        told = {"category": wanted.category.label, "sentence": invalid.sentence}
        raise Invalid(_("%(category)s: %(sentence)s Nothing was changed.") % told) from None


def _place(actor: Actor, ref: DossierRef, wanted: Wanted, at: datetime) -> tuple[Choice, bool]:
    audience = find_audience(wanted.professional, wanted.organisation, wanted.profession, wanted.newcomers)
    check_choice(ref, audience, at=at, category=wanted.category, right=wanted.right, allowed=wanted.allowed)
    choice, changed = place_choice(
        ref, audience, at=at, category=wanted.category, right=wanted.right, allowed=wanted.allowed, until=wanted.until
    )
    if changed:
        until = moment_fact(wanted.until)
        append(
            Event.CHOICE_MADE,
            actor=actor,
            dossier=ref.pseudonym,
            category=wanted.category,
            object_id=choice.id,
            choice=choice.id,
            ground=ground_of(actor),
            facts={**audience.facts, "right": wanted.right, "allowed": wanted.allowed, "until": until},
        )
    return choice, changed


def withdraw_choice(*, actor: Actor, ref: DossierRef, choice_id: UUID) -> None:
    """Door: take a choice away; from now on the default of the matrix holds again.

    Raises:
        Refused: the actor is not the patient.
        Invalid: no such choice is in force on this dossier.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.CHOICE_WITHDRAWN)
        if decision.allowed:
            if not _withdraw_choice(actor, ref, choice_id, take_turn(ref)):
                raise Invalid(_("This choice is no longer in force. Nothing was changed."))
            return
    raise Refused(decision)


def _withdraw_choice(actor: Actor, ref: DossierRef, choice_id: UUID, at: datetime) -> bool:
    choice = Choice.objects.about(ref.id).live(at).filter(id=choice_id).first()
    if choice is None or not reaches(actor, ref, choice.category):
        return False
    choice.during = ended(choice.during, at)
    choice.save(update_fields=["during"])
    append(
        Event.CHOICE_WITHDRAWN,
        actor=actor,
        dossier=ref.pseudonym,
        category=choice.category,
        object_id=choice.id,
        choice=choice.id,
        ground=ground_of(actor),
        facts={"right": choice.right, "allowed": choice.allowed},
    )
    return True


def oppose(
    *,
    actor: Actor,
    ref: DossierRef,
    professional: UUID | None = None,
    organisation: UUID | None = None,
    author: UUID | None = None,
) -> UUID:
    """Door: keep a person or an organisation out; with an author, only of what that author wrote.

    Returns the opposition's id. It lasts until withdrawn.

    Raises:
        Refused: the actor is not the patient.
        Invalid: none or both are named, somebody is unknown, an author against themselves, or twice.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.OPPOSITION_MADE)
        if decision.allowed:
            return _oppose(actor, ref, professional, organisation, author)
    raise Refused(decision)


def _oppose(
    actor: Actor, ref: DossierRef, professional: UUID | None, organisation: UUID | None, author: UUID | None
) -> UUID:
    at = take_turn(ref)
    if (professional is None) == (organisation is None):
        raise Invalid(_("Name one person or one organisation."))
    if author is not None and author == professional:
        raise Invalid(_("An author always sees what they wrote. Name another person."))
    against = {
        "professional": find_professional(professional) if professional is not None else None,
        "organisation": find_organisation(organisation) if organisation is not None else None,
        "author": find_professional(author) if author is not None else None,
    }
    if Opposition.objects.about(ref.id).live(at).filter(**against).exists():
        raise Invalid(_("This opposition is already recorded."))
    opposition = Opposition.objects.create(dossier=ref.id, during=period(at, None), **against)
    append(
        Event.OPPOSITION_MADE,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=opposition.id,
        ground=ground_of(actor),
        facts={name: whom.id for name, whom in against.items() if whom is not None},
    )
    return opposition.id


def withdraw_opposition(*, actor: Actor, ref: DossierRef, opposition_id: UUID) -> None:
    """Door: take an opposition away.

    Raises:
        Refused: the actor is not the patient.
        Invalid: no such opposition is in force on this dossier.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.OPPOSITION_WITHDRAWN)
        if decision.allowed:
            at = take_turn(ref)
            opposition = Opposition.objects.about(ref.id).live(at).filter(id=opposition_id).first()
            if opposition is None:
                raise Invalid(_("This opposition is no longer in force. Nothing was changed."))
            opposition.during = ended(opposition.during, at)
            opposition.save(update_fields=["during"])
            append(
                Event.OPPOSITION_WITHDRAWN,
                actor=actor,
                dossier=ref.pseudonym,
                object_id=opposition.id,
                ground=decision.ground,
            )
            return
    raise Refused(decision)
