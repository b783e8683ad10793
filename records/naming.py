"""The name behind a pseudonym of the log, for whom two administrators agreed that it may be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from audit.pseudonyms import uuid_range
from consent.declaring import Lookup, declared, find, over_every_dossier
from records.dossiers import unseal_identity
from records.models import Dossier, PatientKey
from records.patient_keys import PatientKeys


@dataclass(frozen=True, slots=True, repr=False)
class Named:
    """Who a record is about: enough to find the person, nothing of their health."""

    name: str
    birth_date: date

    def __repr__(self) -> str:
        return "<Named>"


def find_pseudonym(text: str) -> UUID | None:
    """The whole pseudonym of the one record that ``text`` stands for; ``None`` if there is none, or several.

    Raises:
        BadPseudonym: ``text`` is no pseudonym.
    """
    with over_every_dossier():
        found = list(Dossier.objects.filter(pseudonym__range=uuid_range(text)).values_list("pseudonym", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def pseudonym_of_account(account_id: UUID) -> UUID | None:
    """The pseudonym of the record that belongs to an account, if any."""
    with declared():
        find(Lookup.ACCOUNT, account_id)
        return Dossier.objects.filter(account_id=account_id).values_list("pseudonym", flat=True).first()


def name_behind(pseudonym: UUID) -> Named | None:
    """Unseal who the record of this pseudonym is about; the caller has made sure that two people agreed, and says so
    in the log. Needs an open transaction.

    Raises:
        Unreadable: the identity does not open.
    """
    find(Lookup.PSEUDONYM, pseudonym)
    rows = list(PatientKey.objects.filter(dossier__pseudonym=pseudonym).select_related("dossier"))
    if not rows:
        return None
    dossier = rows[0].dossier
    identity = unseal_identity(PatientKeys(dossier.id, rows), dossier.identity_revision, dossier.sealed_identity)
    return Named(identity.full_name, identity.birth_date)
