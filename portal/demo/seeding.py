"""Bringing the demo to life: ``seed(now)``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from consent.categories import Category
from consent.declaring import Lookup, declared, find
from consent.models import AccessRequest, Professional
from portal.demo import founding, living, overseeing, rectifying, standing
from portal.demo.histories import history
from portal.demo.people import PATIENTS, professional
from records.exchange import import_bundle
from records.formats.fhir.bundle import of_resources

Say = Callable[[str], object]


class AlreadySeeded(Exception):
    """The demo people are here already; nothing was changed."""


def is_seeded() -> bool:
    """Whether a seeding came to its end: the last thing it does is to let the nurse ask for results."""
    nurse = Professional.objects.filter(rpps=professional(living.NURSE).rpps).first()
    if nurse is None:
        return False
    with declared():
        find(Lookup.CARED_FOR, nurse.id)
        return AccessRequest.objects.filter(professional=nurse, category=Category.LABORATORY).exists()


def seed(now: datetime, say: Say = lambda _step: None) -> None:
    """Make everybody, their records and their acts, as of ``now``; an interrupted seeding is taken up again.

    Args:
        now: an aware moment; the histories are counted back from its day.
        say: told the name of each step as it begins.

    Raises:
        AlreadySeeded: there is nothing left to do.
    """
    if is_seeded():
        raise AlreadySeeded
    say("people")
    staff = founding.found_directory()
    founding.found_administrators()
    patients = founding.found_patients()
    say("records")
    today = founding.day_of(now)
    for patient in PATIENTS:
        bundle = of_resources(history(patient, today))
        import_bundle(actor=founding.SEED, source=bundle, dossier_id=patients[patient.key][1].id)
    say("consents and acts")
    town = living.Town(staff, patients, now)
    for act in (living.let_in, living.decide, living.write, living.look, living.be_refused, living.break_the_glass):
        act(town)
    rectifying.rectify(town)
    living.ask(town)
    standing.stand_in(town)
    overseeing.oversee(town)
