"""Coming in with both proofs, as a person does; without a script, which only passkeys need."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from portal.demo.people import ADMINISTRATORS, PASSWORD, PROFESSIONALS
from tests.browser.passkeys import rise_to_passkey
from tests.whole.running import RunningHouse

# They have a passkey: pages of the administration open with one only, and so do emergencies.
STAFF = {f"{person.key}@carnet.example" for person in (*ADMINISTRATORS, *PROFESSIONALS)}


def give_password(page: Page, login: str) -> None:
    """The first step: address and password, by the keyboard."""
    page.goto("/signin/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: not address.endswith("/signin/"))


def sign_in(page: Page, house: RunningHouse, login: str) -> None:
    """Both steps; ends on the page where that person starts."""
    give_password(page, login)
    page.fill("[name=code]", house.code(login))
    page.press("[name=code]", "Enter")
    page.wait_for_url(lambda address: "/signin" not in address)
    if login in STAFF:
        rise_to_passkey(page, house.url, login)
        page.goto("/")


def speak(page: Page, language: str) -> None:
    """Choose the language of this person; it stays theirs, in every browser, until they choose again."""
    other = page.locator(f"form.language button[value={language}]")
    if other.count():
        other.click()
        page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == language


def keep_state(browser: Browser, house: RunningHouse, login: str, folder: Path, *, only_password: bool = False) -> str:
    """Sign in and keep the cookies in a file, for other browsers of the same person."""
    path = folder / f"{login}.json"
    script = login in STAFF
    with browser.new_context(base_url=house.url, locale="fr-FR", java_script_enabled=script) as context:
        page = context.new_page()
        if only_password:
            give_password(page, login)
        else:
            sign_in(page, house, login)
        context.storage_state(path=path)
    return str(path)
