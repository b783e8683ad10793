"""Who is told of an entry of the log.

The person whose record it is. In their place, if they have no account of their own, whoever acts for
them. Of a new document also whoever acts for them and may read that very document: a guardian never
gets a letter about what a minor keeps secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.actor import Actor, Role
from consent.ages import Age
from consent.categories import Category
from consent.decisions import decide
from consent.declaring import Lookup, declared, find
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Representation, TreatingDoctor
from consent.rights import Right
from consent.world import RepresentativeKind
from portal.notifications.kinds import Kind
from records.concealing import may_announce
from records.copy_models import Copy
from records.listing import marks_of
from records.models import Dossier, Record


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to tell; ``represents`` is the dossier (its id) of the person for whom they act."""

    account: UUID
    represents: UUID | None = None


def dossiers_of(pseudonyms: Iterable[UUID]) -> dict[UUID, Dossier]:
    """The dossiers of these pseudonyms of the log, without what is sealed in them."""
    with declared():
        found = find(Lookup.PSEUDONYM, *pseudonyms)
        rows = Dossier.objects.filter(id__in=found).only("id", "pseudonym", "account_id")
        return {row.pseudonym: row for row in rows}


def readers_of(dossier: Dossier, kind: Kind, *, at: datetime, record: UUID | None) -> Iterator[Reader]:
    """Everybody on the patient's side who is told of something that happened then to that record."""
    if dossier.account_id is not None and (record is None or may_announce(record)):
        yield Reader(dossier.account_id)
    if dossier.account_id is not None and kind is not Kind.NEW_DOCUMENT:
        return
    for acting in Representation.objects.about(dossier.id).live(at).order_by("account_id"):
        if kind is not Kind.NEW_DOCUMENT or (record is not None and _may_read(dossier, record, acting)):
            yield Reader(acting.account_id, represents=dossier.id)


def asker_of_copy(dossier: Dossier, copy: UUID | None) -> Reader | None:
    """Who asked for a copy of the record, if it was somebody who acts for the patient."""
    row = Copy.objects.filter(pk=copy, dossier_id=dossier.id).only("asked_by").first() if copy is not None else None
    return None if row is None or row.asked_by == dossier.account_id else Reader(row.asked_by, represents=dossier.id)


def treating_doctor(dossier: Dossier, *, at: datetime) -> UUID | None:
    """The account of the doctor whom the patient had named then."""
    named = TreatingDoctor.objects.about(dossier.id).live(at).select_related("professional").first()
    return named.professional.account_id if named is not None else None


def _may_read(dossier: Dossier, record: UUID, acting: Representation) -> bool:
    """Whether consent lets somebody who acts for the patient see the record now."""
    row = Record.objects.filter(pk=record, dossier_id=dossier.id).defer("header", "body", "source_digest").first()
    if row is None:
        return False
    # The birth date stays sealed here: a guardian is told only of what the strictest age lets them see.
    age = Age.ADULT if acting.kind == RepresentativeKind.CARER else Age.FROM_15
    ref = DossierRef(id=dossier.id, pseudonym=dossier.pseudonym, owner=dossier.account_id, age=age)
    facts = load_facts(Actor(id=acting.account_id, role=Role.PATIENT), ref)
    return decide(facts, category=Category(row.category), right=Right.READ, marks=marks_of(row)).allowed
