"""The entrance: pages for everybody, asking to be called back, the adviser who sees that queue and nothing else."""

import pytest
from django.test import Client
from django.urls import get_resolver

from audit import log
from portal.accounts.models import Attempts
from portal.entrance.models import CallBack, Report
from tests.portal.accounts.conftest import NOBODY
from tests.portal.accounts.test_closed import OPEN, address_of, patterns
from tests.portal.ward import acts, an_account, browser_of

WISH = {"phone": "06 12 34 56 78", "days": ["mon", "thu"], "part": "morning", "text": "Canary: I cannot sign in."}


@pytest.fixture
def visitor(db):
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def adviser(db):
    return an_account("adviser")


@pytest.mark.parametrize("page", ["never", "privacy", "accessibility", "hosting", "callback", "never/report"])
def test_the_pages_are_open_and_linked_from_everywhere(visitor, page):
    answer = visitor.get(f"/{page}/")
    assert answer.status_code == 200
    assert 'href="/privacy/"' in visitor.get("/signin/").content.decode()


def test_a_wish_waits_sealed_until_the_person_was_called(visitor, adviser, superuser):
    assert visitor.post("/callback/", WISH)["Location"] == "/callback/"
    (row,) = superuser.execute("SELECT row_to_json(c)::text FROM entrance_callback c").fetchone()
    assert b"Canary".hex() not in row
    assert "612345678" not in row
    browser = browser_of(adviser)
    page = browser.get("/advice/").content.decode()
    assert "+33612345678" in page
    assert "Canary: I cannot sign in." in page
    assert "Monday, Thursday" in page
    call = CallBack.objects.get()
    assert browser.post(f"/advice/{call.pk}/done/")["Location"] == "/advice/"
    call.refresh_from_db()
    assert (bytes(call.sealed), call.done_at is None) == (b"", False)
    assert "Nobody waits" in browser.get("/advice/").content.decode()
    assert browser.post(f"/advice/{call.pk}/done/").status_code == 404
    assert [event for event, _outcome in acts(adviser)] == [
        "callbacks.read", "callback.done", "callbacks.read"
    ]  # fmt: skip
    assert next(iter(log.entries_by(NOBODY))).event == "callback.asked"


@pytest.mark.parametrize(
    "wrong", [{"phone": "not a number"}, {"days": []}, {"days": ["sun"]}, {"part": "night"}, {"text": "x" * 501}]
)
def test_a_wish_outside_the_hours_or_without_a_number_is_refused_in_words(visitor, wrong):
    answer = visitor.post("/callback/", WISH | wrong)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not CallBack.objects.exists()


@pytest.mark.asvs("v5.0.0-2.4.1")
def test_the_form_is_slowed_down_by_network(visitor):
    for _number in range(5):
        assert visitor.post("/callback/", WISH, REMOTE_ADDR="192.0.2.1").status_code == 302
    held = visitor.post("/callback/", WISH, REMOTE_ADDR="192.0.2.200")
    assert held.status_code == 429
    assert 0 < int(held["Retry-After"]) <= 3600
    assert visitor.post("/callback/", WISH, REMOTE_ADDR="198.51.100.1").status_code == 302
    assert CallBack.objects.count() == 6
    Attempts.objects.update(last_failed_at="2026-01-01T00:00:00Z")
    assert visitor.post("/callback/", WISH, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_wishes_nobody_answered_are_erased_unread(visitor, adviser):
    visitor.post("/callback/", WISH)
    CallBack.objects.update(asked_at="2026-01-01T00:00:00Z")
    assert "Nobody waits" in browser_of(adviser).get("/advice/").content.decode()
    assert bytes(CallBack.objects.get().sealed) == b""


def test_a_suspicious_message_is_kept_sealed(visitor, superuser):
    answer = visitor.post("/never/report/", {"way": "sms", "text": "Canary: pay now at http://evil.example"})
    assert answer["Location"] == "/never/"
    (row,) = superuser.execute("SELECT row_to_json(r)::text FROM entrance_report r").fetchone()
    assert "Canary" not in row
    assert b"Canary".hex() not in row
    assert Report.objects.get().way == "sms"


@pytest.mark.parametrize("role", ["patient", "professional", "administrator"])
def test_only_advisers_see_the_queue(db, role):
    answer = browser_of(an_account(role)).get("/advice/")
    assert answer.status_code == 403


def test_an_adviser_sees_the_queue_only(adviser):
    browser = browser_of(adviser)
    assert browser.get("/")["Location"] == "/advice/"
    their_own = ("entrance:", "accounts:", "home", "notifications:")
    for name, pattern in patterns(get_resolver()):
        if name not in OPEN and not name.startswith(their_own):
            assert browser.get(address_of(name, pattern)).status_code in {302, 400, 403, 404, 405}, name
