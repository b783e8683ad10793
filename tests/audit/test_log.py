"""Appending and reading back, as the application role on a real database."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from audit import log
from audit.actor import Actor
from audit.entry import BadEntry, Entry, decode
from audit.events import Event, Outcome
from tests.audit.acts import DOCTOR, DOSSIER, change, number_all, remember, rows


@pytest.mark.asvs("v5.0.0-16.2.1")
def test_an_entry_says_everything_it_was_told(db):
    choice, thing = uuid4(), uuid4()
    before = datetime.now(UTC)
    with transaction.atomic():
        written = log.append(
            Event.CATEGORY_READ,
            actor=DOCTOR,
            outcome=Outcome.REFUSED,
            dossier=DOSSIER,
            category="mental_health",
            object_id=thing,
            purpose="care",
            ground="opposed",
            choice=choice,
            matrix="2025-10",
            digest=bytes(range(32)),
            revision=3,
            key_version=2,
            facts={"count": 4, "allowed": False, "professional": choice, "reason": "code.12"},
        )
    [entry] = log.entries_about(DOSSIER)
    assert before <= entry.at <= datetime.now(UTC)
    expected = Entry(
        id=written, at=entry.at, event="category.read", actor=DOCTOR.id, role="professional", outcome="refused",
        request=DOCTOR.request, profession="physician", organisation=DOCTOR.organisation, strength="otp",
        dossier=DOSSIER, category="mental_health", object_id=thing, purpose="care", ground="opposed", choice=choice,
        matrix="2025-10", session=DOCTOR.session, digest=bytes(range(32)), revision=3, key_version=2,
        facts={"count": "4", "allowed": "no", "professional": str(choice), "reason": "code.12"},
    )  # fmt: skip
    assert all(getattr(entry, field.name) == getattr(expected, field.name) for field in fields(Entry))
    assert entry.index is None
    assert entry.meaning == "category read"
    [(body,)] = rows("SELECT body FROM audit_entry")
    assert decode(bytes(body)) == expected


def test_the_house_itself_acts(db):
    remember(actor=Actor.system("import"))
    assert log.entries_by(Actor.system("import").id)[0].role == "system"


def test_outside_a_transaction_nothing_is_appended(db):
    with pytest.raises(log.OutsideTransaction, match=r"record\.read"):
        log.append(Event.RECORD_READ, actor=DOCTOR)
    assert rows("SELECT count(*) FROM audit_entry") == [(0,)]


def test_an_act_that_is_rolled_back_leaves_no_entry(db):
    with transaction.atomic():
        log.append(Event.RECORD_READ, actor=DOCTOR)
        transaction.set_rollback(True)
    assert rows("SELECT count(*) FROM audit_entry") == [(0,)]


def test_an_insert_that_fails_reaches_the_caller(db, owner):
    owner.execute("REVOKE INSERT (body) ON audit_entry FROM carnet_app")
    with pytest.raises(DatabaseError), transaction.atomic():
        log.append(Event.RECORD_READ, actor=DOCTOR)


@pytest.mark.parametrize("facts", [{"surname": "x"}, {"reason": "some words"}, {"count": 1.5}])
def test_free_text_does_not_enter(db, facts):
    with pytest.raises(BadEntry), transaction.atomic():
        log.append(Event.RECORD_READ, actor=DOCTOR, facts=facts)


def test_pages_follow_each_other_newest_first(db):
    written = [remember()[0] for _ in range(7)]
    remember(3, dossier=uuid4(), actor=Actor.anonymous())
    number_all()
    first = log.entries_about(DOSSIER, limit=3)
    second = log.entries_about(DOSSIER, before=first[-1].cursor, limit=3)
    third = log.entries_about(DOSSIER, before=second[-1].cursor, limit=3)
    assert [entry.id for entry in first + second + third] == written[::-1]
    assert [entry.index for entry in first + second + third] == [6, 5, 4, 3, 2, 1, 0]
    assert [entry.id for entry in log.entries_by(DOCTOR.id)] == written[::-1]


def test_equal_times_are_neither_lost_nor_repeated(db, owner):
    written = set(remember(5))
    number_all()
    # The cursor must also settle entries of the same microsecond, which only a fast writer makes.
    assert {
        entry.id for entry in log.entries_about(DOSSIER, before=log.cursor_of(datetime.now(UTC), uuid4()))
    } == written


@pytest.mark.parametrize("cursor", ["x", "1", "1.2", ".", "zz." + "0" * 32, "f" * 40 + "." + "0" * 32])
def test_a_cursor_that_no_page_gave(db, cursor):
    with pytest.raises(log.BadCursor):
        log.entries_about(DOSSIER, before=cursor)


def test_a_follower_sees_each_numbered_entry_once(db):
    remember(5)
    number_all()
    remember(2)
    first = log.entries_after(-1, limit=3)
    second = log.entries_after(first[-1].index, limit=3)
    assert [entry.index for entry in first + second] == [0, 1, 2, 3, 4]
    assert log.entries_after(4, limit=3) == []
    number_all()
    assert [entry.index for entry in log.entries_after(4, limit=3)] == [5, 6]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET category = 'imaging'",
        "UPDATE audit_entry SET body = set_byte(body, 4, 7)",
        "UPDATE audit_entry SET body = substr(body, 1, 120)",
    ],
)
def test_an_altered_line_is_not_shown(db, superuser, statement):
    remember()
    number_all()
    table = f"audit_entry_{datetime.now(UTC):%Y_%m}"
    change(superuser, table, statement.replace("audit_entry", table))
    with pytest.raises(log.Altered, match="Entry 0"):
        log.entries_about(DOSSIER)
    with pytest.raises(log.Altered, match="Entry 0"):
        log.entries_after(-1, limit=5)


def test_a_removed_line_stops_the_follower(db, superuser):
    remember(2)
    number_all()
    table = f"audit_entry_{datetime.now(UTC):%Y_%m}"
    change(superuser, table, f"DELETE FROM {table}")
    with pytest.raises(log.Altered, match="Entry 0 of the log is gone"):
        log.entries_after(-1, limit=5)


def test_reading_a_page_takes_one_query(db, django_assert_num_queries):
    remember(20)
    number_all()
    with django_assert_num_queries(1):
        assert len(log.entries_about(DOSSIER)) == 20


def test_a_savepoint_does_not_hide_the_entry_from_the_sequencer(db):
    with transaction.atomic():
        with transaction.atomic():
            log.append(Event.RECORD_READ, actor=DOCTOR, dossier=DOSSIER)
        with transaction.atomic():
            log.append(Event.RECORD_READ, actor=DOCTOR, dossier=DOSSIER)
            transaction.set_rollback(True)
    assert number_all() == 1


def test_identifiers_begin_with_the_time(db):
    [entry_id] = remember()
    assert (entry_id.version, entry_id.variant) == (7, "specified in RFC 4122")
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=entry_id.int >> 80)
    assert abs(datetime.now(UTC) - moment) < timedelta(seconds=30)


def test_the_table_is_named_with_its_schema(db):
    """A table of the same name earlier on the search path must not receive the entries."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL search_path = pg_catalog")
        log.append(Event.RECORD_READ, actor=DOCTOR)
    assert rows("SELECT count(*) FROM public.audit_entry") == [(1,)]
