"""People with addresses, and entries of the log that call for letters to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction

from audit.actor import Actor, Role, Strength
from audit.events import Event
from audit.log import append
from audit.sequencing import sequence_once
from portal.accounts.models import Account
from records.identity import Contact, Identity, create_dossier

CALLS_FOR_A_LETTER = Event.ACCESS_REQUESTED


@dataclass(frozen=True)
class Told:
    """A patient with an address."""

    account: Account
    dossier: UUID
    pseudonym: UUID
    email: str


def a_reader(email: str = "", phone: str = "", family: str = "Kerzerho", given: str = "Azenor") -> Told:
    account = Account.objects.create(login_digest=uuid4().bytes * 2, role="patient", language="fr")
    email = email or f"{uuid4().hex[:12]}@example.org"
    ref = create_dossier(
        actor=Actor.system("seed"),
        identity=Identity(family=family, given=given, birth_date=date(1985, 5, 12), sex="female"),
        contact=Contact(email=email, phone=phone),
        account_id=account.pk,
    )
    return Told(account, ref.id, ref.pseudonym, email)


def a_professional() -> Actor:
    return Actor(
        id=uuid4(), role=Role.PROFESSIONAL, strength=Strength.OTP, profession="doctor", professional=uuid4(),
        organisation=uuid4(),
    )  # fmt: skip


def happens(*readers: Told, event: Event = CALLS_FOR_A_LETTER, actor: Actor | None = None) -> None:
    """One entry about each of them, numbered."""
    with transaction.atomic():
        for reader in readers:
            append(event, actor=actor or a_professional(), dossier=reader.pseudonym)
    sequence_once()
