"""Administrators are shown no name and no health content, on any page, after a day in the ward.

Every address of administration is opened, with every event and outcome as a filter; the pages are
searched for each name, title, value and typed word that the day left in the records.
"""

import html
import re

import pytest
from django.urls import get_resolver, reverse

from audit.events import Event, Outcome
from audit.sequencing import sequence_once
from consent.categories import Category
from portal.administration import urls
from tests.portal.ward import (
    a_carer,
    a_patient,
    a_result,
    an_account,
    an_allergy,
    browser_of,
    filed,
    in_care,
)

REASON = {"reason_code": "unconscious", "text": "Hémiplégie brutale, famille injoignable."}
NOTE = {
    "category": "consultation_report",
    "title": "Migraine ophtalmique",
    "written_on": "2026-03-02",
    "text": "Sumatriptan",
}
SECRETS = [
    "Quintrec", "Maëlys", "Kermarrec", "Ewen", "Abgrall", "Yann", "Scouarnec", "Cabinet", "Brest",
    "Ferritinémie", "412.5 ng", "412,5 ng", "ng/mL", "Arachide", "Migraine", "Sumatriptan", "Hémiplégie", "injoignable",
    # Whole dates and values with their unit: a bare "1985" is met by chance in a nonce or in a count of milliseconds.
    "1985-05-12", "12/05/1985", "12 mai 1985", "May 12, 1985", "2020-01-01", "01/01/2020",
]  # fmt: skip


@pytest.fixture
def after_a_day(db):
    """Reads, refusals, a request, a deposit and an emergency, left by two professionals and a patient."""
    one, other = a_patient(), a_patient(family="Kermarrec", given="Ewen")
    doctor, pharmacist = a_carer(), a_carer("pharmacist", family="Scouarnec")
    for carer in (doctor, pharmacist):
        in_care(one, carer)
    record = filed(one, Category.LABORATORY, a_result())
    filed(one, Category.MEDICAL_SUMMARY, an_allergy())
    browser = browser_of(doctor.account)
    for address in ("/pro/", f"/pro/patients/{one.ref.id}/", f"/pro/items/{record}/"):
        assert browser.get(address).status_code == 200
    browser.post(f"/pro/patients/{one.ref.id}/deposit/", NOTE)
    browser.post(f"/pro/patients/{other.ref.id}/emergency/", REASON)
    browser.get(f"/pro/patients/{other.ref.id}/")
    closed = browser_of(pharmacist.account)
    assert closed.get(f"/pro/patients/{one.ref.id}/mental_health/").status_code == 403
    closed.post(f"/pro/patients/{one.ref.id}/request/", {"category": "genetics", "purpose": "follow_up"})
    sequence_once()
    return browser_of(an_account("administrator"))


def test_the_day_left_something_to_find(after_a_day) -> None:
    text = after_a_day.get(reverse("administration:log")).content.decode()
    for word in ("Emergency access opened", "Document added", "Person unconscious", "Refused", "P-", "A-", "O-"):
        assert word in text


@pytest.mark.asvs("v5.0.0-8.2.3", "v5.0.0-14.2.6")
def test_no_page_of_administration_names_anybody_or_shows_content(after_a_day) -> None:
    # The others act on one thing, and show nothing of their own.
    plain = [pattern for pattern in urls.urlpatterns if not pattern.pattern.converters]
    addresses = [reverse(f"administration:{pattern.name}") for pattern in plain]
    assert len(addresses) >= 3
    queries = [{}, *({"event": event.dotted} for event in Event), *({"outcome": outcome.value} for outcome in Outcome)]
    pages = []
    for address in addresses:
        pages += [after_a_day.get(address, query) for query in (queries if address.endswith("tion/") else [{}])]
        pages.append(after_a_day.post(address))
    shown = [html.unescape(page.content.decode()) for page in pages if page.status_code == 200]
    assert len(shown) > len(Event)
    for text in shown:
        found = [secret for secret in SECRETS if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text, re.I)]
        assert not found


def test_the_search_would_find_a_name(after_a_day) -> None:
    """A planted canary: the same expression finds what a careless page would show."""
    for secret in SECRETS:
        assert re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", f"<td>{secret}</td>", re.I)


def test_every_address_under_administration_belongs_to_administrators() -> None:
    under = [
        entry
        for entry in get_resolver().url_patterns
        if str(getattr(entry, "pattern", "")).startswith("administration")
    ]
    views = [pattern.callback for entry in under for pattern in entry.url_patterns]
    assert views
    assert all(getattr(view, "audience", None) == "administrator" for view in views)
