"""Give the people of FHIR bundles an account, a dossier and a doctor: ``python -m tests.whole.settling BUNDLE…``.

Run with the variables of a running house. Everything goes through the doors; what is printed is one JSON list.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from datetime import date
from pathlib import Path

import django

django.setup()

from django.db import transaction  # noqa: E402

from audit.actor import Actor, Role, Strength, SystemTask  # noqa: E402
from consent.granting import open_relationship  # noqa: E402
from consent.models import Professional  # noqa: E402
from portal.accounts.enrolment import create_account, enrol_totp  # noqa: E402
from records.identity import Contact, Identity, create_dossier  # noqa: E402

SEED = Actor.system(SystemTask.SEED)
PASSWORD = "genevrier-parapluie-boussole"
DOCTOR = ("Nadia", "Lefèvre")


def settle(bundle: Path) -> dict[str, str]:
    """One person: an account, a dossier, and the demo's doctor to take care of them."""
    entries = json.loads(bundle.read_text(encoding="utf-8-sig"))["entry"]
    patient = next(entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Patient")
    name = next(name for name in patient["name"] if name["use"] == "official")
    maiden = next((name["family"] for name in patient["name"] if name["use"] == "maiden"), "")
    login = address_of(name["given"][0], name["family"])
    with transaction.atomic(durable=True):
        account = create_account(actor=SEED, login=login, password=PASSWORD, role="patient")
        enrol_totp(account)
    identity = Identity(
        family=maiden or name["family"],
        used_name=name["family"] if maiden else "",
        given=" ".join(name["given"]),
        birth_date=date.fromisoformat(patient["birthDate"]),
        sex=patient["gender"],
    )
    contact = Contact(email=login, phone=patient["telecom"][0]["value"])
    ref = create_dossier(actor=SEED, identity=identity, contact=contact, account_id=account.id)
    doctor = Professional.objects.get(given=DOCTOR[0], family=DOCTOR[1])
    patient_actor = Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP)
    open_relationship(actor=patient_actor, ref=ref, professional=doctor.id)
    return {"bundle": str(bundle), "dossier": str(ref.id), "login": login, "password": PASSWORD}


def address_of(given: str, family: str) -> str:
    """The e-mail address of somebody of the bundles, who have none."""
    plain = unicodedata.normalize("NFKD", f"{given}.{family}").encode("ascii", "ignore").decode()
    return f"{plain}@mailbox.example".lower()


if __name__ == "__main__":
    print(json.dumps([settle(Path(path)) for path in sys.argv[1:]]))
