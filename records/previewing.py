"""Door: the record as somebody else would get it, and what a choice would change, with counts.

The preview is an act of the patient: no entry is written in anybody else's name. It counts only what the patient
knows of themselves, or a count would betray a result that is held for a visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.decisions import Decision, Facts
from consent.granting import Invalid
from consent.previewing import Proposal, Viewer, facts_as, propose
from consent.screening import as_if_unsaid, decided_by, untold
from consent.thresholds import decide_sharing
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.listing import count_by_category

__all__ = ["Invalid", "Line", "Preview", "Proposal", "Unknown", "Viewer", "see_as"]


@dataclass(frozen=True, slots=True)
class Line:
    """One category, as it stands and as it would be: what the engine says, and how many documents that opens."""

    category: Category
    before: Decision
    after: Decision
    count_before: int
    count_after: int

    @property
    def changes(self) -> bool:
        """Whether the choice would change anything here."""
        return (self.before.allowed, self.count_before) != (self.after.allowed, self.count_after)


@dataclass(frozen=True, slots=True)
class Preview:
    """The categories that the person who looks decides on, in their order: all 19 for the patient."""

    lines: tuple[Line, ...]

    @property
    def changed(self) -> tuple[Line, ...]:
        """The categories that would change."""
        return tuple(line for line in self.lines if line.changes)


def see_as(*, actor: Actor, dossier_id: UUID, viewer: Viewer, proposal: Proposal | None = None) -> Preview:
    """What that viewer gets now, and what they would get if the proposal were saved.

    Raises:
        Unknown: the dossier is not the actor's own.
        Invalid: the viewer is unknown.
    """
    act = partial(_preview, dossier_id=dossier_id, viewer=viewer, proposal=proposal or Proposal())
    return through(Attempt(actor, Event.SHARING_PREVIEWED), act)


def _preview(attempt: Attempt, *, dossier_id: UUID, viewer: Viewer, proposal: Proposal) -> Preview | Unknown:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.ref = entered.ref
    decision = decide_sharing(entered.facts)
    if entered.facts.represents:
        attempt.actor = replace(attempt.actor, on_behalf_of=entered.ref.pseudonym)
    if not decision.allowed:
        return attempt.unknown(decision)
    before = as_if_unsaid(facts_as(entered.ref, viewer, entered.facts.at), untold(entered.facts))
    after = propose(before, proposal)
    counted = [_counts(entered, facts) for facts in (before, after)]
    attempt.allowed(decision)
    return Preview(
        tuple(
            Line(category, counted[0][category][0], counted[1][category][0],
                 counted[0][category][1], counted[1][category][1])
            for category in decided_by(entered.facts)
        )
    )  # fmt: skip


def _counts(entered: Entered, facts: Facts) -> dict[Category, tuple[Decision, int]]:
    theirs = replace(entered, facts=facts)
    decisions = {category: theirs.reading(category) for category in Category}
    open_to_them = [category for category, decision in decisions.items() if decision.allowed]
    counts = count_by_category(theirs, open_to_them, also=entered.facts)
    return {category: (decision, counts[category]) for category, decision in decisions.items()}
