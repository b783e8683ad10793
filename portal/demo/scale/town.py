"""Who works there: organisations, professionals, and three people who can sign in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from psycopg import Connection
from psycopg.types.range import Range

from audit.actor import Actor, Role, SystemTask
from consent.professions import Profession
from portal.accounts.enrolment import create_account, enrol_totp
from portal.demo.people import PASSWORD
from portal.demo.scale.sizes import Size
from portal.demo.scale.tables import ACCOUNTS, MEMBERSHIPS, ORGANISATIONS, PROFESSIONALS, copy_rows

SEED = Actor.system(SystemTask.SEED)
# A password that opens nothing (django.contrib.auth.hashers).
UNUSABLE = "!" + "0" * 40
LOGINS = {role: f"{role}-1@scale.example" for role in ("patient", "professional", "administrator")}

_FAMILIES = ("Abgrall", "Bernard", "Caradec", "Diallo", "Etcheverry", "Faure", "Guérin", "Hamon", "Issaoui", "Jourdan")
_GIVEN = ("Awa", "Bruno", "Chloé", "David", "Élise", "Farid", "Gaëlle", "Hugo", "Inès", "Jules")
_PROFESSIONS = (
    Profession.DOCTOR,
    Profession.DOCTOR,
    Profession.NURSE,
    Profession.PHARMACIST,
    Profession.PHYSIOTHERAPIST,
)


@dataclass(frozen=True, slots=True)
class Carer:
    """A professional, as choices, relationships and entries name them."""

    account: UUID
    professional: UUID
    organisation: UUID
    profession: str


def make_keyholders() -> dict[str, UUID]:
    """The three accounts that can sign in, one of each audience, through the ordinary way; their ids by role."""
    with transaction.atomic(durable=True):
        made = {}
        for role, login in LOGINS.items():
            account = create_account(actor=SEED, login=login, password=PASSWORD, role=role)
            enrol_totp(account, actor=SEED)
            made[role] = account.id
        return made


def make_town(connection: Connection[Any], size: Size, doctor: UUID, *, since: datetime) -> list[Carer]:
    """Organisations and professionals, in the open transaction; the first one's account is ``doctor``."""
    chance = random.Random(11)  # noqa: S311 - invented people  # nosec B311
    places = [uuid4() for _ in range(size.organisations)]
    carers = [
        Carer(uuid4() if number else doctor, uuid4(), places[number % len(places)], _profession(number))
        for number in range(size.professionals)
    ]
    copy_rows(
        connection,
        ORGANISATIONS,
        ((place, f"Cabinet {number + 1}", "Quimper", None) for number, place in enumerate(places)),
    )
    copy_rows(connection, ACCOUNTS, (_account(carer) for carer in carers[1:]))
    copy_rows(connection, PROFESSIONALS, (_person(carer, chance) for carer in carers))
    during = Range(since, None)
    copy_rows(connection, MEMBERSHIPS, ((uuid4(), carer.professional, carer.organisation, during) for carer in carers))
    return carers


def name_of(chance: random.Random) -> tuple[str, str]:
    """A family name and a given name of nobody."""
    return f"{chance.choice(_FAMILIES)}-{chance.choice(_FAMILIES)}", chance.choice(_GIVEN)


def carers_of(carers: Sequence[Carer], number: int, count: int) -> list[Carer]:
    """The carers of patient ``number``: everybody has about as many patients."""
    return [carers[(number + step * len(carers) // count) % len(carers)] for step in range(count)]


def _profession(number: int) -> str:
    return _PROFESSIONS[number % len(_PROFESSIONS)].value


def _account(carer: Carer) -> tuple[Any, ...]:
    return (
        carer.account,
        UNUSABLE,
        carer.account.bytes * 2,
        Role.PROFESSIONAL.value,
        "fr",
        b"",
        True,
        timezone.localdate(),
    )


def _person(carer: Carer, chance: random.Random) -> tuple[Any, ...]:
    family, given = name_of(chance)
    title = "Dr" if carer.profession == Profession.DOCTOR else ""
    return carer.professional, carer.account, None, family, given, title, carer.profession
