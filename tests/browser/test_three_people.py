"""The three people at what they came for: both proofs, the deed, and what it left behind on their pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from audit.actor import Role
from tests.browser.entering import sign_in, speak
from tests.browser.looking import visiting

LOGINS = {
    Role.PATIENT: "ange.casanova@carnet.example",
    Role.PROFESSIONAL: "nadia.lefevre@carnet.example",
    Role.ADMINISTRATOR: "bruno.schmitt@carnet.example",
}
_DOCTOR_NAME = "Lefèvre"


@pytest.fixture(scope="module")
def visits(browser, house):
    """The patient, a doctor of theirs and an administrator, signed in, on a screen."""
    opened = {}
    leaving = []
    for role, login in LOGINS.items():
        opening = visiting(browser, house, language="fr")
        opened[role] = opening.__enter__().page
        leaving.append(opening)
        sign_in(opened[role], house, login)
        # The house is shared: another test may have left this person in English.
        speak(opened[role], "fr")
    yield opened
    for opening in leaving:
        opening.__exit__(None, None, None)


def test_each_does_their_main_thing_and_finds_it_in_the_log(visits):
    """Result and curve, a shared record, a category closed, a refusal, the history, the log by pseudonym, its proof."""
    patient, doctor, administrator = (visits[role] for role in (Role.PATIENT, Role.PROFESSIONAL, Role.ADMINISTRATOR))
    _reads_a_result(patient)
    address = _opens_a_shared_record(doctor)
    _closes_the_laboratory(patient)
    _is_refused(doctor, address)
    _finds_who_looked(patient)
    _filters_and_verifies(administrator)


def _reads_a_result(page):
    """A value with its range in words, its curve with words, and the table behind it."""
    page.goto("/record/laboratory/")
    spark = page.locator("main li:has(svg.spark)").first
    title = spark.locator("a.row-link").inner_text()
    spark.locator("a.row-link").click()
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("svg.chart title").first).not_to_be_empty()
    expect(page.locator("svg.chart .band")).to_have_count(1)
    page.locator("main details", has=page.locator("table")).locator("summary").click()
    assert page.locator("main details table tbody tr:visible").count() >= 2


def _opens_a_shared_record(page):
    """From the list to the person to the drawer; the address to try again later."""
    page.goto("/pro/")
    page.locator("main a.row-link", has_text="Casanova").click()
    page.locator("main a.row-link[href$='/laboratory/']").click()
    expect(page.locator("main a.row-link").first).to_be_visible()
    address = page.url
    page.locator("main a.row-link").first.click()
    expect(page.locator("h1")).not_to_be_empty()
    return address


def _closes_the_laboratory(page):
    """The switch, what it would change in a sentence, the confirmation, and the switch as it stands now."""
    page.goto("/sharing/")
    switch = page.get_by_role("checkbox", name=re.compile(f"{_DOCTOR_NAME}.*Biologie"))
    expect(switch).to_be_checked()
    switch.uncheck()
    page.locator("form.from-wide button").click()
    expect(page.locator("main")).to_contain_text(re.compile(rf"{_DOCTOR_NAME} ne verra plus.*Biologie"))
    page.locator("form[action$='/sharing/confirm/'] button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile(f"{_DOCTOR_NAME}.*Biologie"))).not_to_be_checked()


def _is_refused(page, address):
    """The very next request; nothing of the drawer is on the page, and the way to ask is."""
    answer = page.goto(address)
    assert answer.status == 403
    expect(page.locator("h1")).to_have_text("Biologie")
    expect(page.locator("main a[href*='/items/']")).to_have_count(0)
    expect(page.locator("main a[href*='/request/']")).to_be_visible()
    page.goto("/pro/accesses/")
    newest = page.locator("main .rows > li", has_text="Biologie").first
    expect(newest).to_contain_text("Refusé")


def _finds_who_looked(page):
    """The reading and the refused attempt, each with a name."""
    page.goto("/accesses/?show=refused")
    attempt = page.locator("main li", has_text=_DOCTOR_NAME).first
    expect(attempt).to_contain_text("Biologie")
    page.goto("/accesses/")
    looked = page.locator("main li", has_text=_DOCTOR_NAME).filter(has_text="Biologie")
    assert looked.count() >= 2


def _filters_and_verifies(page):
    """The refusal stands in the log under pseudonyms alone; its record's pseudonym finds it; the tree is read again."""
    page.goto("/administration/?outcome=refused")
    refused = page.locator("table.lines tbody tr", has_text="Biologie").first
    pseudonym = refused.locator("a[href*='dossier=']").inner_text()
    page.goto("/administration/")
    page.get_by_label("Dossier (pseudonyme)").fill(pseudonym)
    page.locator("main form[method=get] button").click()
    found = page.locator("table.lines tbody tr")
    expect(found.first).to_be_visible()
    assert {row.inner_text() for row in found.locator("a[href*='dossier=']").all()} == {pseudonym}
    expect(page.locator("main")).not_to_contain_text("Casanova")
    page.goto("/administration/integrity/")
    page.locator("form[action$='/verify/'] button").click()
    expect(page.locator("main .notice.ok").first).to_be_visible(timeout=60_000)
