"""One query loads what decisions need.

Time is the database's, taken at the very statement that reads: whatever was committed before it is
seen, so a right withdrawn in another connection binds the next read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg import Cursor

from audit.actor import Actor, Role
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
from consent.dossiers import DossierRef
from consent.matrix import row_from_text
from consent.models.wish import WishKind
from consent.professions import Profession

# One line per reader; each kind of fact is an array of small arrays, which keeps parsing to a few
# microseconds. A choice or an opposition reaches the reader as a person, through a team of that
# instant, or by profession.
_SQL = """
WITH moment AS (SELECT coalesce(%(at)s::timestamptz, statement_timestamp()) AS at)
SELECT
    reader.id,
    moment.at,
    reader.profession,
    version.name,
    (SELECT string_agg(category || '=' || access, ',') FROM consent_matrixrow
     WHERE version_id = version.id AND profession = reader.profession),
    (SELECT string_agg(category || '=' || access, ',') FROM consent_matrixrow
     WHERE version_id = version.id AND profession = %(emergency)s),
    (SELECT json_agg(json_build_array(lower(held.during), upper(held.during))) FROM (
        SELECT during FROM consent_carerelationship
        WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> at
        UNION ALL
        SELECT care.during * team.during FROM consent_teamcare AS care
        JOIN consent_membership AS team ON team.organisation_id = care.organisation_id
        WHERE care.dossier = %(dossier)s AND care.during @> at
          AND team.professional_id = reader.id AND team.during @> at) AS held),
    (SELECT json_agg(json_build_array(id, organisation_id IS NOT NULL, author_id, lower(during), upper(during))
                     ORDER BY id)
     FROM consent_opposition AS opposition
     WHERE dossier = %(dossier)s AND during @> at
       AND (professional_id IN (reader.id, %(delegate)s) OR EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id IN (reader.id, %(delegate)s) AND team.during @> at
              AND team.organisation_id = opposition.organisation_id))),
    (SELECT json_agg(json_build_array(id, lower(during), upper(during))) FROM consent_emergency
     WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> at),
    (SELECT json_agg(json_build_array(
                id, CASE WHEN professional_id IS NOT NULL THEN 0 WHEN organisation_id IS NOT NULL THEN 1
                         WHEN newcomers THEN 3 ELSE 2 END,
                category, "right", allowed, lower(during), upper(during)) ORDER BY id)
     FROM consent_choice AS choice
     WHERE dossier = %(dossier)s AND during @> at
       AND (professional_id = reader.id OR profession = reader.profession OR newcomers OR EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id = reader.id AND team.during @> at
              AND team.organisation_id = choice.organisation_id))),
    (SELECT json_agg(json_build_array(id, categories, lower(during), upper(during))) FROM consent_delegation
     WHERE professional_id = reader.id AND delegate_id = %(delegate)s AND during @> at),
    (SELECT json_agg(json_build_array(id, kind, category, lower(during), upper(during))) FROM consent_wish
     WHERE dossier = %(dossier)s AND during @> at AND kind = ANY(%(wishes)s))
FROM moment
CROSS JOIN consent_professional AS reader
LEFT JOIN consent_matrixversion AS version ON version.during @> moment.at
WHERE reader.id = """
# Two texts: the plan of the first one is the same for every reader, the second depends on how many there are.
_OF_ONE = _SQL + "%(reader)s"
_OF_SEVERAL = _SQL + "ANY(%(reader)s)"
_OF_A_PATIENT = """
WITH moment AS (SELECT coalesce(%(at)s::timestamptz, statement_timestamp()) AS at)
SELECT
    moment.at,
    (SELECT json_agg(json_build_array(id, kind, categories, lower(during), upper(during)))
     FROM consent_representation
     WHERE NOT %(own)s AND dossier = %(dossier)s AND account_id = %(reader)s AND during @> at),
    (SELECT json_agg(json_build_array(id, kind, category, lower(during), upper(during))) FROM consent_wish
     WHERE dossier = %(dossier)s AND during @> at AND kind = ANY(%(wishes)s))
FROM moment
"""
# Which wishes a reader's decisions depend on: only those are fetched.
_OF_PROFESSIONALS = [
    kind.value for kind in (WishKind.HIDE_NEW, WishKind.NO_REGULATOR, WishKind.NO_OTHERS, WishKind.SHOW_MASKED)
]
_OF_PATIENTS = [WishKind.HIDE_NEW.value, WishKind.DISCREET.value]


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
    found = _load(_OF_ONE, named, ref, at, delegate)
    # Nobody of the directory is a professional without profession, to whom everything is closed.
    return found.get(named) or Facts(
        at=at or timezone.now(), role=actor.role, professional=named, delegate=delegate, age=ref.age
    )


def load_facts_of(professionals: Iterable[UUID], ref: DossierRef, *, at: datetime | None = None) -> dict[UUID, Facts]:
    """The same for several professionals and one dossier, in one query; those unknown are left out."""
    return _load(_OF_SEVERAL, list(professionals), ref, at)


def _of_patient(actor: Actor, ref: DossierRef, at: datetime | None) -> Facts:
    own = ref.owner is not None and ref.owner == actor.id
    parameters = {"at": at, "own": own, "reader": actor.id, "dossier": ref.id, "wishes": _OF_PATIENTS}
    [(instant, representations, wishes)] = _read(_OF_A_PATIENT, parameters)
    wished = _wishes(wishes)
    return Facts(
        at=instant,
        role=actor.role,
        own=own,
        fresh=actor.fresh,
        age=ref.age,
        representations=tuple(
            RepresentationFact(UUID(id_), RepresentativeKind(kind), _drawers(categories), _span(start, end))
            for id_, kind, categories, start, end in _list(representations)
        ),
        hidden_new=_hidings(wished),
        discreet=frozenset(Category(each.category) for each in wished if each.kind is WishKind.DISCREET),
    )


def _load(
    sql: str, reader: UUID | list[UUID], ref: DossierRef, at: datetime | None, delegate: UUID | None = None
) -> dict[UUID, Facts]:
    emergency = Profession.EMERGENCY_REGULATOR.value
    parameters = {
        "at": at,
        "reader": reader,
        "delegate": delegate,
        "dossier": ref.id,
        "emergency": emergency,
        "wishes": _OF_PROFESSIONALS,
    }
    return {row[0]: _facts(ref, delegate, *row) for row in _read(sql, parameters)}


class _Kept(Cursor[Any]):
    """psycopg's own cursor, which tells Django what it sent where queries are counted."""

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)
        return self._query


def _read(sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of one query whose plan PostgreSQL keeps for the connection: planned anew, it takes three times as long.

    Django's own cursor writes the parameters into the text, so that every text is another one to the server; psycopg's
    sends them apart. It is wrapped as Django wraps its own: errors and counts of queries stay the same.
    """
    connection.ensure_connection()
    with connection._prepare_cursor(_Kept(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _facts(
    ref: DossierRef,
    delegate: UUID | None,
    professional: UUID,
    at: datetime,
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
        at=at,
        role=Role.PROFESSIONAL,
        age=ref.age,
        professional=professional,
        delegate=delegate,
        profession=profession,
        matrix=matrix or "",
        row=row_from_text(row or ""),
        emergency_row=row_from_text(emergency_row or ""),
        relationships=tuple(_span(*span) for span in _list(relationships)),
        oppositions=tuple(
            OppositionFact(UUID(id_), by_organisation, UUID(author) if author else None, _span(start, end))
            for id_, by_organisation, author, start, end in _list(oppositions)
        ),
        emergencies=tuple(EmergencyFact(UUID(id_), _span(start, end)) for id_, start, end in _list(emergencies)),
        choices=tuple(
            ChoiceFact(UUID(id_), Target(target), Category(category), Right(right), allowed, _span(start, end))
            for id_, target, category, right, allowed, start, end in _list(choices)
        ),
        delegations=tuple(
            DelegationFact(UUID(id_), _drawers(categories), _span(start, end))
            for id_, categories, start, end in _list(delegations)
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
        _Wish(UUID(id_), WishKind(kind), category, _span(start, end))
        for id_, kind, category, start, end in _list(value)
    ]


def _hidings(wished: list[_Wish]) -> tuple[HidingFact, ...]:
    return tuple(
        HidingFact(each.id, Category(each.category) if each.category else None, each.during)
        for each in wished
        if each.kind is WishKind.HIDE_NEW
    )


def _drawers(categories: list[str]) -> frozenset[Category]:
    return frozenset(Category(category) for category in categories)


# Django's connection hands json over as text or already read, depending on its adapters.
_Json = str | list[list[Any]] | None


def _list(value: _Json) -> list[list[Any]]:
    if not value:
        return []
    read: list[list[Any]] = json.loads(value) if isinstance(value, str) else value
    return read


def _span(start: str, end: str | None) -> Span:
    return Span(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
