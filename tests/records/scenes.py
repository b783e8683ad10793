"""A small household for the doors of records: two patients, a family doctor, a stranger, a nurse."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import connections
from django.db.models import Model
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from audit.actor import Actor, Role, Strength
from audit.log import LoggedEntry, entries_by
from consent.categories import Category
from consent.dossiers import DossierRef
from consent.models import CareRelationship, Professional
from portal.accounts.models import Account
from records.headers import Header
from records.identity import Contact, Identity, create_dossier
from records.writing import deposit

CANARY = "Quetzalcoatlus"
SEED = Actor.system("seed")
_INS_BODIES = iter(range(1, 1_000))


def make_ins() -> str:
    """A well-formed national health number that no other scene of this process has."""
    body = f"2840375{next(_INS_BODIES):06d}"
    return f"{body}{97 - int(body) % 97:02d}"


def account(role: str) -> Account:
    return Account.objects.create(login_digest=secrets.token_bytes(32), role=role, password="!")


def person(given: str, **more: object) -> Identity:
    return Identity(
        **{"family": CANARY, "given": given, "birth_date": date(1984, 3, 7), "sex": "female", "ins": make_ins()} | more
    )


def patient_actor(owner: Account) -> Actor:
    return Actor(id=owner.id, role=Role.PATIENT, strength=Strength.OTP)


def professional_actor(profession: str, family: str) -> Actor:
    owner = account("professional")
    listed = Professional.objects.create(account=owner, family=family, given="Camille", profession=profession)
    return Actor(
        id=owner.id, role=Role.PROFESSIONAL, strength=Strength.OTP, profession=profession, professional=listed.id
    )


def observation(value: str, day: datetime, *, code: str = "4548-4", unit: str = "%") -> tuple[Header, bytes]:
    header = Header(
        kind="Observation",
        title=f"HbA1c {CANARY}",
        date=day,
        code=code,
        system="http://loinc.org",
        value=Decimal(value),
        unit=unit,
        low=Decimal("4.0"),
        high=Decimal("5.6"),
    )
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": f"HbA1c {CANARY}", "coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": {"value": float(value), "unit": unit},
    }
    return header, json.dumps(resource).encode()


def allergy(title: str = "Penicillin") -> tuple[Header, bytes]:
    resource = {"resourceType": "AllergyIntolerance", "code": {"text": f"{title} {CANARY}"}}
    return Header(kind="AllergyIntolerance", title=f"{title} {CANARY}"), json.dumps(resource).encode()


@dataclass
class Household:
    """Everybody the doors are tried with."""

    patient: Actor
    ref: DossierRef
    identity: Identity
    neighbour: Actor
    neighbour_ref: DossierRef
    doctor: Actor
    nurse: Actor
    stranger: Actor
    administrator: Actor
    records: list[UUID] = field(default_factory=list)

    def file(
        self,
        category: Category = Category.LABORATORY,
        *,
        value: str = "5.4",
        day: datetime | None = None,
        ref: DossierRef | None = None,
        actor: Actor = SEED,
        source: bytes | None = None,
        **more: str,
    ) -> UUID:
        header, resource = observation(value, day or datetime(2026, 1, 5, tzinfo=UTC), **more)
        return deposit(
            actor=actor,
            dossier_id=(ref or self.ref).id,
            category=category,
            header=header,
            resource=resource,
            source=source,
        )

    def file_allergy(self) -> UUID:
        header, resource = allergy()
        return deposit(
            actor=SEED, dossier_id=self.ref.id, category=Category.MEDICAL_SUMMARY, header=header, resource=resource
        )


def take_care(professional: Actor, ref: DossierRef) -> Model:
    return CareRelationship.objects.create(
        dossier=ref.id,
        professional_id=professional.professional,
        during=TimestamptzRange(timezone.now() - timedelta(days=1), None),
    )


def make_household() -> Household:
    owner, other = account("patient"), account("patient")
    identity = person("Maude")
    contact = Contact(email=f"{CANARY}@example.org", phone="+33 6 12 34 56 78")
    ref = create_dossier(actor=SEED, identity=identity, contact=contact, account_id=owner.id)
    neighbour_ref = create_dossier(actor=SEED, identity=person("Odile"), account_id=other.id)
    doctor, nurse = professional_actor("doctor", "Martin"), professional_actor("nurse", "Petit")
    take_care(doctor, ref)
    take_care(nurse, ref)
    return Household(
        patient=patient_actor(owner),
        ref=ref,
        identity=identity,
        neighbour=patient_actor(other),
        neighbour_ref=neighbour_ref,
        doctor=doctor,
        nurse=nurse,
        stranger=professional_actor("doctor", "Durand"),
        administrator=Actor(id=uuid4(), role=Role.ADMINISTRATOR, strength=Strength.OTP),
    )


def age_key(dossier_id: UUID, *, days: int) -> None:
    """Make the keys of a dossier older than they are: the owner of the tables alone may."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE records_patientkey SET created_at = now() - make_interval(days => %s) WHERE dossier_id = %s",
            [days, dossier_id],
        )
    connections["owner"].close()


def last_entry(actor: Actor) -> LoggedEntry:
    """The newest entry that this actor left."""
    return next(iter(entries_by(actor.id, limit=1)))
