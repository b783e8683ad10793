"""What surrounds every page: headers, languages, calm errors, the gallery."""

import re

import pytest
from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from audit.actor import Actor
from portal import refusals
from records.unlocking import CACHE
from tests.portal.ward import a_carer, a_patient, browser_of

ERRORS = [
    (refusals.bad_request, 400),
    (refusals.forbidden, 403),
    (refusals.not_found, 404),
    (refusals.csrf_failure, 403),
    (refusals.no_dossier, 404),
    (refusals.unreadable, 500),
    (lambda request: refusals.too_many(request, 30), 429),
]


@pytest.fixture
def request_(db):
    made = RequestFactory().get("/nowhere/")
    made.actor, made.session = Actor.anonymous(), {}
    made._messages = []
    return made


@pytest.mark.parametrize("address", ["/signin/", "/nothing-here/", "/components/", "/"])
def test_every_answer_carries_the_headers_and_is_kept_nowhere(db, address) -> None:
    page = Client().get(address)
    policy = page["Content-Security-Policy"]
    assert re.search(r"script-src 'nonce-[A-Z]{28}';", policy)
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page["Cache-Control"] == "no-store"
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Cross-Origin-Opener-Policy"] == page["Cross-Origin-Resource-Policy"] == "same-origin"
    assert page["Referrer-Policy"] == "same-origin"
    assert "camera=()" in page["Permissions-Policy"]


def test_static_files_may_be_kept_and_carry_the_headers_too(db) -> None:
    page = Client().get("/static/carnet.css")
    assert page.status_code == 200
    assert page.get("Cache-Control") != "no-store"
    assert page["X-Content-Type-Options"] == "nosniff"


def test_what_another_site_sends_is_refused_before_anything_else(db) -> None:
    page = Client().post("/signin/", {"login": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 403
    assert "vient d’un autre site" in page.content.decode()
    assert "comes from another site" in page.content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("make", "status"), ERRORS)
def test_an_error_says_what_happened_and_the_way_on(request_, make, status, language) -> None:
    with translation.override(language):
        page = make(request_)
    text = page.content.decode()
    assert page.status_code == status
    assert f'<html lang="{language}"' in text
    assert 'href="/"' in text
    assert re.search(r"<h1>\s*\S", text)


@pytest.mark.asvs("v5.0.0-16.5.4")
@pytest.mark.parametrize(("make", "status"), [(refusals.server_error, 500), (refusals.unavailable, 503)])
def test_the_last_pages_need_neither_session_nor_database_and_speak_both_languages(make, status) -> None:
    page = make(RequestFactory().get("/"))
    text = page.content.decode()
    assert page.status_code == status
    assert 'lang="fr"' in text
    assert 'lang="en"' in text


@pytest.mark.asvs("v5.0.0-16.5.2")
def test_without_the_keyring_every_page_is_calm_and_says_nothing_of_it(db, settings, tmp_path) -> None:
    patient = a_patient()
    browser = browser_of(patient.account)
    settings.KEYRING_FILE = tmp_path / "gone.json"
    CACHE.clear()
    pages = [browser.get("/home/"), Client().post("/signin/", {"login": "a@example.org", "password": "x"})]
    for page in pages:
        assert page.status_code == 503
        assert page["Retry-After"] == "60"
        assert page["Cache-Control"] == "no-store"
        assert "Carnet is taking a short pause" in page.content.decode()
        assert "gone.json" not in page.content.decode()


def test_what_was_said_after_an_act_lies_in_no_session(request_) -> None:
    storage = default_storage(request_)
    for _each in range(40):
        storage.add(messages.INFO, "Dr Abgrall, Mental health: this is already your choice. Nothing was changed.")
    storage.update(HttpResponse())
    assert request_.session == {}


def test_the_language_is_the_persons_not_the_browsers(db) -> None:
    patient = a_patient()
    patient.account.language = "fr"
    patient.account.save(update_fields=["language"])
    page = browser_of(patient.account).get("/home/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="fr"' in page
    assert "Bonjour Maëlys." in page
    assert "Qui voit quoi" in page


def test_each_audience_is_led_to_its_own_home_and_has_its_own_rail(db) -> None:
    for account, home in ((a_patient().account, "/home/"), (a_carer().account, "/pro/")):
        browser = browser_of(account)
        assert browser.get("/")["Location"] == home
        page = browser.get(home).content.decode()
        assert page.count('aria-current="page"') == 1
        assert page.count("<h1") == 1
        assert 'class="skip"' in page
    assert Client().get("/")["Location"].startswith("/signin/")


def test_the_gallery_shows_every_component_and_a_form_with_errors(db) -> None:
    assert Client().get("/components/").status_code == 200
    assert (
        "things to correct" in Client().get("/components/?errors=1", headers={"Accept-Language": "en"}).content.decode()
    )
