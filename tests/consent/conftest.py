"""A small practice on the real database: a patient, a few professionals, two places of work."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.actor import Actor, Role
from audit.log import LoggedEntry, entries_about
from consent.dossiers import DossierRef
from consent.models import CareRelationship, Membership, Organisation, Professional

DAY = timedelta(days=1)


@dataclass
class Practice:
    """The people of the tests. Relationships here are seeds; the doors are tried through ``patient``."""

    patient: Actor = field(default_factory=lambda: Actor(id=uuid4(), role=Role.PATIENT))
    places: dict[str, Organisation] = field(default_factory=dict)

    def __post_init__(self):
        self.ref = DossierRef(id=uuid4(), pseudonym=uuid4(), owner=self.patient.id)

    def hire(self, name: str, profession: str = "doctor", *, at: str = "", cares: bool = False) -> Professional:
        person = Professional.objects.create(family=name, given="Camille", profession=profession)
        if at:
            place = self.places.get(at) or Organisation.objects.create(name=at)
            self.places[at] = place
            Membership.objects.create(professional=person, organisation=place, during=(yesterday(), None))
        if cares:
            CareRelationship.objects.create(dossier=self.ref.id, professional=person, during=(yesterday(), None))
        return person

    def log(self) -> list[LoggedEntry]:
        """What is remembered about the dossier, oldest first."""
        return entries_about(self.ref.pseudonym)[::-1]

    def last(self) -> LoggedEntry:
        return self.log()[-1]


def yesterday() -> datetime:
    return timezone.now() - DAY


def acting(person: Professional, role: Role = Role.PROFESSIONAL) -> Actor:
    """The actor that this professional is when signed in."""
    return Actor(id=uuid4(), role=role, professional=person.id, profession=person.profession)


def strangers(practice: Practice) -> list[Actor]:
    """Everybody who is not the patient: another one, professionals near and far, staff, tasks, a visitor."""
    return [
        Actor(id=uuid4(), role=Role.PATIENT),
        acting(practice.hire("Proche", cares=True)),
        acting(practice.hire("Lointain")),
        Actor(id=practice.patient.id, role=Role.ADMINISTRATOR),
        Actor.system("import"),
        Actor.anonymous(),
    ]


def tomorrow() -> datetime:
    return timezone.now() + DAY


def unknown() -> UUID:
    return uuid4()


@pytest.fixture
def practice(db) -> Practice:
    return Practice()
