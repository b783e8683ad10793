"""The town before its history: organisations, professionals, accounts, dossiers.

Every step finds what an interrupted seeding left behind and goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from audit.actor import Actor, Role, Strength, SystemTask
from consent import models
from consent.dossiers import DossierRef
from portal.accounts.enrolment import create_account, enrol_totp, has_authenticator
from portal.accounts.logins import digest_of
from portal.accounts.models import Account
from portal.demo.numbers import TEST_INS_OID
from portal.demo.people import (
    ADMINISTRATORS,
    ADVISERS,
    ORGANISATIONS,
    PASSWORD,
    PATIENTS,
    PROFESSIONALS,
    Patient,
    Professional,
)
from records.identity import Contact, Identity, NoDossier, create_dossier, find_own

SEED = Actor.system(SystemTask.SEED)

# Long before the first consultation of the histories.
_SINCE = datetime(2010, 1, 4, tzinfo=ZoneInfo("Europe/Paris"))


def found_directory() -> dict[str, Actor]:
    """Organisations and professionals with their accounts; how each professional acts, by key."""
    with transaction.atomic(durable=True):
        places = {
            place.key: models.Organisation.objects.get_or_create(
                finess=place.finess, defaults={"name": place.name, "place": place.place}
            )[0]
            for place in ORGANISATIONS
        }
        return {person.key: _employ(person, places) for person in PROFESSIONALS}


def _employ(person: Professional, places: Mapping[str, models.Organisation]) -> Actor:
    account = _account(person.login, Role.PROFESSIONAL)
    known, _created = models.Professional.objects.get_or_create(
        rpps=person.rpps,
        defaults={
            "account": account,
            "family": person.family,
            "given": person.given,
            "title": person.title,
            "profession": person.profession,
        },
    )
    place = places[person.organisation]
    models.Membership.objects.get_or_create(professional=known, organisation=place, defaults={"during": (_SINCE, None)})
    return Actor(
        id=account.id,
        role=Role.PROFESSIONAL,
        strength=Strength.OTP,
        profession=known.profession,
        professional=known.id,
        organisation=place.id,
    )


def found_administrators() -> None:
    """The accounts of the administrators and of those who call people back."""
    with transaction.atomic(durable=True):
        for person in ADMINISTRATORS:
            _account(person.login, Role.ADMINISTRATOR)
        for adviser in ADVISERS:
            _account(adviser.login, Role.ADVISER)


def found_patients() -> dict[str, tuple[Actor, DossierRef]]:
    """The patients' accounts and dossiers, by key."""
    return {patient.key: _welcome(patient) for patient in PATIENTS}


def _welcome(patient: Patient) -> tuple[Actor, DossierRef]:
    with transaction.atomic(durable=True):
        account = _account(patient.login, Role.PATIENT)
    actor = Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP)
    try:
        return actor, find_own(actor)
    except NoDossier:
        contact = Contact(email=patient.login, phone=patient.phone)
        return actor, create_dossier(actor=SEED, identity=identity(patient), contact=contact, account_id=account.id)


def identity(patient: Patient) -> Identity:
    """Who a demo patient is, as their dossier keeps it."""
    return Identity(
        family=patient.family,
        used_name=patient.used_name,
        given=patient.given,
        birth_date=patient.born,
        sex=patient.sex,
        ins=patient.ins,
        ins_oid=TEST_INS_OID,
        address=patient.address,
        phone=patient.phone,
    )


def _account(login: str, role: Role) -> Account:
    account = Account.objects.filter(login_digest=digest_of(login)).first()
    if account is None:
        account = create_account(actor=SEED, login=login, password=PASSWORD, role=role.value)
    if not has_authenticator(account):
        enrol_totp(account, actor=SEED)
    return account


def professional_id(actor: Actor) -> UUID:
    """The directory's identifier of a professional who acts.

    Raises:
        ValueError: the actor is no professional.
    """
    if actor.professional is None:
        raise ValueError(f"actor of role {actor.role}: expected a professional")
    return actor.professional


def day_of(moment: datetime) -> date:
    """The day of a moment, in France."""
    return moment.astimezone(_SINCE.tzinfo).date()
