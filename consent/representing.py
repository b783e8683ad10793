"""Who acts for a patient: the parents or guardians of a minor, up to three carers of an adult."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor, Role, SystemTask
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ended, may_share, moment_fact, now, period, scope_fact, take_turn
from consent.ages import Age
from consent.categories import Category, Tier
from consent.decisions import Decision, Facts, Refused, RepresentativeKind, fitting_representations
from consent.declaring import Lookup, declare, declared, find
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Representation
from consent.thresholds import decide_opening, decide_sharing

__all__ = [
    "MOST_CARERS",
    "Invalid",
    "add_representative",
    "end_representative",
    "read_representatives",
    "represented_by",
]

MOST_CARERS = 3
_FOUNDERS = frozenset({SystemTask.IMPORT, SystemTask.SEED})
SHAREABLE = frozenset(category for category in Category if category.tier is not Tier.PATIENT_ONLY)


def add_representative(
    *,
    actor: Actor,
    ref: DossierRef,
    account: UUID,
    kind: RepresentativeKind,
    categories: Iterable[Category],
    until: datetime | None = None,
) -> UUID:
    """Door: let somebody act for the patient in some categories. Returns the representation's id.

    The patient names carers; a parent or guardian in force adds the second parent of a minor, in no more categories
    than their own; an import brings the first. ``ref`` carries the patient's age.

    Raises:
        Refused: the actor is none of them.
        Invalid: oneself, a category that is never shared or none at all, a kind that does not go with the age, a
            fourth carer, an end in the past, or somebody who acts already.
    """
    with transaction.atomic(durable=True):
        facts = load_facts(actor, ref)
        decision = _may_add(actor, facts, kind)
        if decision.allowed:
            return _add(actor, ref, facts, decision, account, kind, frozenset(categories), until)
        append(
            Event.REPRESENTATIVE_ADDED,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _may_add(actor: Actor, facts: Facts, kind: RepresentativeKind) -> Decision:
    guardian = any(each.kind is not RepresentativeKind.CARER for each in fitting_representations(facts))
    if actor.task in _FOUNDERS or (guardian and kind is not RepresentativeKind.CARER):
        return decide_opening(facts)
    return decide_sharing(facts)


def _add(
    actor: Actor,
    ref: DossierRef,
    facts: Facts,
    decision: Decision,
    account: UUID,
    kind: RepresentativeKind,
    categories: frozenset[Category],
    until: datetime | None,
) -> UUID:
    at = take_turn(ref)
    if account in {ref.owner, actor.id}:
        raise Invalid(_("Nobody represents themselves. Name somebody else."))
    if not categories or not categories <= SHAREABLE:
        raise Invalid(_("Choose at least one category. Personal notes are never shared."))
    own = [each.categories for each in fitting_representations(facts)]
    if own and not categories <= frozenset[Category]().union(*own):
        raise Invalid(_("You cannot share more than what you see yourself."))
    _check_age(kind, ref.age)
    live = Representation.objects.about(ref.id).live(at)
    if live.filter(account=account).exists():
        raise Invalid(_("This person already acts for the patient."))
    if kind is RepresentativeKind.CARER and live.filter(kind=kind).count() >= MOST_CARERS:
        raise Invalid(_("There are already three carers. End one of them first."))
    added = Representation.objects.create(
        dossier=ref.id, account_id=account, kind=kind, categories=sorted(categories), during=period(at, until)
    )
    append(
        Event.REPRESENTATIVE_ADDED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=added.id,
        # An import founds it: no drawer was decided on, and the words of that ground speak of documents.
        ground=decision.ground if actor.task is None else "",
        facts={"account": account, "kind": kind, "scope": scope_fact(categories), "until": moment_fact(until)},
    )
    return added.id


def _check_age(kind: RepresentativeKind, age: Age) -> None:
    if kind is RepresentativeKind.CARER and age is not Age.ADULT:
        raise Invalid(_("A carer acts for an adult. A minor has parents or guardians."))
    if kind is not RepresentativeKind.CARER and age not in {Age.UNDER_15, Age.FROM_15}:
        raise Invalid(_("Parents and guardians act for a minor. An adult names carers."))


def end_representative(*, actor: Actor, ref: DossierRef, representation_id: UUID) -> None:
    """Door: somebody acts no longer for the patient: said by the patient, or by the representative.

    Raises:
        Refused: anybody else, as for one that does not exist.
        Invalid: it is over.
    """
    with transaction.atomic(durable=True):
        declare(ref.id)
        facts = load_facts(actor, ref)
        decision = decide_sharing(facts)
        found = Representation.objects.about(ref.id).filter(id=representation_id).first()
        # One parent does not end the other: who acts for a child ends only their own acting.
        mine = found is not None and actor.role is Role.PATIENT and found.account_id == actor.id
        if found is not None and (facts.is_own or mine):
            return _end(actor, ref, found)
        append(
            Event.REPRESENTATIVE_ENDED,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
        )
    raise Refused(decision)


def _end(actor: Actor, ref: DossierRef, found: Representation) -> None:
    at = take_turn(ref)
    live = Representation.objects.about(ref.id).live(at).filter(id=found.id).first()
    if live is None:
        raise Invalid(_("This person no longer acts for the patient. Nothing was changed."))
    live.during = ended(live.during, at)
    live.save(update_fields=["during"])
    append(
        Event.REPRESENTATIVE_ENDED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=live.id,
        facts={"account": live.account_id},
    )


def represented_by(account: UUID, at: datetime) -> list[UUID]:
    """The dossiers for which this account acts at an instant, whatever that opens. Plain function."""
    live = Representation.objects.live(at).filter(account=account)
    with declared():
        find(Lookup.REPRESENTED, account)
        return list(live.order_by("during", "id").values_list("dossier", flat=True))


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who acts for the patient; their name is theirs to give."""

    id: UUID
    account: UUID
    kind: RepresentativeKind
    categories: tuple[Category, ...]
    since: datetime
    until: datetime | None


def read_representatives(*, actor: Actor, ref: DossierRef) -> tuple[Representative, ...]:
    """Door: who acts for the patient at this moment.

    Raises:
        Refused: the actor is not the patient.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_READ)
        if decision.allowed:
            append(Event.SHARING_READ, actor=actor, dossier=ref.pseudonym, ground=decision.ground)
            live = Representation.objects.about(ref.id).live(now()).order_by("during", "id")
            return tuple(_representative(each) for each in live)
    raise Refused(decision)


def _representative(row: Representation) -> Representative:
    return Representative(
        id=row.id,
        account=row.account_id,
        kind=RepresentativeKind(row.kind),
        categories=tuple(category for category in Category if category.value in row.categories),
        since=row.during.lower,
        until=row.during.upper,
    )
