"""The language belongs to the person; before they sign in, to their browser."""

import pytest

from portal.accounts.models import Account
from tests.portal.accounts.conftest import sign_in


def language_of(page) -> str:
    return page.content.decode().split('<html lang="')[1][:2]


def test_before_signing_in_the_browser_keeps_it(db, browser):
    assert (
        browser.post("/language/", {"language": "en", "next": "/signin/?next=/security/"})["Location"]
        == "/signin/?next=/security/"
    )
    assert language_of(browser.get("/signin/")) == "en"
    cookie = browser.cookies["language"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    browser.post("/language/", {"language": "fr"})
    assert language_of(browser.get("/signin/")) == "fr"


def test_the_person_keeps_it_on_every_device(people, browser):
    person = people()
    sign_in(browser, person)
    assert language_of(browser.get("/security/")) == "en"
    browser.post("/language/", {"language": "fr", "next": "/security/"})
    assert language_of(browser.get("/security/")) == "fr"
    assert Account.objects.get().language == "fr"


def test_the_person_comes_before_the_browser(people, browser):
    person = people()
    browser.post("/language/", {"language": "fr"})
    sign_in(browser, person)
    page = browser.get("/security/", headers={"Accept-Language": "fr"})
    assert language_of(page) == "en"
    assert page["Content-Language"] == "en"


@pytest.mark.parametrize("wanted", ["de", "", "../../etc"])
def test_unknown_languages_change_nothing(people, browser, wanted):
    sign_in(browser, people())
    for elsewhere in ("//evil.example", "nowhere"):
        assert browser.post("/language/", {"language": wanted, "next": elsewhere})["Location"] == "/"
    assert Account.objects.get().language == "en"
    assert browser.get("/language/").status_code == 405
