"""What ended stays as it was: the database refuses the application and the owner alike."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from consent.categories import Category
from consent.models import CareRelationship, Choice, Delegation, Opposition, Representation, TeamCare, Wish
from consent.models.request import Purpose
from consent.requesting import request_access
from tests.portal.ward import a_carer, a_patient, in_care

NOW = datetime.now(UTC)
ENDED = (NOW - timedelta(days=9), NOW - timedelta(days=2))
LIVE = (NOW - timedelta(days=9), NOW + timedelta(days=2))
TABLES = {
    "choice": "SET allowed = NOT allowed", "wish": "SET kind = 'hide_new'", "delegation": "SET kind = 'secretary'",
    "carerelationship": "SET dossier = gen_random_uuid()", "teamcare": "SET dossier = gen_random_uuid()",
    "opposition": "SET author_id = professional_id", "representation": "SET kind = 'parent'",
}  # fmt: skip
REWRITES = {
    "since when": "SET during = tstzrange(lower(during) - interval '1 day', upper(during))",
    "ended earlier": "SET during = tstzrange(lower(during), now() - interval '1 day')",
}
REVIVES = {
    "brought back": "SET during = tstzrange(lower(during), now() + interval '1 day')",
    "for ever": "SET during = tstzrange(lower(during), NULL)",
}


def written(during) -> None:
    """One row of each, that held then."""
    patient, carer, other, account = a_patient(), a_carer(), a_carer("nurse", "Petit", "Léa"), a_patient("Autre")
    about = {"dossier": patient.ref.id, "during": during}
    CareRelationship.objects.create(professional=carer.person, **about)
    Choice.objects.create(professional=carer.person, category="laboratory", right="read", allowed=True, **about)
    Wish.objects.create(kind="no_others", **about)
    Opposition.objects.create(professional=other.person, **about)
    TeamCare.objects.create(organisation=carer.organisation, **about)
    Representation.objects.create(account=account.account, kind="carer", categories=["laboratory"], **about)
    Delegation.objects.create(
        professional=carer.person, delegate=other.person, kind="replacement", categories=["laboratory"], during=during
    )


def refused(statement: str, owner: psycopg.Connection) -> list[str]:
    """Who was not refused by the guard, of the application and the owner."""
    let = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        let.append(f"application: {statement}")
    except DatabaseError:
        pass
    try:
        owner.execute(statement)
        let.append(f"owner: {statement}")
    except psycopg.errors.RestrictViolation:
        pass
    return let


def test_what_has_ended_is_not_altered_erased_or_brought_back(db, owner):
    written(ENDED)
    let = []
    for table, content in TABLES.items():
        for change in (content, *REWRITES.values(), *REVIVES.values()):
            let += refused(f"UPDATE consent_{table} {change}", owner)
        let += refused(f"DELETE FROM consent_{table}", owner)
        let += refused(f"TRUNCATE consent_{table} CASCADE", owner)
    assert let == []


def test_what_holds_can_only_end_now_or_later(db, owner):
    written(LIVE)
    let = []
    for table, content in TABLES.items():
        for change in (content, *REWRITES.values()):
            let += refused(f"UPDATE consent_{table} {change}", owner)
    assert let == []
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE consent_{table} SET during = tstzrange(lower(during), clock_timestamp())")
            assert cursor.rowcount == 1, table


def test_an_answered_request_keeps_its_answer(db, owner):
    patient, carer = a_patient(), a_carer()
    in_care(patient, carer)
    Choice.objects.create(
        dossier=patient.ref.id, professional=carer.person, category="laboratory", right="read", allowed=False,
        during=(LIVE[0], None),
    )  # fmt: skip
    request_access(actor=carer.actor, ref=patient.ref, category=Category.LABORATORY, purpose=Purpose.TREATMENT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE consent_accessrequest SET answer = 'refused', answered_at = now()")
    again = "UPDATE consent_accessrequest SET answer = 'granted'"
    assert refused(again, owner) + refused("DELETE FROM consent_accessrequest", owner) == []


@pytest.mark.parametrize("table", sorted({*TABLES, "treatingdoctor", "blank", "membership", "reviewingdoctor"}))
def test_every_dated_table_is_guarded_whatever_the_session_says(db, owner, table):
    found = owner.execute(
        "SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'consent_once%%'",
        [f"consent_{table}"],
    ).fetchall()
    assert sorted(found) == [("consent_once", "A"), ("consent_once_all", "A")]
