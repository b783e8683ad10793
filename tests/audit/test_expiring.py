"""What is too old goes, month by month; the tree stays, and nobody can let anything else go under that cloak."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import translation

from audit import blocks, log
from audit.actor import Actor
from audit.events import Event, Outcome
from audit.expiring import Due, expire_due, expire_month, months_due
from audit.merkle import root_of
from audit.proving import NotProven, prove
from audit.resuming import load_place, save_place
from audit.retention import TECHNICAL, Expiry, Kind, expires_at, month_of, next_month
from audit.verifying import verify_log
from tests.audit.acts import DOSSIER, change, number_all, remember, rows

NOW = datetime.now(UTC)
LONG_AGO = NOW.replace(year=NOW.year - 11, day=10)
LAST_YEAR = NOW.replace(year=NOW.year - 2, day=10)
GONE = "SELECT count(*) FROM audit_leaf l WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.id = l.entry_id)"


def partition(at):
    return f"audit_entry_{at:%Y_%m}"


@pytest.fixture
def write_at(owner, monkeypatch):
    """Write entries as if it were another day: two of a record, one of a sign-in, in turns."""

    def write(at, count=2):
        owner.execute("SELECT audit_make_partition(%s::date)", [at.date()])

        class Then(datetime):
            @classmethod
            def now(cls, tz=None):
                return at + timedelta(seconds=next(seconds))

        seconds = iter(range(10_000))
        monkeypatch.setattr(log, "datetime", Then)
        for _ in range(count):
            remember(2)
            remember(
                event=Event.ACCOUNT_SIGNED_IN, outcome=Outcome.DONE, dossier=None, category="", ground="", purpose=""
            )
        monkeypatch.undo()
        number_all()

    return write


@pytest.fixture
def old_log(db, write_at):
    """Nine entries of eleven years ago, nine of two years ago, three of now."""
    write_at(LONG_AGO, 3)
    write_at(LAST_YEAR, 3)
    write_at(NOW - timedelta(hours=1), 1)
    assert verify_log().size == 21
    return db


def test_the_database_holds_the_same_list():
    migration = Path("audit/migrations/0005_expiring.py").read_text()
    listed = re.search(r"technical text\[\] := ARRAY\[(.*?)\]", migration, re.S)[1]
    assert set(re.findall(r"'([a-z_.]+)'", listed)) == TECHNICAL


def test_when_a_month_expires():
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert expires_at(date(2026, 11, 1), Kind.TECHNICAL) == datetime(2027, 12, 1, tzinfo=UTC)
    assert expires_at(date(2026, 12, 1), Kind.ALL) == datetime(2037, 1, 1, tzinfo=UTC)
    assert month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == date(2026, 11, 1)


@pytest.mark.asvs("v5.0.0-14.2.7")
def test_technical_lines_go_after_a_year_and_all_after_ten(old_log, superuser):
    before = [bytes(hashed) for (hashed,) in rows("SELECT hash FROM audit_leaf ORDER BY idx")]
    due = months_due()
    assert due == [Due(month_of(LONG_AGO), Kind.ALL), Due(month_of(LAST_YEAR), Kind.TECHNICAL)]
    assert expire_due() == 9 + 3
    assert rows(GONE) == [(12,)]
    assert months_due() == []
    number_all()
    report = verify_log()
    assert (report.ok, report.size) == (True, 23)
    # What remains is what should, with its guards, its indexes and its bounds.
    assert rows("SELECT count(*) FROM audit_entry WHERE event = 'account.signed_in'") == [(1,)]
    assert len(log.entries_about(DOSSIER)) == 6 + 2
    for at in (LONG_AGO, LAST_YEAR):
        with pytest.raises(psycopg.errors.RestrictViolation):
            superuser.execute(f"TRUNCATE {partition(at)}")
    indexes = superuser.execute(
        "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass AND indisvalid", [partition(LAST_YEAR)]
    ).fetchone()
    assert (
        indexes
        == superuser.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [partition(NOW)]).fetchone()
    )
    # The tree is what it was.
    assert [bytes(hashed) for (hashed,) in rows("SELECT hash FROM audit_leaf ORDER BY idx LIMIT 21")] == before
    [(root,)] = rows("SELECT root FROM audit_checkpoint WHERE size = 21")
    assert bytes(root) == root_of(before)


def test_what_expired_is_said_and_the_months_after_go_on(old_log, write_at):
    expire_due()
    number_all()
    said = [entry for entry in log.entries_after(-1, limit=100) if entry.event == "log.expired"]
    assert [(entry.facts["kind"], entry.facts["count"]) for entry in said] == [("all", "9"), ("technical", "3")]
    assert all(entry.actor == Actor.system("sequencer").id for entry in said)
    # Letters follow the numbers over the hole.
    assert [entry.index for entry in log.entries_after(-1, limit=100)][:2] == [9, 10]
    [(gone,)] = rows("SELECT entry_id FROM audit_leaf WHERE idx = 3")
    with pytest.raises(NotProven, match="kept"):
        prove(gone)
    [(kept,)] = rows("SELECT entry_id FROM audit_leaf WHERE idx = 9")
    assert prove(kept)


def test_a_month_expires_a_second_time_as_a_whole(old_log, monkeypatch):
    """First its sign-ins, nine years later the rest: the last line speaks of all that is gone."""
    expire_month(Due(month_of(LONG_AGO), Kind.TECHNICAL))
    number_all()
    assert verify_log().ok
    assert months_due()[0] == Due(month_of(LONG_AGO), Kind.ALL)
    assert expire_due() == 6 + 3
    number_all()
    report = verify_log()
    assert (report.ok, report.size) == (True, 24)


def test_nobody_can_hurry(old_log, db):
    for month, kind in ((month_of(LAST_YEAR), Kind.ALL), (month_of(NOW), Kind.TECHNICAL)):
        with pytest.raises(DatabaseError, match="are kept until"):
            expire_month(Due(month, kind))
    for url in (db.app_url, db.owner_url):
        with psycopg.connect(url, autocommit=True) as connection:
            error = psycopg.errors.InsufficientPrivilege if url == db.app_url else psycopg.errors.RestrictViolation
            with pytest.raises(error):
                connection.execute("SELECT audit_expire(%s, true)", [month_of(LAST_YEAR)])
    assert rows(GONE) == [(0,)]


def test_entries_without_a_number_stop_it(old_log, owner, monkeypatch, superuser):
    change(superuser, "audit_leaf", "DELETE FROM audit_leaf WHERE idx = 20")
    change(superuser, "audit_leaf", "UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE idx = 1")
    with pytest.raises(DatabaseError, match="no number yet"):
        expire_due()


def remove(superuser, index):
    superuser.execute("SET session_replication_role = replica")
    [(at, identifier)] = rows("SELECT entry_at, entry_id FROM audit_leaf WHERE idx = %s", index)
    change(superuser, partition(at), f"DELETE FROM {partition(at)} WHERE id = %s", identifier)


@pytest.mark.parametrize("size", [4096, 256])
def test_an_entry_removed_beside_those_that_expired(old_log, superuser, monkeypatch, size):
    monkeypatch.setattr(blocks, "BLOCK", size)
    expire_due()
    number_all()
    remove(superuser, 12)
    report = verify_log()
    assert report.first_bad == 11  # The first of the month that is gone: which of them was removed, nobody can say.
    assert "or a later one of its month" in report.sentence


def test_an_entry_removed_in_place_of_one_that_was_put_back(old_log, superuser):
    kept = superuser.execute("SELECT * FROM audit_entry WHERE id = (SELECT entry_id FROM audit_leaf WHERE idx = 11)")
    row = kept.fetchone()
    expire_due()
    number_all()
    marks = ", ".join(["%s"] * len(row))
    superuser.execute(f"INSERT INTO {partition(LAST_YEAR)} VALUES ({marks})", row)
    assert verify_log().first_bad == 14  # Two of three are gone.
    remove(superuser, 9)
    assert verify_log().first_bad == 9


def test_a_line_that_the_application_invents_excuses_nothing_early(old_log, superuser):
    """The application can write any line; the years are counted from the month, whatever it says."""
    remove(superuser, 19)
    [(digest,)] = rows("SELECT sha256(decode(repeat('00', 32), 'hex') || hash) FROM audit_leaf WHERE idx = 19")
    facts = {"period_from": month_of(NOW).isoformat(), "kind": "technical", "count": 1}
    remember(event=Event.LOG_EXPIRED, outcome=Outcome.DONE, digest=bytes(digest), facts=facts)
    number_all()
    assert verify_log().first_bad == 19


def test_lines_that_say_nothing_that_can_be_read():
    values = {"id": DOSSIER, "at": NOW, "event": "log.expired", "actor": DOSSIER, "role": "system", "outcome": "done"}
    facts = {"period_from": "2001-01-01", "kind": "all", "count": "1"}
    good = log.Entry(**values, request=DOSSIER, digest=bytes(32), facts=facts)
    assert Expiry.of(good) == Expiry(date(2001, 1, 1), 1, bytes(32))
    for wrong in ({"period_from": "2001-13-01"}, {"kind": "some"}, {"count": "many"}):
        assert Expiry.of(replace(good, facts=facts | wrong)) is None
    assert Expiry.of(replace(good, facts={})) is None
    assert Expiry.of(replace(good, digest=b"")) is None
    assert Expiry.of(replace(good, facts=facts | {"period_from": f"{NOW.year - 5}-01-01"})) is None


def test_a_verification_that_is_resumed(old_log, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 4)
    expire_due()
    number_all()
    places = []
    assert verify_log(keep=places.append).ok
    for place in places:
        save_place(tmp_path / "place", place)
        assert load_place(tmp_path / "place") == place
        assert verify_log(start=place).ok
    # What expires between two verifications lies before the place, and is not met.
    assert sum(gone.count for gone in places[-1].gone.values()) == 12


def test_the_command_says_what_goes(old_log):
    out = io.StringIO()
    with translation.override("en"):
        call_command("expire_log", "--dry-run", stdout=out)
        assert rows(GONE) == [(0,)]
        call_command("expire_log", stdout=out)
        call_command("expire_log", stdout=out)
    text = out.getvalue()
    assert f"{LONG_AGO:%Y-%m} all: due." in text
    assert f"{LONG_AGO:%Y-%m} all: 9 lines let go of." in text
    assert text.endswith("Nothing else is due.\n")
    assert rows(GONE) == [(12,)]
