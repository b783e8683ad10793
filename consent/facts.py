"""One query loads what decisions need.

Time is the database's, taken at the very statement that reads: whatever was committed before it is
seen, so a right withdrawn in another connection binds the next read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from audit.actor import Actor, Role
from consent.categories import Category
from consent.decisions import ChoiceFact, EmergencyFact, Facts, OppositionFact, Right, Span, Target
from consent.dossiers import DossierRef
from consent.matrix import row_from_text
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
    (SELECT json_agg(json_build_array(lower(during), upper(during))) FROM consent_carerelationship
     WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> at),
    (SELECT json_agg(json_build_array(id, organisation_id IS NOT NULL, author_id, lower(during), upper(during))
                     ORDER BY id)
     FROM consent_opposition AS opposition
     WHERE dossier = %(dossier)s AND during @> at
       AND (professional_id = reader.id OR EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id = reader.id AND team.during @> at
              AND team.organisation_id = opposition.organisation_id))),
    (SELECT json_agg(json_build_array(id, lower(during), upper(during))) FROM consent_emergency
     WHERE dossier = %(dossier)s AND professional_id = reader.id AND during @> at),
    (SELECT json_agg(json_build_array(
                id, CASE WHEN professional_id IS NOT NULL THEN 0 WHEN organisation_id IS NOT NULL THEN 1 ELSE 2 END,
                category, "right", allowed, lower(during), upper(during)) ORDER BY id)
     FROM consent_choice AS choice
     WHERE dossier = %(dossier)s AND during @> at
       AND (professional_id = reader.id OR profession = reader.profession OR EXISTS (
            SELECT FROM consent_membership AS team
            WHERE team.professional_id = reader.id AND team.during @> at
              AND team.organisation_id = choice.organisation_id)))
FROM moment
CROSS JOIN consent_professional AS reader
LEFT JOIN consent_matrixversion AS version ON version.during @> moment.at
WHERE reader.id = """
# Two texts, because PostgreSQL keeps the plan of the first one once it is prepared (three times faster),
# and plans the second anew each time.
_OF_ONE = _SQL + "%(reader)s"
_OF_SEVERAL = _SQL + "ANY(%(reader)s)"


def load_facts(actor: Actor, ref: DossierRef, *, at: datetime | None = None) -> Facts:
    """What a decision about this actor and this dossier needs, now or at a past instant.

    One query for a professional, none for anybody else.
    """
    if actor.role is not Role.PROFESSIONAL or actor.professional is None:
        own = actor.role is Role.PATIENT and ref.owner is not None and ref.owner == actor.id
        return Facts(at=at or timezone.now(), role=actor.role, task=actor.task, own=own)
    found = _load(_OF_ONE, actor.professional, ref, at)
    # Nobody of the directory is a professional without profession, to whom everything is closed.
    return found.get(actor.professional) or Facts(
        at=at or timezone.now(), role=actor.role, professional=actor.professional
    )


def load_facts_of(professionals: Iterable[UUID], ref: DossierRef, *, at: datetime | None = None) -> dict[UUID, Facts]:
    """The same for several professionals and one dossier, in one query; those unknown are left out."""
    return _load(_OF_SEVERAL, list(professionals), ref, at)


def _load(sql: str, reader: UUID | list[UUID], ref: DossierRef, at: datetime | None) -> dict[UUID, Facts]:
    emergency = Profession.EMERGENCY_REGULATOR.value
    parameters = {"at": at, "reader": reader, "dossier": ref.id, "emergency": emergency}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {row[0]: _facts(*row) for row in cursor.fetchall()}


def _facts(
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
) -> Facts:
    return Facts(
        at=at,
        role=Role.PROFESSIONAL,
        professional=professional,
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
    )


# Django's connection hands json over as text or already read, depending on its adapters.
_Json = str | list[list[Any]] | None


def _list(value: _Json) -> list[list[Any]]:
    if not value:
        return []
    read: list[list[Any]] = json.loads(value) if isinstance(value, str) else value
    return read


def _span(start: str, end: str | None) -> Span:
    return Span(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
