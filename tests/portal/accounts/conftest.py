"""People who can sign in, on the real database."""

import time
from base64 import b32decode
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_otp.oath import hotp

from audit import log
from audit.actor import Actor
from consent.models import Membership, Organisation, Professional
from portal.accounts import enrolment
from portal.accounts.models import Account

PASSWORD = "un long chemin calme 27"
NOBODY = UUID(int=0)


@dataclass
class Person:
    account: Account
    login: str
    secret: str = ""

    def code(self, ahead: int = 0) -> str:
        """The code of this moment, or of the next step (accepted too, and not used yet)."""
        return f"{hotp(b32decode(self.secret), int(time.time()) // 30 + ahead):06d}"


@pytest.fixture
def people(db):
    def make(role: str = "patient", *, factor: bool = True, login: str = "", memberships: int = 1) -> Person:
        login = login or f"{role}@example.org"
        with transaction.atomic():
            account = enrolment.create_account(
                actor=Actor.system("seed"), login=login, password=PASSWORD, role=role, language="en"
            )
            secret = enrolment.enrol_totp(account) if factor else ""
        if role == "professional" and memberships:
            person = Professional.objects.create(
                account=account, family="Roy", given="Anne", profession="nurse", rpps="10000000001"
            )
            for number in range(memberships):
                place = Organisation.objects.create(name=f"Place {number}")
                since = timezone.now() - timedelta(days=30 - number)
                Membership.objects.create(professional=person, organisation=place, during=(since, None))
        return Person(account, login, secret)

    return make


@pytest.fixture
def browser(db) -> Client:
    return Client()


def give_password(client, person, password=PASSWORD, **extra):
    return client.post("/signin/", {"login": person.login, "password": password}, **extra)


def sign_in(client, person):
    give_password(client, person)
    return client.post("/signin/code/", {"code": person.code()})


def events(actor_id) -> list[str]:
    """What the log knows of this actor, oldest first."""
    return [entry.event for entry in reversed(log.entries_by(actor_id))]
