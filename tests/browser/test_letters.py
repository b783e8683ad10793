"""Letters in a real browser: accessible in both languages, in every look, and used without a script."""

from datetime import timedelta
from pathlib import Path

import axe_core_python
import pytest
from django.conf import settings
from django.utils import timezone

from portal.notifications import readdressing
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Delivery, DeliveryState, Letter
from portal.notifications.words import three_words
from tests.portal.ward import a_carer, a_patient, an_account, browser_of

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = """async () => (await axe.run(document)).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`))"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOOKS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]


def told(account, kinds):
    """Letters of these kinds, the first of them read, each given up by mail."""
    for number, kind in enumerate(kinds):
        at = timezone.now() - timedelta(hours=number)
        letter = Letter.objects.create(
            account=account, entry_index=1000 - number, kind=kind, at=at, read_at=None if number else at
        )
        Delivery.objects.create(
            letter=letter, account=account, channel=Channel.MAIL, urgency=Urgency.DEFAULT, attempts=3,
            state=DeliveryState.FAILED, reason="mail_550", next_try=at, ended_at=at,
        )  # fmt: skip


@pytest.fixture
def visit(browser, site):
    """Opens a browser in which somebody is signed in; scripts run only where axe, a script itself, looks."""
    opened = []

    def open_for(account, language, *, scripts=False):
        account.language = language
        account.save(update_fields=["language"])
        context = browser.new_context(
            base_url=site.url, java_script_enabled=scripts, locale="fr-FR", timezone_id="Europe/Paris"
        )
        cookie = browser_of(account).cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": site.url}])
        if scripts:
            context.add_init_script(AXE)
        opened.append(context)
        return context.new_page()

    yield open_for
    for context in opened:
        context.close()


def looked_at(page, address):
    """What is wrong with the page in every look, in words."""
    wrong = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        answer = page.goto(address)
        assert answer.status == 200
        found = page.evaluate(VIOLATIONS) + (["wider than the screen"] if page.evaluate(TOO_WIDE) else [])
        wrong += [f"{address} {width} {scheme}: {each}" for each in found]
    return wrong


@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_of_letters_are_accessible(visit, language) -> None:
    patient, doctor, administrator = a_patient(), a_carer(), an_account("administrator")
    told(patient.account, [kind for kind in Kind if kind is not Kind.EMERGENCY_OF_PATIENT])
    told(doctor.account, [Kind.EMERGENCY_OF_PATIENT, Kind.NEW_DEVICE])
    everybody = {
        patient.account: [
            "/letters/", "/letters/?show=unread", "/letters/preferences/", "/letters/preferences/emergency/",
            "/letters/address/", "/security/",
        ],
        doctor.account: ["/letters/", "/letters/preferences/", "/letters/address/"],
        administrator: ["/letters/", "/letters/preferences/new_device/", "/administration/letters/"],
    }  # fmt: skip
    # The doctor's page shows the step of the code, the patient's the form for another address.
    readdressing.ask(actor=doctor.actor, channel=Channel.MAIL, typed="a.rather.long.address.of.somebody@example.org")
    wrong = []
    for account, addresses in everybody.items():
        page = visit(account, language, scripts=True)
        for address in addresses:
            wrong += looked_at(page, address)
    assert not wrong, "\n".join(wrong)


def test_a_person_reads_chooses_and_previews_without_a_script(visit) -> None:
    patient = a_patient()
    told(patient.account, [Kind.FIRST_ACCESS, Kind.EMERGENCY, Kind.NEW_DOCUMENT])
    page = visit(patient.account, "fr")
    page.goto("/home/")
    page.get_by_role("navigation").get_by_role("link", name="Lettres").click()
    page.get_by_role("link", name="Non lues (2)").click()
    page.get_by_role("button", name="Marquer comme lue").first.click()
    assert page.url.endswith("/letters/?show=unread")
    assert page.get_by_role("link", name="Non lues (1)").is_visible()
    page.get_by_role("link", name="Choisir vos lettres").click()
    page.get_by_label("Un élément a été ajouté à votre dossier. Par courriel").uncheck()
    page.get_by_label("Au calme à partir de").fill("22:00")
    page.get_by_label("jusqu’à").fill("07:00")
    page.get_by_role("button", name="Garder ces choix").click()
    assert page.get_by_role("status").get_by_text("Vos choix sont gardés.").is_visible()
    assert not page.get_by_label("Un élément a été ajouté à votre dossier. Par courriel").is_checked()
    assert page.get_by_label("Au calme à partir de").input_value() == "22:00"
    page.get_by_role("link", name="La voir Votre dossier a été ouvert en urgence.").click()
    assert page.get_by_text("Une lettre importante de Carnet").is_visible()
    assert " ".join(three_words(patient.account.pk)) in page.locator("main").inner_text()
