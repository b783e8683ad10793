"""What an administrator finds in the log."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit import log
from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import BadCursor
from audit.pseudonyms import BadPseudonym, shown, uuid_range
from audit.reviewing import accesses_per_hour, latest_checkpoint, recent_checkpoints
from audit.searching import LogFilter, search_log
from tests.audit.acts import DOCTOR, DOSSIER, change, number_all, remember, rows


@pytest.fixture
def busy_log(db):
    remember(3)
    remember(2, outcome=Outcome.REFUSED, event=Event.CATEGORY_READ)
    remember(2, dossier=uuid4(), actor=Actor.system("rotation"), event=Event.KEY_CREATED)
    number_all()
    remember(1, dossier=None, actor=Actor.anonymous(), event=Event.ACCOUNT_SIGN_IN_REFUSED, outcome=Outcome.REFUSED)
    return db


def found(**wanted):
    return len(search_log(LogFilter(**wanted)).lines)


def test_each_filter_and_all_together(busy_log):
    now = datetime.now(UTC)
    assert found() == 8
    assert found(event="key.created") == 2
    assert found(outcome="refused") == 3
    assert found(dossier=str(DOSSIER)) == found(dossier=shown("P", DOSSIER)) == 5
    assert found(dossier=shown("P", DOSSIER).lower()) == found(dossier=shown("P", DOSSIER)[2:]) == 5
    assert found(actor=shown("A", DOCTOR.id)) == found(actor=DOCTOR.id.hex) == 5
    assert found(dossier=str(uuid4())) == 0
    assert found(since=now + timedelta(hours=1)) == found(until=now - timedelta(hours=1)) == 0
    assert found(since=now - timedelta(hours=1), until=now + timedelta(hours=1)) == 8
    assert found(
        since=now - timedelta(hours=1), dossier=str(DOSSIER), actor=str(DOCTOR.id),
        event="category.read", outcome="refused",
    ) == 2  # fmt: skip


def test_pages_follow_each_other(busy_log):
    seen, before = [], None
    for _ in range(3):
        page = search_log(LogFilter(), before=before, limit=3)
        seen += page.lines
        before = page.next
    assert before is None
    assert len(seen) == 8
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)
    assert [line.index for line in seen] == [None, 6, 5, 4, 3, 2, 1, 0]
    assert seen[0].meaning == "sign-in refused"
    with pytest.raises(BadCursor):
        search_log(LogFilter(), before="1.2")


def test_who_is_nobody(busy_log):
    for name in ("P-7Q3K", "P-7Q3K-M2XU", "Dupont", "P-7Q3K-M2XTT", str(DOSSIER)[:-1], "x" * 32, "%"):
        with pytest.raises(BadPseudonym):
            search_log(LogFilter(dossier=name))


def test_an_altered_line_is_shown_as_such(busy_log, superuser):
    table = f"audit_entry_{datetime.now(UTC):%Y_%m}"
    statement = f"UPDATE {table} SET category = 'imaging' WHERE id = (SELECT entry_id FROM audit_leaf WHERE idx = 1)"
    change(superuser, table, statement)
    lines = {line.index: line for line in search_log(LogFilter()).lines}
    assert [line.intact for line in lines.values()].count(False) == 1
    assert not lines[1].intact
    assert lines[2].entry is not None


def test_accesses_by_hour(db, monkeypatch):
    zone = timezone.get_current_timezone()

    def at(hour, minute, count, **values):
        class Then(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime(2026, 12, 24, hour, minute, tzinfo=zone).astimezone(tz)

        monkeypatch.setattr(log, "datetime", Then)
        remember(count, **values)
        monkeypatch.undo()

    at(0, 0, 1)
    at(8, 59, 2)
    at(9, 0, 3)
    at(9, 30, 2, outcome=Outcome.REFUSED)
    at(9, 40, 4, event=Event.CHOICE_MADE)
    at(23, 59, 1)
    counts = accesses_per_hour(date(2026, 12, 24))
    assert [count.hour.hour for count in counts] == list(range(24))
    assert {c.hour.hour: (c.count, c.refused) for c in counts if c.count or c.refused} == {
        0: (1, 0), 8: (2, 0), 9: (3, 2), 23: (1, 0),
    }  # fmt: skip
    assert sum(count.count for count in accesses_per_hour(date(2026, 12, 23))) == 0


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_clocks_change(db, day, hours):
    counts = accesses_per_hour(day)
    assert len(counts) == hours
    assert counts[0].hour.hour == 0
    assert counts[-1].hour.hour == 23


def test_checkpoints(db, settings):
    assert latest_checkpoint() is None
    for _ in range(3):
        remember(2)
        number_all()
    assert [view.size for view in recent_checkpoints(limit=2)] == [6, 4]
    last = latest_checkpoint()
    [(root, at)] = rows("SELECT root, at FROM audit_checkpoint WHERE size = 6")
    assert (last.size, last.root, last.at, last.origin) == (6, bytes(root), at, settings.AUDIT_ORIGIN)


def test_pseudonyms_as_they_are_shown():
    assert shown("P", UUID("39df3a0b-a500-4000-8000-000000000000")) == "P-77FK-M2X5"
    assert shown("A", UUID(int=0)) == "A-0000-0000"
    assert shown("O", UUID(int=(1 << 128) - 1)) == "O-ZZZZ-ZZZZ"
    for identifier in (DOSSIER, uuid4()):
        low, high = uuid_range(shown("P", identifier))
        assert low <= identifier <= high
        assert high.int - low.int == (1 << 88) - 1
        assert uuid_range(str(identifier)) == (identifier, identifier)
    assert uuid_range("P-oil0-0000") == uuid_range("P-0110-0000")
