"""Every view of a professional may be incomplete. The patient may let one of them know in which category it is.

It opens nothing and decides nothing: who is told may ask the patient, or take care without.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, ended, ground_of, period, share
from consent.categories import Category
from consent.choosing import find_professional
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Blank, CareRelationship
from consent.screening import decided_by, untold

__all__ = ["Invalid", "blanks_told", "read_blanks", "tell_blanks"]


def tell_blanks(*, actor: Actor, ref: DossierRef, professional: UUID, categories: Collection[Category]) -> int:
    """Door: let a professional know in exactly these categories that something is missing. Returns how many changed.

    Raises:
        Refused: the actor may not say who sees this dossier.
        Invalid: the professional is unknown or does not take care of the patient; a category that is never shared.
    """
    return share(actor, ref, Event.BLANKS_TOLD, lambda at: _tell(actor, ref, professional, set(categories), at))


def _tell(actor: Actor, ref: DossierRef, professional: UUID, wanted: set[Category], at: datetime) -> int:
    person = find_professional(professional)
    if not CareRelationship.objects.about(ref.id).live(at).filter(professional=person).exists():
        raise Invalid(_("%(name)s does not take care of you. Open a care relationship first.") % {"name": person.name})
    facts = load_facts(actor, ref)
    shown = set(decided_by(facts)) - untold(facts)
    if not wanted <= shown - {Category.PERSONAL_NOTES}:
        raise Invalid(_("Choose categories from the list. Personal notes are never shared."))
    held = {each.category: each for each in Blank.objects.about(ref.id).live(at).filter(professional=person)}
    before = {Category(category) for category in held} & shown
    for category in before - wanted:
        held[category.value].during = ended(held[category.value].during, at)
        held[category.value].save(update_fields=["during"])
        _remember(actor, ref, held[category.value], "off")
    for category in wanted - before:
        made = Blank.objects.create(dossier=ref.id, professional=person, category=category, during=period(at, None))
        _remember(actor, ref, made, "on")
    return len(before ^ wanted)


def _remember(actor: Actor, ref: DossierRef, blank: Blank, state: str) -> None:
    append(
        Event.BLANKS_TOLD,
        actor=actor,
        dossier=ref.pseudonym,
        category=blank.category,
        object_id=blank.id,
        ground=ground_of(actor),
        facts={"professional": blank.professional_id, "state": state},
    )


def read_blanks(*, actor: Actor, ref: DossierRef, professional: UUID) -> frozenset[Category]:
    """Door: in which categories the patient lets this professional know, for the page where it is changed.

    Raises:
        Refused: the actor may not say who sees this dossier.
    """
    return share(actor, ref, Event.SHARING_READ, lambda at: _read(actor, ref, professional, at))


def _read(actor: Actor, ref: DossierRef, professional: UUID, at: datetime) -> frozenset[Category]:
    facts = load_facts(actor, ref)
    append(Event.SHARING_READ, actor=actor, dossier=ref.pseudonym, ground=ground_of(actor))
    return blanks_told(ref.id, professional, at) & (set(decided_by(facts)) - untold(facts))


def blanks_told(dossier: UUID, professional: UUID | None, at: datetime) -> frozenset[Category]:
    """In which categories this professional is told that something is missing. Plain function."""
    live = Blank.objects.about(dossier).live(at).filter(professional=professional)
    with declared(dossier):
        return frozenset(Category(category) for category in live.values_list("category", flat=True))
