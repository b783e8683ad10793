"""Doors of what people measure themselves: writing down what was measured, and reading it in order of time.

A measurement is a record like any other: sealed, in the drawer of prevention, deletable by its patient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.dossiers import DossierRef
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import enter
from records.formats.fhir.bundle import exact, to_json
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.listing import everything
from records.measures import CODES, Kind, Measured, resource_of
from records.people import Identity
from records.shown import Blunt, Item
from records.writing import enter_to_file, write_record

_DRAWER = Category.PREVENTION


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasuresView(Blunt):
    """What was measured, by kind, the newest first; kinds of which nothing is known are left out."""

    ref: DossierRef
    identity: Identity
    items: dict[Kind, tuple[Item, ...]]


def write_measures(
    *, actor: Actor, dossier_id: UUID, measured: Iterable[tuple[Measured, str]], by: str
) -> tuple[UUID, ...]:
    """Write down what was measured at one time, all of it or nothing; the same again changes nothing.

    Args:
        measured: each with what the person calls it.
        by: who measured, as printed.

    Raises:
        Unknown: there is no such dossier for this actor.
        consent.decisions.Refused: the actor may not add to the drawer of prevention.
    """
    act = partial(_write, dossier_id=dossier_id, measured=tuple(measured), by=by)
    return through(Attempt(actor, Event.RECORD_CREATED), act)


def open_measures(*, actor: Actor, dossier_id: UUID) -> MeasuresView:
    """What was measured, by the patient or by others, as far as this actor may see.

    Raises:
        Unknown: there is no such dossier for this actor.
        consent.decisions.Refused: the drawer of prevention is not open to them, whatever it holds.
        Unreadable: sealed data do not open.
    """
    return through(Attempt(actor, Event.CATEGORY_READ), partial(_open, dossier_id=dossier_id))


def _write(
    attempt: Attempt, *, dossier_id: UUID, measured: tuple[tuple[Measured, str], ...], by: str
) -> tuple[UUID, ...] | Exception:
    filing = enter_to_file(attempt, dossier_id, _DRAWER)
    if isinstance(filing, Exception):
        return filing
    written = []
    for each, label in measured:
        resource = exact(resource_of(each, label=label, by=by))
        filed = write_record(
            filing,
            category=_DRAWER,
            header=header_of(resource, References()),
            resource=to_json(resource),
            source=each.source,
        )
        written.append(filed.record_id)
    return tuple(written)


def _open(attempt: Attempt, *, dossier_id: UUID) -> MeasuresView | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.may_read:
        return attempt.unknown(entered.opening)
    attempt.category = _DRAWER.value
    decided = entered.reading(_DRAWER)
    decision = entered.as_shown(decided)
    if not decision.allowed:
        return attempt.refused(decision)
    items = everything(entered, _DRAWER) if decided.allowed else ()
    sorted_out = {
        kind: tuple(each for each in items if each.header.kind == "Observation" and each.header.code in codes)
        for kind, codes in CODES.items()
    }
    found = {kind: told for kind, told in sorted_out.items() if told}
    attempt.allowed(decision, count=sum(map(len, found.values())))
    return MeasuresView(ref=entered.ref, identity=entered.identity(), items=found)
