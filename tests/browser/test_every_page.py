"""Every page of the three audiences, seen as people see it: on a phone and a screen, light and dark, in both languages.

French is looked at in all four looks, English once, on a phone, where its words have least room.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.entering import keep_state, speak
from tests.browser.examples import (
    ACTS,
    EMERGENCY_DOCTOR,
    EMPTY,
    EXAMPLES,
    FILES,
    STATES,
    STRANGER,
    WITH_PASSWORD,
    WITHOUT_AUTHENTICATOR,
    names_of_pages,
)
from tests.browser.keyboard import walk_with_tab
from tests.browser.looking import SIZES, look, visiting
from tests.browser.passkeys import prove
from tests.whole import newcomers
from tests.whole.running import BASE

ALL = EXAMPLES | STATES
# Where the Tab key walks the whole page.
_WALKED = ("accounts:", "entrance:", "welcoming:", "home", "components")
_LOGINS = {EMPTY: newcomers.EMPTY, WITHOUT_AUTHENTICATOR: newcomers.NEW, WITH_PASSWORD: "theo.lambert@carnet.example"}


def test_every_page_has_an_example():
    """A new page comes here with the way to it, or with the word that it only takes an act."""
    names = set(names_of_pages())
    assert names - set(EXAMPLES) - ACTS - FILES == set(), "pages without an example in tests/browser/examples.py"
    assert set(EXAMPLES) & (ACTS | FILES) == set()


@pytest.fixture(scope="module")
def states(browser, house, tmp_path_factory):
    """Everybody's cookies, and what the pages need: two newcomers, and an emergency in force."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.whole.newcomers"], cwd=BASE, env=house.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path_factory.mktemp("cookies")
    states: dict[str, str | None] = {STRANGER: None}
    for who in {example.who for example in ALL.values()} - {STRANGER}:
        login = _LOGINS.get(who, f"{who}@carnet.example")
        only_password = who in (WITH_PASSWORD, WITHOUT_AUTHENTICATOR)
        states[who] = keep_state(browser, house, login, folder, only_password=only_password)
    _begin_emergency(browser, house, states[EMERGENCY_DOCTOR])
    return states


def _begin_emergency(browser, house, state):
    with visiting(browser, house, language="fr", state=state) as visit:
        ALL["an emergency in force"].walk(visit.page)
        visit.page.locator("main a[href$='/emergency/']").first.click()
        visit.page.locator("[name=reason_code]").first.check()
        visit.page.fill("[name=text]", "Malaise dans la salle d’attente.")
        visit.page.locator("main form button").first.click()
        prove(visit.page, house.url, f"{EMERGENCY_DOCTOR}@carnet.example")
        expect(visit.page.locator("[data-countdown]")).to_be_visible()
        # The proof gave the session another key.
        visit.context.storage_state(path=state)


@pytest.fixture(scope="module", params=["fr", "en"])
def visits(request, browser, house, states):
    """One browser per person, all in one language: it belongs to the person, not to the address."""
    open_visits = {}
    leaving = []
    for who, state in states.items():
        opening = visiting(browser, house, language=request.param, state=state)
        visit = open_visits[who] = opening.__enter__()
        leaving.append(opening)
        visit.page.goto("/")
        speak(visit.page, request.param)
    yield request.param, open_visits
    for opening in leaving:
        opening.__exit__(None, None, None)


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_open_to_everybody(visits, name):
    """Nothing for axe to find, nothing beside the screen, nothing said in the console, nothing that moves; and on
    the way in, the Tab key goes from the skip link over every control of the page, seen wherever it stands, and out."""
    language, open_visits = visits
    example = ALL[name]
    visit = open_visits[example.who]

    def walk(page):
        answer = example.walk(page)
        assert answer.status == example.status
        assert page.locator("html").get_attribute("lang") == language
        expect(page.locator("h1")).to_have_count(1)

    wrong = look(visit, walk, widths=(390, 1280) if language == "fr" else (390,), dark=language == "fr")
    if language == "en" and name.startswith(_WALKED):
        # The keyboard's stops are the same in both.
        visit.page.set_viewport_size({"width": 390, "height": SIZES[390]})
        wrong += [f"keyboard: {each}" for each in walk_with_tab(visit.page)]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.asvs("v5.0.0-2.2.2")
@pytest.mark.parametrize("name", [*EXAMPLES, "before a change of sharing is confirmed"])
def test_the_page_needs_no_script(browser, house, states, name):
    """The whole way is walked without JavaScript: links, forms, previews and confirmations."""
    example = ALL[name]
    with browser.new_context(
        base_url=house.url, locale="fr-FR", storage_state=states[example.who], java_script_enabled=False
    ) as context:
        page = context.new_page()
        answer = example.walk(page)
        assert answer.status == example.status
        expect(page.locator("h1")).to_be_visible()
        # A button that only a script serves is not shown to those who have none.
        expect(page.locator("[data-print]:visible")).to_have_count(0)


@pytest.mark.parametrize("name", ["patient:home", "professional:patients", "administration:log", "accounts:sign_in"])
def test_the_keyboard_goes_straight_to_the_content(visits, name):
    """The first key stops at the skip link; it leads into the page, and what has the focus shows it."""
    page = visits[1][ALL[name].who].page
    page.goto(ALL[name].address)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("() => !!document.activeElement.closest('main')")
    outline = "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth; }"
    row = "() => { const li = document.activeElement.closest('li'); return li && getComputedStyle(li).outlineStyle; }"
    assert page.evaluate(outline) != "none0px" or page.evaluate(row) == "solid"
