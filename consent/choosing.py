"""Placing one choice: what it may be about, and how it follows the one before.

Plain functions inside the open transaction of a door (``granting.choose``, ``requesting.answer_request``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from consent.acting import Invalid, ended, period
from consent.categories import Category, Tier
from consent.decisions import Ground, Right, decide
from consent.dossiers import DossierRef
from consent.facts import load_facts_of
from consent.matrix import Access, can_ever
from consent.models import Choice, MatrixRow, Organisation, Professional

_OPPOSED = frozenset({Ground.OPPOSED_PERSON, Ground.OPPOSED_ORGANISATION})


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a choice is about: exactly one of the four."""

    professional: Professional | None = None
    organisation: Organisation | None = None
    profession: str = ""
    newcomers: bool = False

    @property
    def columns(self) -> dict[str, Any]:
        """The same as columns of ``Choice``."""
        return {
            "professional": self.professional,
            "organisation": self.organisation,
            "profession": self.profession,
            "newcomers": self.newcomers,
        }

    @property
    def facts(self) -> dict[str, str | UUID]:
        """The same as facts of the log."""
        if self.professional is not None:
            return {"professional": self.professional.id}
        if self.organisation is not None:
            return {"organisation": self.organisation.id}
        return {"scope": "newcomers"} if self.newcomers else {"profession": self.profession}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One choice that somebody wants to make: about exactly one person, team or profession, or about newcomers."""

    category: Category
    right: Right
    allowed: bool
    until: datetime | None = None
    professional: UUID | None = None
    organisation: UUID | None = None
    profession: str = ""
    newcomers: bool = False


def find_professional(professional: UUID) -> Professional:
    """The professional of the directory.

    Raises:
        Invalid: nobody has this identifier.
    """
    found = Professional.objects.filter(id=professional).first()
    if found is None:
        raise Invalid(_("This professional is not in the directory. Search again by name."))
    return found


def find_organisation(organisation: UUID) -> Organisation:
    """The organisation of the directory.

    Raises:
        Invalid: none has this identifier.
    """
    found = Organisation.objects.filter(id=organisation).first()
    if found is None:
        raise Invalid(_("This organisation is not in the directory. Search again by name."))
    return found


def find_audience(
    professional: UUID | None, organisation: UUID | None, profession: str, newcomers: bool = False
) -> Audience:
    """Whom a choice is about.

    Raises:
        Invalid: none or several are named, or the one named is unknown.
    """
    if sum((professional is not None, organisation is not None, profession != "", newcomers)) != 1:
        raise Invalid(_("Choose one person, one team or one profession."))
    if newcomers:
        return Audience(newcomers=True)
    if professional is not None:
        return Audience(professional=find_professional(professional))
    if organisation is not None:
        return Audience(organisation=find_organisation(organisation))
    return Audience(profession=profession)


def check_choice(
    ref: DossierRef, audience: Audience, *, at: datetime, category: Category, right: Right, allowed: bool
) -> None:
    """Refuse a choice that could do nothing.

    Raises:
        Invalid: the category or the right is closed whatever the patient wants; this person does not
            take care of the patient; an opposition would keep the choice from opening anything.
    """
    if category.tier is Tier.PATIENT_ONLY:
        raise Invalid(Ground.PATIENT_ONLY.explanation)
    if right is Right.EXPORT:
        raise Invalid(Ground.EXPORT_PATIENT_ONLY.explanation)
    if audience.newcomers and allowed:
        raise Invalid(_("Nothing is opened in advance to professionals who are not there yet."))
    if audience.professional is not None:
        _check_person(ref, audience.professional, category=category, right=right, allowed=allowed)
    elif audience.profession:
        _check_profession(audience.profession, at=at, category=category, right=right)


def _check_person(
    ref: DossierRef, professional: Professional, *, category: Category, right: Right, allowed: bool
) -> None:
    facts = load_facts_of([professional.id], ref)[professional.id]
    decision = decide(facts, category=category, right=right)
    if decision.ground.is_never:
        raise Invalid(decision.ground.explanation)
    if not facts.in_care:
        raise Invalid(
            _("%(name)s does not take care of you. Open a care relationship first.") % {"name": professional.name}
        )
    if allowed and decision.ground in _OPPOSED:
        raise Invalid(" ".join((decision.ground.explanation, _("Withdraw the opposition first."))))


def _check_profession(profession: str, *, at: datetime, category: Category, right: Right) -> None:
    cells = MatrixRow.objects.filter(version__during__contains=at, profession=profession, category=category)
    access = cells.values_list("access", flat=True).first()
    if access is None:
        raise Invalid(_("This profession is not in the list of professions."))
    if not can_ever(Access(access), right):
        never = access == Access.NONE
        raise Invalid((Ground.MATRIX_NEVER if never else Ground.MATRIX_READ_ONLY).explanation)


def live_choice(
    ref: DossierRef, audience: Audience, *, at: datetime, category: Category, right: Right
) -> Choice | None:
    """The choice in force for this audience, category and right."""
    return Choice.objects.about(ref.id).live(at).filter(category=category, right=right, **audience.columns).first()


def place_choice(
    ref: DossierRef,
    audience: Audience,
    *,
    at: datetime,
    category: Category,
    right: Right,
    allowed: bool,
    until: datetime | None,
) -> tuple[Choice, bool]:
    """Let a choice begin now, after ending the one in force; also whether anything changed.

    Raises:
        Invalid: it ends before it starts.
    """
    during = period(at, until)
    live = Choice.objects.about(ref.id).live(at)
    current = live.filter(category=category, right=right, **audience.columns).first()
    if current is not None:
        if current.allowed == allowed and current.during.upper == until:
            return current, False
        current.during = ended(current.during, at)
        current.save(update_fields=["during"])
    begun = Choice.objects.create(
        dossier=ref.id, category=category, right=right, allowed=allowed, during=during, **audience.columns
    )
    return begun, True
