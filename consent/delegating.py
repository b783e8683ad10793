"""A professional lets a replacement or a secretary act in their name, within their rights, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ended, moment_fact, now, period, scope_fact
from consent.categories import Category
from consent.choosing import find_professional
from consent.decisions import Decision, Facts, Ground, Refused
from consent.models import Delegation, DelegationKind
from consent.representing import SHAREABLE
from consent.thresholds import decide_sharing

__all__ = ["DelegationKind", "Invalid", "delegate", "end_delegation", "given_by", "named_by"]


def delegate(
    *, actor: Actor, delegate: UUID, kind: DelegationKind, categories: Iterable[Category], until: datetime
) -> UUID:
    """Door: let somebody act in the professional's name, in these categories, until a date. Returns its id.

    A replacement has the same profession. Nobody passes on what was entrusted to them.

    Raises:
        Refused: the actor is no professional, or acts in somebody else's name.
        Invalid: unknown, oneself, another profession, no category, an end in the past, or it holds already.
    """
    with transaction.atomic(durable=True):
        at = now()
        if actor.professional is not None and actor.on_behalf_of is None:
            return _delegate(actor, actor.professional, delegate, kind, frozenset(categories), until, at)
        refusal = _refusal(actor, at)
        append(Event.DELEGATION_MADE, actor=actor, outcome=Outcome.REFUSED, ground=refusal.ground)
    raise Refused(refusal)


def _delegate(
    actor: Actor,
    named: UUID,
    delegate: UUID,
    kind: DelegationKind,
    categories: frozenset[Category],
    until: datetime,
    at: datetime,
) -> UUID:
    person = find_professional(delegate)
    if person.id == named:
        raise Invalid(_("Nobody replaces themselves. Name somebody else."))
    if kind is DelegationKind.REPLACEMENT and person.profession != find_professional(named).profession:
        raise Invalid(_("A replacement has the same profession as you. %(name)s has not.") % {"name": person.name})
    if not categories or not categories <= SHAREABLE:
        raise Invalid(_("Choose at least one category. Personal notes are never shared."))
    during = period(at, until)
    if Delegation.objects.live(at).filter(professional=named, delegate=person).exists():
        raise Invalid(_("%(name)s already acts in your name.") % {"name": person.name})
    made = Delegation.objects.create(
        professional_id=named, delegate=person, kind=kind, categories=sorted(categories), during=during
    )
    append(
        Event.DELEGATION_MADE,
        actor=actor,
        object_id=made.id,
        facts={
            "professional": person.id,
            "kind": kind,
            "scope": scope_fact(categories),
            "until": moment_fact(until),
        },
    )
    return made.id


def end_delegation(*, actor: Actor, delegation_id: UUID) -> None:
    """Door: end a delegation before its time: by either of the two.

    Raises:
        Refused: anybody else, as for one that does not exist.
        Invalid: it is over.
    """
    with transaction.atomic(durable=True):
        at = now()
        found = Delegation.objects.filter(id=delegation_id).first()
        mine = found is not None and actor.professional in {found.professional_id, found.delegate_id}
        if found is not None and mine and actor.role is Role.PROFESSIONAL:
            return _end(actor, found, at)
        refusal = _refusal(actor, at)
        append(Event.DELEGATION_ENDED, actor=actor, outcome=Outcome.REFUSED, ground=refusal.ground)
    raise Refused(refusal)


def _end(actor: Actor, found: Delegation, at: datetime) -> None:
    if found.during.upper is None or found.during.upper <= at:
        raise Invalid(_("This delegation is already over."))
    found.during = ended(found.during, at)
    found.save(update_fields=["during"])
    append(Event.DELEGATION_ENDED, actor=actor, object_id=found.id, facts={"professional": found.delegate_id})


def named_by(professional: UUID, at: datetime) -> list[Delegation]:
    """In whose names this person may act at an instant. Plain function, for the choice at sign-in."""
    return list(Delegation.objects.live(at).filter(delegate=professional).select_related("professional").order_by("id"))


def given_by(professional: UUID, at: datetime) -> list[Delegation]:
    """Who acts in this person's name at an instant. Plain function."""
    live = Delegation.objects.live(at).filter(professional=professional)
    return list(live.select_related("delegate").order_by("delegate__family", "id"))


def _refusal(actor: Actor, at: datetime) -> Decision:
    if actor.on_behalf_of is not None:
        return Decision(False, Ground.DELEGATION_SCOPE, "", "", None, "", ())
    return decide_sharing(Facts(at=at, role=actor.role, task=actor.task))
