"""Which choices are in force for one person, team or profession, category by category: for the page of choices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import ground_of, may_share, now
from consent.categories import Category
from consent.choosing import Audience
from consent.decisions import Refused
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.matrix import Access, can_ever
from consent.models import Choice, MatrixRow
from consent.representing import SHAREABLE
from consent.rights import Right
from consent.screening import decided_by, untold


@dataclass(frozen=True, slots=True)
class Placed:
    """One category: the choice in force for exactly this audience, if any, and whether one could open anything."""

    category: Category
    choice: Choice | None
    possible: bool

    @property
    def state(self) -> str:
        """``open``, ``closed``, or empty: as by default."""
        if self.choice is None:
            return ""
        return "open" if self.choice.allowed else "closed"

    @property
    def until(self) -> datetime | None:
        """When the choice ends by itself."""
        return self.choice.during.upper if self.choice is not None else None


def read_placed(*, actor: Actor, ref: DossierRef, audience: Audience, right: Right) -> tuple[Placed, ...]:
    """Door: the choices in force for this audience and right, in the categories that the actor decides on.

    A category hidden from one's own screens looks as if nothing had been chosen.

    Raises:
        Refused: the actor may not say who sees this dossier.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_READ)
        if decision.allowed:
            placed = _placed(actor, ref, audience, right)
            append(Event.SHARING_READ, actor=actor, dossier=ref.pseudonym, ground=ground_of(actor))
            return placed
    raise Refused(decision)


def _placed(actor: Actor, ref: DossierRef, audience: Audience, right: Right) -> tuple[Placed, ...]:
    at, facts = now(), load_facts(actor, ref)
    silent = untold(facts)
    live = Choice.objects.about(ref.id).live(at).filter(right=right, **audience.columns)
    held = {Category(each.category): each for each in live if Category(each.category) not in silent}
    cells = _cells(audience, at)
    return tuple(
        Placed(category, held.get(category), cells is None or can_ever(cells.get(category, Access.NONE), right))
        for category in decided_by(facts)
        if category in SHAREABLE
    )


def _cells(audience: Audience, at: datetime) -> dict[Category, Access] | None:
    """The line of the matrix; ``None`` for a team, whose members have several professions."""
    profession = audience.professional.profession if audience.professional is not None else audience.profession
    if not profession:
        return None
    rows = MatrixRow.objects.filter(version__during__contains=at, profession=profession)
    return {Category(category): Access(access) for category, access in rows.values_list("category", "access")}
