"""What the law makes a professional tell: a register that opens nothing and that the patient reads.

The patient sees a disclosure at once. A deferral needs a reason in law, a date of review and, within two days, a
second professional; a disclosure that may implicate somebody who acts for the patient is never shown to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, moment_fact, take_turn
from consent.decisions import Ground, Refused
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Disclosure, DisclosureBasis
from consent.thresholds import decide_opening, decide_requesting

__all__ = [
    "Deferral",
    "Disclosed",
    "Invalid",
    "agree_deferral",
    "bases",
    "disclose",
    "read_deferrals",
    "read_disclosures",
]

# How long a deferral holds before a second professional agreed to it, and at most after that.
ALONE = timedelta(days=2)
LONGEST = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One disclosure as the patient reads it."""

    id: UUID
    at: datetime
    label: str
    law: str
    recipient: str
    professional: str
    fields: tuple[str, ...]
    named: bool


def bases(at: datetime) -> list[DisclosureBasis]:
    """The legal grounds in force at an instant. Plain function."""
    return list(DisclosureBasis.objects.live(at).order_by("code"))


def disclose(
    *,
    actor: Actor,
    ref: DossierRef,
    basis: str,
    fields: Iterable[str],
    review_at: datetime | None = None,
    implicated: bool = False,
) -> UUID:
    """Door: write down what was told, to whom and on which legal ground. Returns its id.

    Args:
        basis: the code of a legal ground in force; it says whether the patient is named.
        review_at: defers telling the patient until then, if a second professional agrees within two days.
        implicated: somebody who acts for the patient may be implicated: never shown to them.

    Raises:
        Refused: the actor does not take care of the patient.
        Invalid: an unknown ground, fields that it does not allow, a review in the past or too far.
    """
    with transaction.atomic(durable=True):
        facts = load_facts(actor, ref)
        decision = decide_requesting(facts, category=None)
        if decision.allowed and facts.professional is not None:
            _check_own_name(actor, deferred=review_at is not None)
            return _disclose(actor, ref, facts.professional, basis, list(fields), review_at, implicated)
        append(
            Event.DISCLOSURE_MADE,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _disclose(
    actor: Actor,
    ref: DossierRef,
    professional: UUID,
    code: str,
    fields: list[str],
    review_at: datetime | None,
    implicated: bool,
) -> UUID:
    at = take_turn(ref)
    basis = DisclosureBasis.objects.live(at).filter(code=code).first()
    if basis is None:
        raise Invalid(_("Choose a legal ground from the list."))
    if not fields or not set(fields) <= set(basis.fields):
        raise Invalid(_("The law does not let these details be sent. Choose among those listed."))
    _check_review(review_at, at)
    made = Disclosure.objects.create(
        dossier=ref.id,
        basis=basis,
        professional_id=professional,
        fields=sorted(set(fields)),
        named=basis.named,
        at=at,
        visible_from=min(review_at, at + ALONE) if review_at else at,
        review_at=review_at,
        implicated=implicated,
    )
    append(
        Event.DISCLOSURE_MADE,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=made.id,
        ground=Ground.RELATIONSHIP,
        facts={"reason": basis.code, "until": moment_fact(made.visible_from)},
    )
    return made.id


def _check_own_name(actor: Actor, *, deferred: bool) -> None:
    """Two professionals defer: whoever acts in the first one's name would be no second."""
    if deferred and actor.on_behalf_of is not None:
        raise Invalid(_("Telling the patient later is decided in one's own name."))


def _check_review(review_at: datetime | None, at: datetime) -> None:
    if review_at is not None and not at < review_at <= at + LONGEST:
        raise Invalid(_("Choose a review date in the next six months."))


def agree_deferral(*, actor: Actor, ref: DossierRef, disclosure_id: UUID) -> None:
    """Door: a second professional agrees that the patient is told only at the date of review.

    Raises:
        Refused: the actor does not take care of the patient.
        Invalid: there is no such deferral, it is one's own, or somebody agreed already.
    """
    with transaction.atomic(durable=True):
        decision = decide_requesting(load_facts(actor, ref), category=None)
        if decision.allowed and actor.professional is not None:
            _check_own_name(actor, deferred=True)
            return _agree(actor, ref, actor.professional, disclosure_id)
        append(
            Event.DISCLOSURE_DEFERRED,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _agree(actor: Actor, ref: DossierRef, professional: UUID, disclosure_id: UUID) -> None:
    at = take_turn(ref)
    waiting = Disclosure.objects.about(ref.id).filter(visible_from__gt=at, agreed_by=None, review_at__gt=at)
    found = waiting.filter(id=disclosure_id).first()
    if found is None or found.review_at is None:
        raise Invalid(_("There is nothing to agree to any more."))
    if found.professional_id == professional:
        raise Invalid(_("A second professional must agree, not the one who asked."))
    found.agreed_by_id, found.visible_from = professional, found.review_at
    found.save(update_fields=["agreed_by", "visible_from"])
    append(
        Event.DISCLOSURE_DEFERRED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=found.id,
        facts={"until": moment_fact(found.visible_from)},
    )


@dataclass(frozen=True, slots=True)
class Deferral:
    """A disclosure of which the patient is to be told later, if a second professional agrees."""

    id: UUID
    at: datetime
    label: str
    professional: str
    review_at: datetime


def read_deferrals(*, actor: Actor, ref: DossierRef) -> tuple[Deferral, ...]:
    """Door: what waits for the agreement of a second professional: for whoever takes care, not for who asked.

    Each one that is shown is remembered by its own identifier, so that the line stays from the patient as long as
    the disclosure does.

    Raises:
        Refused: the actor does not take care of the patient.
    """
    with transaction.atomic(durable=True):
        facts = load_facts(actor, ref)
        decision = decide_requesting(facts, category=None)
        if decision.allowed:
            waiting = Disclosure.objects.about(ref.id).filter(visible_from__gt=facts.at, agreed_by=None)
            asked_by_others = waiting.filter(review_at__gt=facts.at).exclude(professional=facts.professional)
            rows = list(asked_by_others.select_related("basis", "professional"))
            for row in rows:
                append(
                    Event.DISCLOSURES_READ,
                    actor=actor,
                    dossier=ref.pseudonym,
                    object_id=row.id,
                    ground=decision.ground,
                )
            return tuple(_deferral(row) for row in rows)
        append(
            Event.DISCLOSURES_READ,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _deferral(row: Disclosure) -> Deferral:
    return Deferral(row.id, row.at, _label(row.basis), row.professional.name, row.review_at or row.visible_from)


def _label(basis: DisclosureBasis) -> str:
    return basis.label_fr if (get_language() or "").startswith("fr") else basis.label_en


def read_disclosures(*, actor: Actor, ref: DossierRef) -> tuple[Disclosed, ...]:
    """Door: what was told about the patient, newest first: for them, and for who acts for them.

    Raises:
        Refused: anybody else.
    """
    with transaction.atomic(durable=True):
        facts = load_facts(actor, ref)
        decision = decide_opening(facts)
        told = decision.allowed and (facts.is_own or facts.represents)
        if told:
            rows = Disclosure.objects.about(ref.id).filter(visible_from__lte=facts.at)
            if not facts.is_own:
                rows = rows.filter(implicated=False)
            reader = actor if facts.is_own else replace(actor, on_behalf_of=ref.pseudonym)
            append(Event.DISCLOSURES_READ, actor=reader, dossier=ref.pseudonym, ground=decision.ground)
            return tuple(_disclosed(row) for row in rows.select_related("basis", "professional"))
        append(
            Event.DISCLOSURES_READ,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _disclosed(row: Disclosure) -> Disclosed:
    return Disclosed(
        id=row.id,
        at=row.at,
        label=_label(row.basis),
        law=row.basis.law,
        recipient=row.basis.recipient,
        professional=row.professional.name,
        fields=tuple(row.fields),
        named=row.named,
    )
