"""Questions about a dossier as a whole, before any drawer: may it be opened, shared, asked, broken into.

Pure like ``consent.decisions``, and asked of the same facts.
"""

from __future__ import annotations

from audit.actor import Role
from consent.categories import Category
from consent.decisions import (
    DEPOSITORS,
    OWN,
    Decision,
    Facts,
    Ground,
    Reason,
    Right,
    Step,
    conclude,
    opposed_step,
    otherwise,
    outsider,
)
from consent.matrix import by_default

_SYSTEM_REFUSED = Step(Reason.SYSTEM, Ground.SYSTEM_REFUSED)
_IN_CARE = Step(Reason.DEFAULT, Ground.RELATIONSHIP, True)


def decide_opening(facts: Facts) -> Decision:
    """Whether the dossier exists at all for this reader; what it shows is decided drawer by drawer."""
    emergency = facts.emergency
    if facts.role is Role.SYSTEM:
        filing = facts.task in DEPOSITORS
        step = Step(Reason.SYSTEM, Ground.SYSTEM_DEPOSIT, True) if filing else _SYSTEM_REFUSED
    elif facts.is_own:
        step = OWN
    elif facts.role is Role.PROFESSIONAL and emergency is not None:
        step = Step(Reason.EMERGENCY, Ground.EMERGENCY, True, emergency.id)
    elif facts.role is Role.PROFESSIONAL and facts.in_care:
        step = _IN_CARE
    else:
        step = outsider(facts) or otherwise(facts)
    return conclude(facts, "", "", step, (step,))


def decide_requesting(facts: Facts, *, category: Category) -> Decision:
    """Whether this reader may ask the patient for a category: only who takes care of them."""
    if facts.role is Role.PROFESSIONAL and facts.in_care:
        step = _IN_CARE
    elif facts.role is Role.SYSTEM:
        step = _SYSTEM_REFUSED
    else:
        step = outsider(facts) or otherwise(facts)
    return conclude(facts, category, Right.READ, step, (step,))


def decide_emergency(facts: Facts) -> Decision:
    """Whether this reader may break the glass: a professional, not opposed, to whom it would open something.

    No care relationship is needed. An opposed professional is refused, because the opposition would
    keep every drawer closed anyway (rule 3 comes before rule 4).
    """
    if facts.role is Role.SYSTEM:
        step = _SYSTEM_REFUSED
    elif facts.role is not Role.PROFESSIONAL:
        step = outsider(facts) or otherwise(facts)
    elif any(by_default(facts.ceiling(category), Right.READ) for category in Category):
        step = opposed_step(facts) or Step(Reason.EMERGENCY, Ground.EMERGENCY, True)
    else:
        step = Step(Reason.EMERGENCY, Ground.EMERGENCY_CLOSED)
    return conclude(facts, "", "", step, (step,))


def decide_sharing(facts: Facts) -> Decision:
    """Whether this person may say who sees this dossier: the patient, nobody else."""
    step = OWN if facts.is_own else Step(Reason.OTHERWISE, Ground.NOT_OWNER)
    return conclude(facts, "", "", step, (step,))
