"""A small ward for tests of pages: real people, real sealed records, real consents, signed-in browsers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from audit.actor import Actor, Role, Strength
from audit.log import LoggedEntry, entries_about, entries_by
from consent.categories import Category
from consent.dossiers import DossierRef
from consent.models import CareRelationship, Choice, Membership, Opposition, Organisation, Professional
from portal.accounts import enrolment
from portal.accounts.models import Account, Passkey, SealedTOTPDevice
from portal.acting import FRESH_BY_KEY, FRESH_KEY
from records.formats.fhir.bundle import exact, to_json
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.identity import create_dossier
from records.people import Identity
from records.writing import deposit

SEED = Actor.system("seed")
HOUR_AGO = timedelta(hours=1)


@dataclass
class Patient:
    account: Account
    ref: DossierRef
    identity: Identity

    @property
    def actor(self) -> Actor:
        return Actor(id=self.account.pk, role=Role.PATIENT, strength=Strength.OTP)


@dataclass
class Carer:
    account: Account
    person: Professional
    organisation: Organisation

    @property
    def actor(self) -> Actor:
        return Actor(
            id=self.account.pk,
            role=Role.PROFESSIONAL,
            strength=Strength.OTP,
            profession=self.person.profession,
            professional=self.person.id,
            organisation=self.organisation.id,
        )


def an_account(role: str) -> Account:
    """An account with a proven authenticator, without the seconds that hashing a password takes."""
    account = Account.objects.create(login_digest=uuid4().bytes * 2, role=role, language="en")
    with transaction.atomic():
        enrolment.enrol_totp(account)
    return account


def browser_of(account: Account) -> Client:
    """A browser whose session has proven both factors; staff stand on a passkey, and have just used it again."""
    client = Client()
    client.force_login(account, backend="portal.accounts.backends.LoginBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = SealedTOTPDevice.objects.get(user=account).persistent_id
    session.save()
    if account.role != Account.Role.PATIENT:
        prove_again(client, _passkey_of(account))
    return client


def freshly_proven(account: Account) -> Client:
    """A browser whose person has just proven again who they are: sharing more widely asks for it."""
    client = browser_of(account)
    if account.role == Account.Role.PATIENT:
        prove_again(client)
    return client


def prove_again(client: Client, passkey: Passkey | None = None) -> None:
    """What a fresh proof leaves in a session, without the ceremony."""
    session = client.session
    session[FRESH_KEY] = int(time.time())
    session[FRESH_BY_KEY] = Strength.PASSKEY if passkey else Strength.OTP
    if passkey:
        session[DEVICE_ID_SESSION_KEY] = passkey.persistent_id
    session.save()


def _passkey_of(account: Account) -> Passkey:
    known = Passkey.objects.filter(user=account).first()
    if known is None:
        known = Passkey(user=account, credential_id=uuid4().bytes, public_key=b"")
        known.take_name("Desk")
        known.save()
    return known


def a_patient(
    family: str = "Quintrec", given: str = "Maëlys", birth_date: date = date(1985, 5, 12), ins: str = ""
) -> Patient:
    account = an_account("patient")
    identity = Identity(family=family, given=given, birth_date=birth_date, sex="female", ins=ins)
    ref = create_dossier(actor=SEED, identity=identity, account_id=account.pk)
    return Patient(account, ref, identity)


def a_carer(profession: str = "doctor", family: str = "Abgrall", given: str = "Yann") -> Carer:
    account = an_account("professional")
    title = "Dr" if profession == "doctor" else ""
    person = Professional.objects.create(
        account=account, family=family, given=given, title=title, profession=profession
    )
    organisation = Organisation.objects.create(name=f"Cabinet {family}", place="Brest")
    since = timezone.now() - timedelta(days=30)
    Membership.objects.create(professional=person, organisation=organisation, during=(since, None))
    return Carer(account, person, organisation)


def in_care(patient: Patient, carer: Carer, until: datetime | None = None) -> None:
    CareRelationship.objects.create(
        dossier=patient.ref.id, professional=carer.person, during=(timezone.now() - HOUR_AGO, until)
    )


def closed(patient: Patient, carer: Carer, category: Category) -> None:
    """The patient closes a category to one person."""
    Choice.objects.create(
        dossier=patient.ref.id, professional=carer.person, category=category, right="read", allowed=False,
        during=(timezone.now() - HOUR_AGO, None),
    )  # fmt: skip


def opposed(patient: Patient, carer: Carer) -> None:
    """The patient is opposed to one person altogether."""
    Opposition.objects.create(
        dossier=patient.ref.id, professional=carer.person, during=(timezone.now() - HOUR_AGO, None)
    )


def filed(patient: Patient, category: Category, resource: dict) -> UUID:
    """A record as an import would have filed it: its numbers are exact."""
    resource = exact(resource)
    return deposit(
        actor=SEED,
        dossier_id=patient.ref.id,
        category=category,
        header=header_of(resource, References()),
        resource=to_json(resource),
    )


def a_result(name: str = "Ferritinémie", value: float = 412.5) -> dict:
    return {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2276-4"}], "text": name},
        "valueQuantity": {"value": value, "unit": "ng/mL"},
    }  # fmt: skip


def an_allergy(name: str = "Arachide") -> dict:
    return {
        "resourceType": "AllergyIntolerance", "recordedDate": "2020-01-01", "code": {"text": name},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    }  # fmt: skip


def history(patient: Patient) -> list[LoggedEntry]:
    """The patient's lines of the log, oldest first."""
    return list(reversed(entries_about(patient.ref.pseudonym, limit=500)))


def acts(account: Account) -> list[tuple[str, str]]:
    """What the log holds of one person's acts, oldest first: event and outcome."""
    return [(entry.event, entry.outcome) for entry in reversed(entries_by(account.pk, limit=500))]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
