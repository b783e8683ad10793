"""One query loads what decisions need.

Time is the database's, taken at the very statement that reads: whatever was committed before it is
seen, so a right withdrawn in another connection binds the next read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor, Role
from audit.prepared import fetch
from consent.categories import Category
from consent.decisions import (
    ChoiceFact,
    DelegationFact,
    EmergencyFact,
    Facts,
    HidingFact,
    OppositionFact,
    RepresentationFact,
    RepresentativeKind,
    Right,
    Span,
    Switches,
    Target,
)
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.matrix import row_from_text
from consent.models.wish import WishKind
from consent.professions import Profession

# Which wishes a reader's decisions depend on: only those are fetched.
_OF_PROFESSIONALS = (WishKind.HIDE_NEW, WishKind.NO_REGULATOR, WishKind.NO_OTHERS, WishKind.SHOW_MASKED)
_OF_PATIENTS = (WishKind.HIDE_NEW, WishKind.DISCREET)

# One line per reader, and one column of JSON, which Python reads faster than the driver reads fourteen. Each kind of
# fact is an array of small arrays. A choice or an opposition reaches the reader as a person, through a team of that
# instant, or by profession. What is the same for every reader stands in the text: each text is planned once.
_PROFESSIONAL = """
SELECT reader.id, json_build_array(
    {at},
    reader.profession,
    version.name,
    (SELECT string_agg(category || '=' || access, ',') FROM consent_matrixrow
     WHERE version_id = version.id AND profession = reader.profession),
    (SELECT string_agg(category || '=' || access, ',') FROM consent_matrixrow
     WHERE version_id = version.id AND profession = '{emergency}'),
    (SELECT json_agg(json_build_array(lower(held.during), upper(held.during))) FROM (
        SELECT during FROM consent_carerelationship
        WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> {at}
        UNION ALL
        SELECT care.during * team.during FROM consent_teamcare AS care
        JOIN consent_membership AS team ON team.organisation_id = care.organisation_id
        WHERE care.dossier = %(dossier)s AND care.during @> {at}
          AND team.professional_id = reader.id AND team.during @> {at}) AS held),
    (SELECT json_agg(json_build_array(id, organisation_id IS NOT NULL, author_id, lower(during), upper(during))
                     ORDER BY id)
     FROM consent_opposition AS opposition
     WHERE dossier = %(dossier)s AND during @> {at}
       AND (professional_id IN ({both}) OR organisation_id IS NOT NULL AND EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id IN ({both}) AND team.during @> {at}
              AND team.organisation_id = opposition.organisation_id))),
    (SELECT json_agg(json_build_array(id, lower(during), upper(during))) FROM consent_emergency
     WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> {at}),
    (SELECT json_agg(json_build_array(
                id, CASE WHEN professional_id IS NOT NULL THEN 0 WHEN organisation_id IS NOT NULL THEN 1
                         WHEN newcomers THEN 3 ELSE 2 END,
                category, "right", allowed, lower(during), upper(during)) ORDER BY id)
     FROM consent_choice AS choice
     WHERE dossier = %(dossier)s AND during @> {at}
       AND (professional_id = reader.id OR profession = reader.profession OR newcomers
            OR organisation_id IS NOT NULL AND EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id = reader.id AND team.during @> {at}
              AND team.organisation_id = choice.organisation_id))),
    {delegations},
    (SELECT json_agg(json_build_array(id, kind, category, lower(during), upper(during))) FROM consent_wish
     WHERE dossier = %(dossier)s AND during @> {at} AND kind IN ({wishes})))::text
FROM consent_professional AS reader
LEFT JOIN consent_matrixversion AS version ON version.during @> {at}
WHERE reader.id = {readers}
"""
_DELEGATIONS = """(SELECT json_agg(json_build_array(id, categories, lower(during), upper(during)))
     FROM consent_delegation
     WHERE professional_id = reader.id AND delegate_id = %(delegate)s AND during @> {at})"""
_PATIENT = """
SELECT json_build_array(
    {at},
    {representations},
    (SELECT json_agg(json_build_array(id, kind, category, lower(during), upper(during))) FROM consent_wish
     WHERE dossier = %(dossier)s AND during @> {at} AND kind IN ({wishes})))::text
"""
_REPRESENTATIONS = """(SELECT json_agg(json_build_array(id, kind, categories, lower(during), upper(during)))
     FROM consent_representation
     WHERE dossier = %(dossier)s AND account_id = %(reader)s AND during @> {at})"""


@cache
def _professional_query(*, past: bool, several: bool, delegated: bool) -> str:
    at = _PAST if past else _NOW
    return _PROFESSIONAL.format(
        at=at,
        emergency=Profession.EMERGENCY_REGULATOR.value,
        both="reader.id, %(delegate)s" if delegated else "reader.id",
        delegations=_DELEGATIONS.format(at=at) if delegated else "NULL",
        wishes=_quoted(_OF_PROFESSIONALS),
        readers="ANY(%(reader)s)" if several else "%(reader)s",
    )


@cache
def _patient_query(*, past: bool, own: bool) -> str:
    at = _PAST if past else _NOW
    representations = "NULL" if own else _REPRESENTATIONS.format(at=at)
    return _PATIENT.format(at=at, representations=representations, wishes=_quoted(_OF_PATIENTS))


def _quoted(kinds: Iterable[WishKind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)


# The instant of the very statement, or the one that is asked about.
_NOW, _PAST = "statement_timestamp()", "%(at)s::timestamptz"


def load_facts(actor: Actor, ref: DossierRef, *, at: datetime | None = None) -> Facts:
    """What a decision about this actor and this dossier needs, now or at a past instant.

    One query for a professional or a patient, none for anybody else. A professional who acts on behalf of another
    one is told of in that one's name, as their delegate.
    """
    if actor.role is Role.PATIENT:
        return _of_patient(actor, ref, at)
    if actor.role is not Role.PROFESSIONAL or actor.professional is None:
        return Facts(at=at or timezone.now(), role=actor.role, task=actor.task, age=ref.age)
    named = actor.on_behalf_of or actor.professional
    delegate = actor.professional if actor.on_behalf_of else None
    found = _load(named, ref, at, delegate)
    # Nobody of the directory is a professional without profession, to whom everything is closed.
    return found.get(named) or Facts(
        at=at or timezone.now(), role=actor.role, professional=named, delegate=delegate, age=ref.age
    )


def load_facts_of(professionals: Iterable[UUID], ref: DossierRef, *, at: datetime | None = None) -> dict[UUID, Facts]:
    """The same for several professionals and one dossier, in one query; those unknown are left out."""
    return _load(list(professionals), ref, at)


def _of_patient(actor: Actor, ref: DossierRef, at: datetime | None) -> Facts:
    own = ref.owner is not None and ref.owner == actor.id
    query = _patient_query(past=at is not None, own=own)
    with declared(ref.id):
        [(found,)] = fetch(query, {"at": at, "reader": actor.id, "dossier": ref.id})
    instant, representations, wishes = json.loads(found)
    wished = _wishes(wishes)
    return Facts(
        at=datetime.fromisoformat(instant),
        role=actor.role,
        own=own,
        fresh=actor.fresh,
        age=ref.age,
        representations=tuple(
            RepresentationFact(UUID(id_), RepresentativeKind(kind), _drawers(categories), _span(start, end))
            for id_, kind, categories, start, end in representations or ()
        ),
        hidden_new=_hidings(wished),
        discreet=frozenset(Category(each.category) for each in wished if each.kind is WishKind.DISCREET),
    )


def _load(
    reader: UUID | list[UUID], ref: DossierRef, at: datetime | None, delegate: UUID | None = None
) -> dict[UUID, Facts]:
    query = _professional_query(past=at is not None, several=isinstance(reader, list), delegated=delegate is not None)
    with declared(ref.id):
        rows = fetch(query, {"at": at, "reader": reader, "delegate": delegate, "dossier": ref.id})
    return {professional: _facts(ref, delegate, professional, *json.loads(found)) for professional, found in rows}


def _facts(
    ref: DossierRef,
    delegate: UUID | None,
    professional: UUID,
    at: str,
    profession: str,
    matrix: str | None,
    row: str | None,
    emergency_row: str | None,
    relationships: _Json,
    oppositions: _Json,
    emergencies: _Json,
    choices: _Json,
    delegations: _Json,
    wishes: _Json,
) -> Facts:
    wished = _wishes(wishes)
    kinds = {each.kind for each in wished}
    return Facts(
        at=datetime.fromisoformat(at),
        role=Role.PROFESSIONAL,
        age=ref.age,
        professional=professional,
        delegate=delegate,
        profession=profession,
        matrix=matrix or "",
        row=row_from_text(row or ""),
        emergency_row=row_from_text(emergency_row or ""),
        relationships=tuple(_span(*span) for span in relationships or ()),
        oppositions=tuple(
            OppositionFact(UUID(id_), by_organisation, UUID(author) if author else None, _span(start, end))
            for id_, by_organisation, author, start, end in oppositions or ()
        ),
        emergencies=tuple(EmergencyFact(UUID(id_), _span(start, end)) for id_, start, end in emergencies or ()),
        choices=tuple(
            ChoiceFact(UUID(id_), _TARGETS[target], _CATEGORIES[category], _RIGHTS[right], allowed, _span(start, end))
            for id_, target, category, right, allowed, start, end in choices or ()
        ),
        delegations=tuple(
            DelegationFact(UUID(id_), _drawers(categories), _span(start, end))
            for id_, categories, start, end in delegations or ()
        ),
        switches=Switches(
            regulator=WishKind.NO_REGULATOR not in kinds,
            others=WishKind.NO_OTHERS not in kinds,
            masked=WishKind.SHOW_MASKED in kinds,
        ),
        hidden_new=_hidings(wished),
    )


class _Wish(NamedTuple):
    id: UUID
    kind: WishKind
    category: str
    during: Span


def _wishes(value: _Json) -> list[_Wish]:
    return [
        _Wish(UUID(id_), WishKind(kind), category, _span(start, end)) for id_, kind, category, start, end in value or ()
    ]


def _hidings(wished: list[_Wish]) -> tuple[HidingFact, ...]:
    return tuple(
        HidingFact(each.id, Category(each.category) if each.category else None, each.during)
        for each in wished
        if each.kind is WishKind.HIDE_NEW
    )


def _drawers(categories: list[str]) -> frozenset[Category]:
    return frozenset(Category(category) for category in categories)


_Json = list[list[Any]] | None
# A look-up costs a tenth of what a call of the enumeration does.
_TARGETS = {target.value: target for target in Target}
_CATEGORIES = {category.value: category for category in Category}
_RIGHTS = {right.value: right for right in Right}


def _span(start: str, end: str | None) -> Span:
    return Span(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
