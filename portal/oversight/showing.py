"""Cases in words, the same for the three sides (pure but for translations)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.events import Event
from audit.pseudonyms import shown
from consent.categories import Category
from portal.oversight.cases import CaseView
from portal.oversight.models import CaseState, Code, Conclusion

_TONES = {
    CaseState.WAITING: "", CaseState.OVERDUE: "danger", CaseState.ANSWERED: "warn", CaseState.CONCLUDED: "ok",
}  # fmt: skip
# An explanation is judged once it is there; that none came, once its time is over.
_FITTING = {
    CaseState.OVERDUE: (Conclusion.UNANSWERED,),
    CaseState.ANSWERED: (Conclusion.JUSTIFIED, Conclusion.UNJUSTIFIED),
}
_CATEGORIES = {category.value: category for category in Category}


@dataclass(frozen=True, slots=True, repr=False)
class ShownCase:
    """One case as a page tells it; ``actor`` and ``dossier`` are pseudonyms, ``account`` and ``pseudonym`` the whole of
    them, for the sides that may put a name on one. ``conclusions`` are those that fit now, as value and label.
    """

    id: UUID
    what: str
    category: str
    at: datetime
    due_at: datetime
    state: str
    tone: str
    code: str
    words: str
    conclusion: str
    actor: str
    dossier: str
    is_open: bool
    is_answered: bool
    account: UUID
    pseudonym: UUID
    conclusions: tuple[tuple[str, str], ...]


def shown_cases(cases: Iterable[CaseView]) -> list[ShownCase]:
    """These cases, in their order."""
    return [_shown(case) for case in cases]


def _shown(case: CaseView) -> ShownCase:
    category = _CATEGORIES.get(case.category)
    return ShownCase(
        id=case.id,
        what=capfirst(_(Event.named(case.event).meaning)),
        category=str(category.label) if category else "",
        at=case.at,
        due_at=case.due_at,
        state=str(case.state.label),
        tone=_TONES[case.state],
        code=str(Code(case.code).label) if case.code else "",
        words=case.words,
        conclusion=str(Conclusion(case.conclusion).label) if case.conclusion else "",
        actor=shown("A", case.actor),
        dossier=shown("P", case.pseudonym),
        is_open=case.state is not CaseState.CONCLUDED,
        is_answered=bool(case.code),
        account=case.actor,
        pseudonym=case.pseudonym,
        conclusions=tuple((each.value, str(each.label)) for each in _FITTING.get(case.state, ())),
    )
