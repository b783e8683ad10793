"""Passkeys in a real browser, from the first to the last; and a newcomer's first minutes."""

from __future__ import annotations

import re
import time
from base64 import b32decode

import pytest
from django_otp.oath import hotp
from playwright.sync_api import expect

from tests.browser.entering import sign_in
from tests.browser.keyboard import Effort
from tests.browser.looking import AXE, visiting
from tests.browser.passkeys import Device, add_passkey

SOMEBODY = "yasmine.haddad@carnet.example"
PASSWORD = "sept lanternes au bord du canal"
_SHORT = "async () => (await axe.run(document)).violations.map((rule) => rule.id)"


@pytest.fixture
def visit(browser, house):
    with visiting(browser, house, language="fr") as visit:
        yield visit


def test_a_passkey_from_first_to_last(visit, house):
    """Registration, passwordless, nobody verified, another device, removed: each said in words on the page."""
    page = visit.page
    device = Device(page)
    sign_in(page, house, SOMEBODY)
    add_passkey(page, "Mon téléphone")
    expect(page.locator("main")).to_contain_text("Mon téléphone")
    (made,) = device.credentials()
    assert made["isResidentCredential"]
    assert made["rpId"] == "localhost"
    page.locator("aside form[action='/signout/'] button").click()

    page.locator("form[data-passkey=get] button").click()
    page.wait_for_url("**/home/")
    assert device.credentials()[0]["signCount"] > made["signCount"]
    page.locator("aside form[action='/signout/'] button").click()

    device.verify(person=False)
    page.locator("form[data-passkey=get] button").click()
    expect(page.locator("[data-told]")).to_contain_text("n’a pas été utilisé", timeout=20_000)
    assert page.url.endswith("/signin/")
    device.verify(person=True)

    page.reload()
    page.locator("form[data-passkey=get] button").click()
    page.wait_for_url("**/home/")
    page.goto("/security/")
    page.locator("main a[href$='/remove/']").click()
    page.locator("form[data-passkey=get] button").click()
    page.locator("main form[action$='/remove/'] button.danger").click()
    # The session stood on it: it falls back to the password.
    page.wait_for_url("**/signin/code/")
    page.locator("main form[action='/signout/'] button").click()
    page.locator("form[data-passkey=get] button").click()
    expect(page.locator("h1")).to_have_text("Cette clé d’accès n’a pas été acceptée")
    assert [said for said in visit.complaints if "422" not in said] == []


@pytest.mark.parametrize(("language", "given"), [("fr", "Enora"), ("en", "Nolwenn")])
def test_a_newcomer_from_paper_to_record(browser, house, language, given):
    """The doctor's paper, both codes, a password, an authenticator, the record: by keyboard, under two minutes."""
    paper, mail = _invite(browser, house, given)
    with visiting(browser, house, language=language) as visit:
        page, effort = visit.page, Effort(visit.page)
        page.goto("/signin/")
        effort.reach("main a[href='/welcome/']")
        effort.go_on("**/welcome/")
        _look(page)
        effort.give("[name=code]", paper)
        effort.go_on("**/welcome/second/")
        _look(page)
        effort.telephones += 1
        effort.give("[name=code]", _sent(page, mail))
        effort.give("[name=password]", PASSWORD)
        effort.go_on("**/security/totp/")
        _look(page)
        # The telephone is shown the square, which holds this key.
        effort.telephones += 1
        key = b32decode(page.locator("#totp-key").text_content().strip().replace(" ", ""))
        effort.give("[name=code]", f"{hotp(key, int(time.time()) // 30):06d}")
        page.keyboard.press("Enter")
        effort.keys, effort.pages = effort.keys + 1, effort.pages + 1
        expect(page.locator("main a.button.primary")).to_be_visible()
        effort.reach("main a.button.primary")
        effort.go_on("**/home/")
        effort.reach("nav a[href='/record/']")
        effort.go_on("**/record/")
        expect(page.locator("h1")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == language
        _look(page)
        assert effort.seconds <= 120, effort
        assert visit.complaints == []


def _invite(browser, house, given) -> tuple[str, str]:
    """The code on paper, and where the other one goes."""
    mail = f"{given.lower()}.kerdoncuff@carnet.example"
    with visiting(browser, house, language="fr") as visit:
        page = visit.page
        sign_in(page, house, "aissatou.diop@carnet.example")
        page.goto("/pro/invite/")
        for name, typed in {
            "family": "Kerdoncuff",
            "given": given,
            "birth_date": "1992-04-05",
            "mail": mail,
        }.items():
            page.fill(f"[name={name}]", typed)
        page.locator("main form button.primary").click()
        _look(page)
        return page.locator(".paper-code").inner_text(), mail


def _sent(page, mail) -> str:
    """The code of six digits, from the outbox of the demo."""
    other = page.context.new_page()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        other.goto("/outbox/")
        text = other.locator("main").inner_text()
        if mail in text:
            found = re.search(r"\b\d{6}\b", text.split(mail)[1])
            if found:
                other.close()
                return found[0]
        time.sleep(0.5)
    raise AssertionError(f"no code came: {text[:800]}")


def _look(page) -> None:
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE)
    assert page.evaluate(_SHORT) == []
