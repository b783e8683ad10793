"""What the patient has wished, for the page where it is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import may_share, now
from consent.categories import Category
from consent.decisions import Refused, Right
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Choice, Professional, Wish, WishKind
from consent.models.wish import RESULTS
from consent.naming import treating_doctor
from consent.screening import decided_by, untold


@dataclass(frozen=True, slots=True)
class Wished:
    """Everything in force. ``discreet`` is empty without a fresh proof: this page, too, shows nothing of it."""

    hide_new: bool
    hidden_when_new: frozenset[Category]
    regulator: bool
    others: bool
    masked: bool
    results: dict[Category, WishKind]
    newcomers: frozenset[Category]
    discreet: frozenset[Category]
    treating: Professional | None
    # The categories on which the reader of the page decides.
    decided: tuple[Category, ...]


def read_wishes(*, actor: Actor, ref: DossierRef) -> Wished:
    """Door: what the patient wishes at this moment.

    Raises:
        Refused: the actor is not the patient.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_READ)
        if decision.allowed:
            append(Event.SHARING_READ, actor=actor, dossier=ref.pseudonym, ground=decision.ground)
            return _wished(actor, ref, now())
    raise Refused(decision)


def newcomer_choices(ref: DossierRef, at: datetime) -> dict[Category, Choice]:
    """The choices in force that close a category for reading to professionals to come. Plain function."""
    live = Choice.objects.about(ref.id).live(at).filter(newcomers=True, right=Right.READ)
    with declared(ref.id):
        return {Category(each.category): each for each in live}


def _wished(actor: Actor, ref: DossierRef, at: datetime) -> Wished:
    rows = [
        (WishKind(kind), category)
        for kind, category in Wish.objects.about(ref.id).live(at).values_list("kind", "category")
    ]
    kinds = {kind for kind, category in rows if not category}
    facts = load_facts(actor, ref, at=at)
    told = set(decided_by(facts)) - untold(facts)
    return Wished(
        hide_new=WishKind.HIDE_NEW in kinds,
        regulator=WishKind.NO_REGULATOR not in kinds,
        others=WishKind.NO_OTHERS not in kinds,
        masked=WishKind.SHOW_MASKED in kinds,
        results={Category(c): kind for kind, c in rows if kind in RESULTS and Category(c) in told},
        hidden_when_new=frozenset(Category(c) for kind, c in rows if c and kind is WishKind.HIDE_NEW) & told,
        decided=decided_by(facts),
        newcomers=frozenset(newcomer_choices(ref, at)) & told,
        discreet=frozenset(Category(c) for kind, c in rows if kind is WishKind.DISCREET and actor.fresh),
        treating=treating_doctor(ref, at),
    )
