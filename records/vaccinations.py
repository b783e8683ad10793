"""The door to the vaccination record: what was given, and what the calendar makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.dossiers import DossierRef
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.elements import codes, concept_words, item, items, string
from records.listing import everything, open_row
from records.models import Record
from records.people import Identity
from records.shown import Blunt, Item
from records.vaccines.calendar import Calendar, Target, calendar
from records.vaccines.matching import targets_of
from records.vaccines.outlook import Dose, Outlook, look_ahead

_VACCINATION = "Immunization"
# FHIR R4, immunization-status: a vaccine that was refused or entered by mistake was not given.
_NOT_GIVEN = frozenset({"not-done", "entered-in-error"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Given(Blunt):
    """One vaccination as its source tells it; ``targets`` is empty when it was not recognised, and so not counted."""

    item: Item
    day: date | None
    lot: str
    dose: str
    targets: frozenset[Target]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VaccinationView(Blunt):
    """The vaccination record as its reader sees it, the newest first."""

    ref: DossierRef
    identity: Identity
    given: tuple[Given, ...]
    outlooks: tuple[Outlook, ...]
    calendar: Calendar


def open_vaccinations(*, actor: Actor, dossier_id: UUID) -> VaccinationView:
    """The vaccinations of one dossier, beside what is usual at that age.

    Raises:
        Unknown: there is no such dossier for this actor.
        consent.decisions.Refused: the drawer of prevention is not open to them, whatever it holds.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.CATEGORY_READ), partial(_vaccinations, dossier_id=dossier_id))


def _vaccinations(attempt: Attempt, *, dossier_id: UUID) -> VaccinationView | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.may_read:
        return attempt.unknown(entered.opening)
    attempt.category = Category.PREVENTION.value
    decided = entered.reading(Category.PREVENTION)
    decision = entered.as_shown(decided)
    if not decision.allowed:
        return attempt.refused(decision)
    given = _given(entered) if decided.allowed else ()
    identity, known = entered.identity(), calendar()
    doses = [Dose(each.day, each.targets) for each in given if each.day is not None]
    outlooks = look_ahead(born=identity.birth_date, doses=doses, day=timezone.localdate(entered.facts.at), known=known)
    attempt.allowed(decision, count=len(given))
    return VaccinationView(ref=entered.ref, identity=identity, given=given, outlooks=outlooks, calendar=known)


def _given(entered: Entered) -> tuple[Given, ...]:
    found = [
        each
        for each in everything(entered, Category.PREVENTION)
        if each.header.kind == _VACCINATION and each.header.status not in _NOT_GIVEN
    ]
    # Lots and doses stand in the bodies: those of the vaccinations alone are opened, in one query.
    rows = Record.objects.in_bulk([each.record_id for each in found])
    return tuple(_told(each, open_row(entered, rows[each.record_id])[1]) for each in found if each.record_id in rows)


def _told(shown: Item, resource: dict[str, Any]) -> Given:
    vaccine = item(resource, "vaccineCode")
    protocol = item(resource, "protocolApplied")
    diseases = " ".join(concept_words(each) for each in items(protocol, "targetDisease"))
    number = protocol.get("doseNumberPositiveInt") or string(protocol, "doseNumberString")
    when = shown.header.date
    return Given(
        item=shown,
        day=timezone.localtime(when).date() if when is not None else None,
        lot=string(resource, "lotNumber"),
        dose=str(number or ""),
        targets=targets_of(codes(vaccine), f"{shown.header.title} {concept_words(vaccine)} {diseases}"),
    )
