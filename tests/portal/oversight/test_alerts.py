"""Each rule finds what it is for, says why in words, and keeps what an administrator made of it."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit import log
from audit.actor import Actor, Role, Strength
from audit.alerting import Kind, find_alerts
from audit.events import Event, Outcome
from portal.oversight.models import AlertReview
from tests.audit.acts import remember
from tests.portal.ward import acts, an_account, browser_of

NOW = timezone.now()


def somebody():
    return Actor(id=uuid4(), role=Role.PROFESSIONAL, strength=Strength.OTP, profession="nurse", professional=uuid4())


@pytest.fixture
def at(monkeypatch):
    """Append entries as of another time."""

    def write(moment, count=1, **values):
        class Then(datetime):
            @classmethod
            def now(cls, tz=None):
                return moment

        monkeypatch.setattr(log, "datetime", Then)
        remember(count, **values)
        monkeypatch.undo()

    return write


def kinds():
    return [(alert.kind, alert.actor) for alert in find_alerts(NOW - timedelta(days=7), timezone.now())]


def test_an_emergency_without_sequel(db, at):
    idle, busy = somebody(), somebody()
    for actor in (idle, busy):
        at(NOW - timedelta(hours=5), actor=actor, event=Event.EMERGENCY_OPENED)
    at(NOW - timedelta(hours=4), actor=busy, event=Event.CATEGORY_READ)
    assert kinds() == [(Kind.EMERGENCY_WITHOUT_SEQUEL, idle.id)]


def test_attempts_at_records_of_strangers_and_refusals_in_a_row(db, at):
    stranger, clumsy = somebody(), somebody()
    at(NOW - timedelta(days=1), actor=stranger, outcome=Outcome.REFUSED, ground="no_relationship")
    at(NOW.replace(minute=1) - timedelta(days=2), 4, actor=clumsy, outcome=Outcome.REFUSED, ground="on_consent")
    assert kinds() == [(Kind.NO_RELATIONSHIP, stranger.id)]
    at(NOW.replace(minute=2) - timedelta(days=2), actor=clumsy, outcome=Outcome.REFUSED, ground="on_consent")
    assert kinds() == [(Kind.NO_RELATIONSHIP, stranger.id), (Kind.REFUSED_IN_A_ROW, clumsy.id)]


def test_many_records_in_one_day(db, at):
    steady, sudden = somebody(), somebody()
    for day in range(8, 12):
        for _ in range(15):
            at(NOW - timedelta(days=day), actor=steady, dossier=uuid4(), event=Event.DOSSIER_OPENED)
    for _ in range(22):
        for actor in (steady, sudden):
            at(NOW - timedelta(days=1), actor=actor, dossier=uuid4(), event=Event.DOSSIER_OPENED)
    [alert] = [found for found in find_alerts(NOW - timedelta(days=7), NOW) if found.kind is Kind.BULK_READING]
    assert (alert.actor, alert.count, alert.usual) == (sudden.id, 22, 0)


def test_an_unusual_hour(db, at):
    owl = somebody()
    noon = NOW.replace(hour=12)
    for day in range(8, 28):
        at(noon - timedelta(days=day), 2, actor=owl)
    at(noon - timedelta(days=1), actor=owl)
    assert kinds() == []
    at(noon.replace(hour=3) - timedelta(days=1), 3, actor=owl)
    assert kinds() == [(Kind.UNUSUAL_HOUR, owl.id)]


def test_the_page_says_why_and_keeps_what_became_of_it(db, at):
    stranger = somebody()
    at(NOW - timedelta(hours=3), 2, actor=stranger, outcome=Outcome.REFUSED, ground="no_relationship")
    admin = an_account("administrator")
    browser = browser_of(admin)
    page = browser.get("/administration/alerts/").content.decode()
    assert "tried 2 times to open the record of somebody who is not in their care" in page
    [alert] = find_alerts(NOW - timedelta(days=7), timezone.now())
    assert browser.post(f"/administration/alerts/{alert.key}/", {"state": "explained"}).status_code == 302
    assert "Explained" in browser.get("/administration/alerts/").content.decode()
    assert AlertReview.objects.get().assignee == admin.pk
    assert ("alert.reviewed", "done") in acts(admin)
    assert browser.post(f"/administration/alerts/{alert.key}/", {"state": "x"}).status_code == 400
    assert browser.post("/administration/alerts/nothing/", {"state": "taken"}).status_code == 404
