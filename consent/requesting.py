"""A professional asks to read a category; the patient answers for a duration, or refuses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ground_of, may_share, moment_fact, reaches, take_turn
from consent.categories import Category
from consent.choosing import Audience, check_choice, place_choice
from consent.decisions import Facts, Ground, Refused, Right, decide
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import AccessRequest, Answer, Purpose
from consent.thresholds import decide_requesting


def request_access(*, actor: Actor, ref: DossierRef, category: Category, purpose: Purpose | str) -> UUID:
    """Door: a professional who takes care of the patient asks to read a category. Returns the request's id.

    A closed and an opposed category answer alike: the request is recorded.

    Raises:
        Refused: no care relationship (an emergency is none), or not a professional.
        Invalid: a category never open to this profession, one already open, an unknown purpose, or a
            request that still waits for its answer.
    """
    with transaction.atomic(durable=True):
        facts = load_facts(actor, ref)
        decision = decide_requesting(facts, category=category)
        if decision.allowed and facts.professional is not None:
            # For a delegate this is the one in whose name they act: the patient's answer opens it to that one.
            return _request(actor, ref, facts.professional, facts, category, purpose)
        append(
            Event.ACCESS_REQUESTED,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            category=category,
            ground=decision.ground,
            matrix=decision.matrix,
        )
    raise Refused(decision)


def _request(
    actor: Actor, ref: DossierRef, professional: UUID, facts: Facts, category: Category, purpose: Purpose | str
) -> UUID:
    at = take_turn(ref)
    decision = decide(facts, category=category, right=Right.READ)
    if decision.ground.is_never:
        raise Invalid(_("This category is never open to your profession, so it cannot be asked for."))
    if decision.allowed:
        raise Invalid(_("This category is already open to you."))
    try:
        known = Purpose(purpose)
    except ValueError:
        raise Invalid(_("Choose a purpose from the list.")) from None
    waiting = AccessRequest.objects.about(ref.id).pending()
    if waiting.filter(professional=professional, category=category).exists():
        raise Invalid(_("You have already asked for this category. The patient has not answered yet."))
    request = AccessRequest.objects.create(
        dossier=ref.id, professional_id=professional, category=category, purpose=known, asked_at=at
    )
    append(
        Event.ACCESS_REQUESTED,
        actor=actor,
        dossier=ref.pseudonym,
        category=category,
        object_id=request.id,
        purpose=known,
        ground=Ground.RELATIONSHIP,
        matrix=facts.matrix,
    )
    return request.id


def answer_request(
    *, actor: Actor, ref: DossierRef, request_id: UUID, allowed: bool, until: datetime | None = None
) -> None:
    """Door: the patient answers; allowed, it becomes a choice that lasts until ``until``.

    Raises:
        Refused: the actor is not the patient.
        Invalid: no such request is waiting on this dossier, an end in the past, or an opposition or an
            ended relationship would keep the answer from opening anything.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.ACCESS_ANSWERED)
        if decision.allowed:
            return _answer(actor, ref, request_id, allowed, until)
    raise Refused(decision)


def _answer(actor: Actor, ref: DossierRef, request_id: UUID, allowed: bool, until: datetime | None) -> None:
    at = take_turn(ref)
    pending = AccessRequest.objects.about(ref.id).pending().select_related("professional")
    request = pending.filter(id=request_id).first()
    if request is None or not reaches(actor, ref, request.category):
        raise Invalid(_("This request has already been answered. Nothing was changed."))
    category = Category(request.category)
    if allowed:
        audience = Audience(professional=request.professional)
        check_choice(ref, audience, at=at, category=category, right=Right.READ, allowed=True)
        request.choice, _changed = place_choice(
            ref, audience, at=at, category=category, right=Right.READ, allowed=True, until=until
        )
    request.answer = Answer.ALLOWED if allowed else Answer.REFUSED
    request.answered_at = at
    request.save(update_fields=["answer", "answered_at", "choice"])
    append(
        Event.ACCESS_ANSWERED,
        actor=actor,
        dossier=ref.pseudonym,
        category=category,
        object_id=request.id,
        choice=request.choice_id,
        ground=ground_of(actor),
        facts={
            "professional": request.professional_id,
            "allowed": allowed,
            "until": moment_fact(until if allowed else None),
        },
    )
