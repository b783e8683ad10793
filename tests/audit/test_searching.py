"""Searching costs the same however long the log is: every facet has its index, and a search stops and says where."""

import re
from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from django.db import connections

from audit import searching
from audit.actor import Actor
from audit.events import Event, Outcome
from audit.pseudonyms import shown
from audit.searching import LogFilter, query_of, search_log
from benchmarks.filling import fill
from tests.audit.acts import DOCTOR, DOSSIER, number_all, remember, rows

FACETS = {
    "actor": shown("A", DOCTOR.id),
    "dossier": shown("P", DOSSIER),
    "organisation": shown("O", DOCTOR.organisation),
    "event": "record.read",
    "outcome": "refused",
    "ground": "never",
    "profession": "physician",
}


@pytest.fixture
def busy_log(db):
    """Twenty thousand acts of two days, and a few of one doctor among them."""
    fill(db.superuser_url, 20_000)
    remember(3)
    remember(2, ground="never", outcome=Outcome.REFUSED)
    return db


def found(**wanted):
    return len(search_log(LogFilter(**wanted)).lines)


def explained(query) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"EXPLAIN {query.places}", query.values | {"limit": 51})
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_facets_that_came_last(db):
    remember(3, ground="default")
    remember(2, ground="never", outcome=Outcome.REFUSED)
    remember(1, actor=Actor.system("rotation"), ground="", event=Event.KEY_CREATED)
    number_all()
    assert found(ground="never") == 2
    assert found(profession="physician") == 5
    assert found(profession="nurse") == 0
    assert found(organisation=shown("O", DOCTOR.organisation)) == found(organisation=str(DOCTOR.organisation)) == 5
    assert found(organisation=str(uuid4())) == 0
    assert found(ground="never", outcome="allowed") == 0
    assert found(ground="never", outcome="refused", profession="physician", organisation=str(DOCTOR.organisation)) == 2


def test_no_question_reads_a_month_from_end_to_end(busy_log):
    # Months that hold nothing yet are read in whatever way.
    lived_in = {name for (name,) in rows("SELECT DISTINCT tableoid::regclass::text FROM audit_entry")}
    since = datetime.now(UTC) - timedelta(days=1)
    questions = [(), *((name,) for name in FACETS), *combinations(FACETS, 2), tuple(FACETS)]
    assert len(questions) == 30
    for names in questions:
        for more in ({}, {"since": since}, {"until": since}):
            plan = explained(query_of(LogFilter(**{name: FACETS[name] for name in names}, **more)))
            assert not lived_in & set(re.findall(r"Seq Scan on (\w+)", plan)), (names, plan)


def test_a_search_that_finds_little_stops_and_says_where(db, monkeypatch):
    monkeypatch.setattr(searching, "LOOKED", 10)
    remember(25)
    remember(1, category="imaging", event=Event.RECORD_CREATED)
    remember(25)
    seen, stops, before = [], 0, None
    while True:
        page = search_log(LogFilter(actor=str(DOCTOR.id), event="record.created"), before=before, limit=5)
        seen += page.lines
        stops += page.looked_back_to is not None
        if page.next is None:
            break
        before = page.next
    assert [line.event for line in seen] == ["record.created"]
    assert stops == 5


def test_two_people_whose_pseudonyms_begin_alike_are_both_found(db):
    prefix = uuid4().int >> 88 << 88
    one, other = (UUID(int=prefix | rest) for rest in (1, 2))
    for dossier in (one, other, one):
        remember(1, dossier=dossier)
    assert found(dossier=shown("P", one)) == 3
    assert found(dossier=str(one)) == 2
