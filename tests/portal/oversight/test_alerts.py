"""Each rule finds what it is for, says why in words, and keeps what an administrator made of it."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from audit import log
from audit.actor import Actor, Role, Strength
from audit.alerting import Kind, find_alerts
from audit.events import Event, Outcome
from audit.pseudonyms import shown
from consent.models import Membership
from portal import celery
from portal.demo.numbers import ins_number
from portal.notifications.models import LogCursor
from portal.oversight import following, schedule, tasks
from portal.oversight.following import alerts_between, follow_alerts
from portal.oversight.models import AlertReview, CountedDay, FoundAlert
from records.likeness import declare_staff
from tests.audit.acts import number_all, remember
from tests.portal.ward import SEED, a_carer, a_patient, acts, an_account, browser_of, in_care

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


def follow():
    """Number what was written, as the sequencer does, and count it, as the beat does."""
    number_all()
    return follow_alerts()


def kept():
    return sorted(FoundAlert.objects.values_list("kind", "actor", "count"))


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


@pytest.mark.asvs("v5.0.0-8.2.4")
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
    follow()
    admin = an_account("administrator")
    browser = browser_of(admin)
    page = browser.get("/administration/alerts/").content.decode()
    assert "tried 2 times to open the record of somebody who is not in their care" in page
    [alert] = find_alerts(NOW - timedelta(days=7), timezone.now())
    address = f"/administration/alerts/{alert.key}/"
    assert browser.post(address, {"verdict": "taken"}).status_code == 302
    page = browser.get("/administration/alerts/").content.decode()
    assert "Being looked at" in page
    assert shown("A", admin.pk) in page
    assert browser.post(address, {"verdict": "care"}).status_code == 302
    page = browser.get("/administration/alerts/").content.decode()
    assert "Nothing stands out" in page
    assert "Explained: care was given" in page.split('id="concluded"')[1]
    kept = AlertReview.objects.get()
    assert (kept.assignee, kept.state, kept.conclusion) == (admin.pk, "explained", "care")
    assert ("alert.reviewed", "done") in acts(admin)
    assert browser.post(address, {"verdict": "x"}).status_code == 400
    assert browser.post("/administration/alerts/nothing/", {"verdict": "taken"}).status_code == 404


def test_what_somebody_took_stays_in_the_queue_until_it_is_concluded(db, at):
    stranger = somebody()
    at(NOW - timedelta(days=20), 2, actor=stranger, outcome=Outcome.REFUSED, ground="no_relationship")
    follow()
    browser = browser_of(an_account("administrator"))
    assert "Nothing stands out" in browser.get("/administration/alerts/").content.decode()
    page = browser.get("/administration/alerts/?days=30").content.decode()
    key = page.split("/administration/alerts/")[-1].split("/")[0] if "tried 2 times" in page else ""
    [alert] = find_alerts(NOW - timedelta(days=30), timezone.now())
    browser.post(f"/administration/alerts/{alert.key}/", {"verdict": "taken"})
    assert key
    assert "tried 2 times" in browser.get("/administration/alerts/").content.decode()


def test_close_people_are_told_apart_without_a_name(db):
    doctor, colleague = a_carer(family="Quintrec", given="Yann"), a_carer(family="Scouarnec")
    since = timezone.now() - timedelta(days=30)
    Membership.objects.create(professional=colleague.person, organisation=doctor.organisation, during=(since, None))
    ins = ins_number("female", date(1985, 5, 12), "35238", 142)
    namesake, own = a_patient(), a_patient("Abgrall", "Yann", ins=ins)
    declare_staff(actor=SEED, account_id=doctor.account.pk, ins=ins)
    for patient, reader in ((namesake, doctor), (own, doctor), (own, colleague), (namesake, colleague)):
        in_care(patient, reader)
        assert browser_of(reader.account).get(f"/pro/patients/{patient.ref.id}/").status_code == 200
    until = timezone.now()
    found = {(alert.kind, alert.actor, alert.dossier) for alert in alerts_between(until - timedelta(days=1), until)}
    assert found == {
        (Kind.SAME_SURNAME, doctor.account.pk, namesake.ref.pseudonym),
        (Kind.ONESELF, doctor.account.pk, own.ref.pseudonym),
        (Kind.COLLEAGUE, colleague.account.pk, own.ref.pseudonym),
    }
    follow()
    page = browser_of(an_account("administrator")).get("/administration/alerts/").content.decode()
    for words in ("bears the same surname", "into their own record", "works in the same organisation"):
        assert words in page
    assert not [name for name in ("Quintrec", "Abgrall", "Scouarnec", "Yann") if name in page]


def test_nobody_reviews_what_is_about_them(db, at):
    admin = an_account("administrator")
    me = Actor(id=admin.pk, role=Role.PROFESSIONAL, strength=Strength.OTP, profession="nurse", professional=uuid4())
    at(NOW - timedelta(hours=3), 2, actor=me, outcome=Outcome.REFUSED, ground="no_relationship")
    follow()
    [alert] = find_alerts(NOW - timedelta(days=7), timezone.now())
    assert browser_of(admin).post(f"/administration/alerts/{alert.key}/", {"verdict": "taken"}).status_code == 403


def test_a_run_that_is_killed_is_done_again_and_nothing_is_lost_or_kept_twice(db, at, monkeypatch):
    stranger, other = somebody(), somebody()
    for day, actor in ((3, stranger), (2, other)):
        at(NOW - timedelta(days=day), 2, actor=actor, outcome=Outcome.REFUSED, ground="no_relationship")
    number_all()
    killed = []

    def dies_later(day):
        if len(killed) == 2:
            raise SystemExit
        killed.append(day)
        return [0] * 24

    with monkeypatch.context() as patch:
        patch.setattr(following, "looks_of_day", dies_later)
        with pytest.raises(SystemExit):
            follow_alerts()
    assert len(killed) == 2
    assert (kept(), CountedDay.objects.count()) == ([], 0)
    assert follow_alerts() == 4
    once = kept()
    assert once == sorted([("no_relationship", stranger.id, 2), ("no_relationship", other.id, 2)])
    assert follow_alerts() == 0
    LogCursor.objects.update(last_index=-1)
    assert follow_alerts() == 4
    assert kept() == once


def test_what_comes_in_small_batches_late_or_grows_is_found(db, at):
    stranger, late = somebody(), somebody()
    browser = browser_of(an_account("administrator"))
    page = browser.get("/administration/alerts/").content.decode()
    assert "Not counted yet" in page
    assert "Nothing stands out" not in page
    moment = NOW - timedelta(days=2)
    at(moment, 3, actor=stranger, outcome=Outcome.REFUSED, ground="no_relationship")
    number_all()
    while follow_alerts(limit=1):
        pass
    assert "tried 3 times" in browser.get("/administration/alerts/").content.decode()
    at(moment, 1, actor=stranger, outcome=Outcome.REFUSED, ground="no_relationship")
    at(moment - timedelta(days=2), 2, actor=late, outcome=Outcome.REFUSED, ground="no_relationship")
    follow()
    page = browser.get("/administration/alerts/").content.decode()
    assert "tried 4 times" in page
    assert "tried 2 times" in page
    assert "tried 3 times" not in page
    assert "Not counted yet" not in page


def test_an_emergency_is_found_when_its_time_is_over_though_nothing_was_added(db, at, monkeypatch):
    idle = somebody()
    at(NOW - timedelta(hours=5), actor=idle, event=Event.EMERGENCY_OPENED)
    number_all()
    before = NOW - timedelta(hours=4)
    with monkeypatch.context() as patch:
        patch.setattr(following.timezone, "now", lambda: before)
        patch.setattr(following, "alerts_between", lambda _since, _until: [])
        assert follow_alerts() == 1
    assert kept() == []
    assert follow_alerts() == 0
    assert kept() == [("emergency_without_sequel", idle.id, 1)]


def test_two_followers_at_once_are_one(db, at):
    at(NOW - timedelta(days=1), 2, actor=somebody(), outcome=Outcome.REFUSED, ground="no_relationship")
    number_all()
    LogCursor.objects.create(name="alerts")
    with psycopg.connect(db.app_url) as other:
        other.execute("SELECT FROM notifications_log_cursor WHERE name = 'alerts' FOR UPDATE")
        assert follow_alerts() == 0
    assert follow_alerts() == 2


def test_an_alert_that_was_found_is_neither_changed_nor_removed(db, at):
    at(NOW - timedelta(days=1), 2, actor=somebody(), outcome=Outcome.REFUSED, ground="no_relationship")
    follow()
    for statement in ("UPDATE oversight_foundalert SET count = 0", "DELETE FROM oversight_foundalert"):
        with psycopg.connect(db.app_url) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.execute(statement)


def test_beat_sends_the_follower_to_a_queue_that_exists(db, at):
    celery.app.loader.import_default_modules()
    queues = {queue.name for queue in celery.app.conf.task_queues}
    [(name, entry)] = schedule.BEAT.items()
    assert celery.app.conf.beat_schedule[name] == entry
    assert entry["task"] == tasks.follow_the_alerts.name in celery.app.tasks
    assert entry["options"]["queue"] in queues
    at(NOW - timedelta(days=1), 2, actor=somebody(), outcome=Outcome.REFUSED, ground="no_relationship")
    number_all()
    assert (tasks.follow_the_alerts(), tasks.follow_the_alerts()) == (2, 0)
