"""Passkeys in a real browser, from the first to the last; and a newcomer's first minutes."""

from __future__ import annotations

import re
import time
from base64 import b32decode

import pytest
from django_otp.oath import hotp
from playwright.sync_api import expect

from tests.browser.entering import sign_in
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


def test_a_newcomer_from_paper_to_record(visit, browser, house):
    """The doctor's paper, both codes, a password, a second factor, the record: under two minutes of steps."""
    paper = _invite(browser, house)
    page, began = visit.page, time.monotonic()
    page.goto("/signin/")
    page.get_by_role("link", name="On m’a remis un papier avec un code").click()
    _look(page)
    page.fill("[name=code]", paper)
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/welcome/second/")
    _look(page)
    page.fill("[name=code]", _sent(page, house))
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/security/totp/")
    page.locator("summary").click()
    key = b32decode(page.locator("#totp-key").inner_text().replace(" ", ""))
    page.fill("[name=code]", f"{hotp(key, int(time.time()) // 30):06d}")
    page.press("[name=code]", "Enter")
    expect(page.locator("h1")).to_contain_text("codes de secours")
    page.locator("main a.button.primary").click()
    page.wait_for_url("**/home/")
    page.goto("/record/")
    expect(page.locator("h1")).to_be_visible()
    _look(page)
    steps = time.monotonic() - began
    print(f"from the paper to the record: {steps:.0f} s")
    assert steps < 120
    assert visit.complaints == []


def _invite(browser, house) -> str:
    with visiting(browser, house, language="fr") as visit:
        page = visit.page
        sign_in(page, house, "aissatou.diop@carnet.example")
        page.goto("/pro/invite/")
        for name, typed in {
            "family": "Kerdoncuff",
            "given": "Enora",
            "birth_date": "1992-04-05",
            "mail": "enora.kerdoncuff@carnet.example",
        }.items():
            page.fill(f"[name={name}]", typed)
        page.locator("main form button.primary").click()
        _look(page)
        return page.locator(".paper-code").inner_text()


def _sent(page, house) -> str:
    """The code of six digits, from the outbox of the demo."""
    other = page.context.new_page()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        other.goto("/outbox/")
        text = other.locator("main").inner_text()
        if "enora.kerdoncuff@" in text:
            found = re.search(r"\b\d{6}\b", text.split("enora.kerdoncuff@")[1])
            if found:
                other.close()
                return found[0]
        time.sleep(0.5)
    raise AssertionError(f"no code came: {text[:800]}")


def _look(page) -> None:
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE)
    assert page.evaluate(_SHORT) == []
