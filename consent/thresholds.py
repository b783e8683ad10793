"""Questions about a dossier as a whole, before any drawer: may it be opened, shared, asked, broken into.

Pure like ``consent.decisions``, and asked of the same facts.
"""

from __future__ import annotations

from audit.actor import Role
from consent.ages import Age, is_guarded
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
    breaks_glass,
    conclude,
    fitting_representations,
    opposed_step,
    otherwise,
    outsider,
)
from consent.matrix import by_default
from consent.world import in_force

_SYSTEM_REFUSED = Step(Reason.SYSTEM, Ground.SYSTEM_REFUSED)
_DELEGATION_OVER = Step(Reason.NEVER, Ground.DELEGATION_OVER)
_IN_CARE = Step(Reason.DEFAULT, Ground.RELATIONSHIP, True)


def decide_opening(facts: Facts) -> Decision:
    """Whether the dossier exists at all for this reader; what it shows is decided drawer by drawer."""
    emergency = facts.emergency
    if facts.role is Role.SYSTEM:
        filing = facts.task in DEPOSITORS
        step = Step(Reason.SYSTEM, Ground.SYSTEM_DEPOSIT, True) if filing else _SYSTEM_REFUSED
    elif facts.is_own:
        step = OWN
    elif facts.represents:
        step = _representing(facts)
    elif _delegation_is_over(facts):
        step = _DELEGATION_OVER
    elif facts.role is Role.PROFESSIONAL and facts.delegate is None and emergency is not None:
        step = Step(Reason.EMERGENCY, Ground.EMERGENCY, True, emergency.id)
    elif facts.role is Role.PROFESSIONAL and facts.in_care:
        step = _IN_CARE
    else:
        step = outsider(facts) or otherwise(facts)
    return conclude(facts, "", "", step, (step,))


def _representing(facts: Facts) -> Step:
    fitting = fitting_representations(facts)
    if fitting:
        return Step(Reason.OWN, Ground.REPRESENTATIVE, True, fitting[0].id)
    return Step(Reason.OWN, Ground.REPRESENTATION_AGE, False, in_force(facts.representations, facts.at)[0].id)


def _delegation_is_over(facts: Facts) -> bool:
    """Whether somebody acts in a professional's name without being entrusted with it at this instant."""
    acting = facts.role is Role.PROFESSIONAL and facts.delegate is not None
    return acting and not any(each.during.holds(facts.at) for each in facts.delegations)


def decide_requesting(facts: Facts, *, category: Category | None) -> Decision:
    """Whether this reader may ask the patient for a category, or tell on their behalf: only who takes care of them."""
    if _delegation_is_over(facts):
        step = _DELEGATION_OVER
    elif facts.role is Role.PROFESSIONAL and facts.in_care:
        step = _IN_CARE
    elif facts.role is Role.SYSTEM:
        step = _SYSTEM_REFUSED
    else:
        step = outsider(facts) or otherwise(facts)
    return conclude(facts, category or "", Right.READ, step, (step,))


def decide_emergency(facts: Facts) -> Decision:
    """Whether this reader may break the glass: a professional, not opposed, to whom it would open something.

    No care relationship is needed. An opposed professional is refused, because the opposition would
    keep every drawer closed anyway (rule 3 comes before rule 4).
    """
    if facts.role is Role.SYSTEM:
        step = _SYSTEM_REFUSED
    elif facts.role is not Role.PROFESSIONAL:
        step = outsider(facts) or otherwise(facts)
    elif any(breaks_glass(facts, category) for category in Category):
        step = opposed_step(facts) or Step(Reason.EMERGENCY, Ground.EMERGENCY, True)
    elif facts.delegate is None and any(by_default(facts.ceiling(category), Right.READ) for category in Category):
        step = Step(Reason.EMERGENCY, Ground.EMERGENCY_SWITCHED_OFF)
    else:
        step = Step(Reason.EMERGENCY, Ground.EMERGENCY_CLOSED)
    return conclude(facts, "", "", step, (step,))


def decide_sharing(facts: Facts, *, category: Category | None = None) -> Decision:
    """Whether this person may say who sees this dossier, or one category of it.

    The patient; before fifteen also a parent or guardian, in their categories and never in a guarded one.
    """
    step = OWN if facts.is_own else _sharing_for_a_child(facts, category)
    return conclude(facts, category or "", "", step, (step,))


def _sharing_for_a_child(facts: Facts, category: Category | None) -> Step:
    fitting = fitting_representations(facts) if facts.represents and facts.age is Age.UNDER_15 else []
    if not fitting:
        return Step(Reason.OTHERWISE, Ground.NOT_OWNER)
    if category is None:
        return Step(Reason.OWN, Ground.REPRESENTATIVE, True, fitting[0].id)
    reaching = [each for each in fitting if category in each.categories]
    if not reaching:
        return Step(Reason.OWN, Ground.REPRESENTATION_SCOPE, False, fitting[0].id)
    if is_guarded(category, facts.age):
        return Step(Reason.OWN, Ground.MINOR_SECRET, False, reaching[0].id)
    return Step(Reason.OWN, Ground.REPRESENTATIVE, True, reaching[0].id)
