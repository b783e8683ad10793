"""Two people without a history: ``python -m tests.whole.newcomers``, with the variables of a running house.

One has an authenticator and an empty record; the other has only a password yet. Everything goes through the doors.
"""

from __future__ import annotations

from datetime import date

import django

django.setup()

from django.db import transaction  # noqa: E402

from audit.actor import Actor, SystemTask  # noqa: E402
from portal.accounts.enrolment import create_account, enrol_totp  # noqa: E402
from portal.demo.people import PASSWORD  # noqa: E402
from records.identity import Contact, Identity, create_dossier  # noqa: E402

SEED = Actor.system(SystemTask.SEED)
EMPTY = "anne-charlotte.de-montmorency@carnet.example"
NEW = "nouvelle.venue@carnet.example"
# As long as names get: nothing may break or leave the screen.
_EMPTY_NAME = {"given": "Anne-Charlotte Marie-Antoinette", "family": "de Montmorency-Laval-Villeneuve"}
_NEW_NAME = {"given": "Ève", "family": "Io"}


def settle(login: str, *, has_authenticator: bool, **name: str) -> None:
    """One person with an account and an empty record."""
    with transaction.atomic(durable=True):
        account = create_account(actor=SEED, login=login, password=PASSWORD, role="patient")
        if has_authenticator:
            enrol_totp(account)
    identity = Identity(birth_date=date(1990, 2, 1), sex="female", **name)
    contact = Contact(email=login, phone="+33699900099")
    create_dossier(actor=SEED, identity=identity, contact=contact, account_id=account.id)


if __name__ == "__main__":
    settle(EMPTY, has_authenticator=True, **_EMPTY_NAME)
    settle(NEW, has_authenticator=False, **_NEW_NAME)
