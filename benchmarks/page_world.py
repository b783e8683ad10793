"""The people and records behind the page that ``benchmarks.page`` measures: patients with 20 results in one drawer.

Everything is made by the house's own functions: sealed records, proven second factors, sessions of signed-in people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

ROWS = 20
DRAWER = "laboratory"


@dataclass(frozen=True)
class Reader:
    """One signed-in patient: the cookie of the session, and the ids by which a hand-written page finds their things."""

    session: str
    account: str
    dossier: str


def populate(readers: int) -> list[Reader]:
    """So many patients, each signed in with both factors, each with :data:`ROWS` sealed results."""
    from audit.actor import Actor
    from portal.accounts.models import Account
    from records.identity import Identity, create_dossier

    seed = Actor.system("seed")
    made = []
    for number in range(readers):
        account = Account.objects.create(login_digest=uuid4().bytes * 2, role="patient", language="fr")
        who = Identity(family=f"Martin{number}", given="Camille", birth_date=date(1980, 1, 1))
        dossier = create_dossier(actor=seed, identity=who, account_id=account.pk).id
        _records(dossier)
        made.append(Reader(_signed_in(account), str(account.pk), str(dossier)))
    return made


def _records(dossier) -> None:
    from django.db import transaction

    from records.headers import Flag, Header
    from records.models import Record
    from records.patient_keys import WritingKeys

    begun = datetime(2026, 1, 5, 8, tzinfo=UTC)
    with transaction.atomic():
        keys, rows = WritingKeys(dossier), []
        for number in range(ROWS):
            header = Header(
                kind="Observation", title=f"Analysis {number}", date=begun - timedelta(days=20 * number),
                author_name="Dr Anne Leroy", place="Laboratoire du Marché", code=f"{2000 + number % 7}-1",
                system="http://loinc.org", value=Decimal(f"{4 + number % 5}.{number % 10}"), unit="mmol/L",
                low=Decimal("3.5"), high=Decimal("6.1"), flag=Flag.NORMAL if number % 3 else Flag.HIGH, status="final",
            )  # fmt: skip
            row = Record(id=uuid4(), dossier_id=dossier, category=DRAWER, key_version=keys.version)
            row.header = keys.seal("header", row.id, 1, header.to_bytes(), category=DRAWER)
            row.body = keys.seal("record", row.id, 1, b'{"resourceType": "Observation"}', category=DRAWER)
            rows.append(row)
        Record.objects.bulk_create(rows)


def _signed_in(account) -> str:
    """The session of a browser that has proven both factors, as the sign-in leaves it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.db import transaction
    from django.test import RequestFactory
    from django_otp import DEVICE_ID_SESSION_KEY

    from portal.accounts import enrolment
    from portal.accounts.models import SealedTOTPDevice
    from portal.accounts.sessions import SessionStore, set_limits

    with transaction.atomic():
        enrolment.enrol_totp(account)
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session[SESSION_KEY] = str(account.pk)
    request.session[BACKEND_SESSION_KEY] = "portal.accounts.backends.LoginBackend"
    request.session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    request.session[DEVICE_ID_SESSION_KEY] = SealedTOTPDevice.objects.get(user=account).persistent_id
    set_limits(request, "patient")
    request.session.save()
    return request.session.session_key
