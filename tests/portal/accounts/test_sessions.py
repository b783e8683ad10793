"""Sessions: listed, ended, limited by idleness and age, and worth nothing to whoever steals their table."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import SealedTOTPDevice
from portal.accounts.sessions import IDLE_KEY, UNTIL_KEY, Session, stored_key
from tests.portal.accounts.conftest import events, give_password, sign_in

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604"}


@pytest.fixture
def two(people):
    """One person, signed in on a computer and on a telephone."""
    person = people()
    computer, phone = Client(headers=FIREFOX), Client(headers=PHONE)
    sign_in(computer, person)
    give_password(phone, person)
    phone.post("/signin/code/", {"code": person.code(1)})
    return person, computer, phone


@pytest.mark.asvs("v5.0.0-7.5.2")
def test_each_session_is_listed_with_its_device(two):
    _person, computer, _phone = two
    page = computer.get("/security/sessions/").content.decode()
    assert page.index("Firefox on Linux") < page.index("Safari on iPhone")
    assert page.count("This one") == 1
    for row in Session.objects.all():
        assert row.session_key not in page
        assert computer.session.session_key not in page


@pytest.mark.asvs("v5.0.0-7.5.2")
def test_one_is_ended_from_the_other(two):
    person, computer, phone = two
    page = computer.get("/security/sessions/").content.decode()
    handle = page.split('name="session" value="')[1].split('"')[0]
    assert computer.post("/security/sessions/end/", {"session": handle})["Location"] == "/security/sessions/"
    assert phone.get("/security/").status_code == 302
    assert computer.get("/security/").status_code == 200
    assert events(person.account.id)[-1] == "account.sessions_ended"
    assert computer.post("/security/sessions/end/", {"session": handle}).status_code == 404


def test_nobody_ends_the_session_of_somebody_else(two, people, browser):
    _person, computer, _phone = two
    page = computer.get("/security/sessions/").content.decode()
    handle = page.split('name="session" value="')[1].split('"')[0]
    sign_in(browser, people(login="other@example.org"))
    assert browser.post("/security/sessions/end/", {"session": handle}).status_code == 404
    assert Session.objects.filter(account__isnull=False).count() == 3


def test_all_others_are_ended(two):
    _person, computer, phone = two
    computer.post("/security/sessions/end-others/")
    assert phone.get("/security/").status_code == 302
    assert computer.get("/security/").status_code == 200


@pytest.mark.asvs("v5.0.0-7.3.1")
@pytest.mark.parametrize(("role", "minutes"), [("patient", 30), ("professional", 15), ("administrator", 15)])
def test_idleness_ends_a_session_by_audience(people, browser, role, minutes):
    sign_in(browser, people(role))
    row = Session.objects.get()
    left = row.expire_date - timezone.now()
    assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert browser.get("/security/")["Location"].startswith("/signin/")


def test_use_moves_the_end_on_and_not_at_every_request(people, browser):
    sign_in(browser, people())
    Session.objects.update(
        expire_date=timezone.now() + timedelta(minutes=2), seen_at=timezone.now() - timedelta(hours=1)
    )
    browser.get("/security/")
    row = Session.objects.get()
    assert row.expire_date > timezone.now() + timedelta(minutes=29)
    assert row.seen_at > timezone.now() - timedelta(minutes=1)
    browser.get("/security/")
    assert Session.objects.get().seen_at == row.seen_at


@pytest.mark.asvs("v5.0.0-7.3.2")
def test_after_twelve_hours_use_moves_nothing(people, browser):
    sign_in(browser, people())
    session = browser.session
    session[UNTIL_KEY] = int(time.time()) + 90
    session.save()
    browser.get("/security/")
    assert Session.objects.get().expire_date <= timezone.now() + timedelta(seconds=91)
    session[UNTIL_KEY] = int(time.time()) - 1
    session.save()
    assert browser.get("/security/")["Location"].startswith("/signin/")


@pytest.mark.asvs("v5.0.0-7.2.1", "v5.0.0-7.2.3")
def test_a_stolen_table_opens_no_session(people, browser, superuser):
    sign_in(browser, people())
    key = browser.session.session_key
    (row,) = superuser.execute("SELECT row_to_json(s)::text FROM accounts_session s").fetchone()
    assert key not in row
    thief = Client()
    thief.cookies["session"] = stored_key(key)
    assert thief.get("/security/").status_code == 302


def test_limits_begin_with_the_password(people, browser):
    give_password(browser, people())
    assert IDLE_KEY in browser.session


@pytest.mark.asvs("v5.0.0-7.4.3")
def test_a_changed_authenticator_ends_the_other_sessions(two):
    person, computer, phone = two
    SealedTOTPDevice.objects.update(last_step=-1)
    computer.post("/security/totp/replace/", {"prove": "act", "proof_code": person.code()})
    page = computer.get("/security/totp/").content.decode()
    person.secret = page.split('id="totp-key">')[1].split("<")[0].replace(" ", "")
    assert "recovery codes" in computer.post("/security/totp/", {"code": person.code()}).content.decode()
    assert phone.get("/security/").status_code == 302
    assert Session.objects.filter(account=person.account).count() == 1
    assert computer.get("/security/").status_code == 200
