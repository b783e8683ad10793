"""Pages of one's health: the summary, as its patient, who acts for them, and a professional read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.events import Event
from consent.categories import Category
from tests.portal.ward import a_carer, a_patient, a_result, an_allergy, browser_of, closed, filed, history, in_care


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


def text_of(answer) -> str:
    return answer.content.decode()


def out_of_range() -> dict:
    day = (timezone.localdate() - timedelta(days=10)).isoformat()
    return {**a_result(), "effectiveDateTime": day, "referenceRange": [{"low": {"value": 15}, "high": {"value": 150}}]}


def test_a_patient_reads_allergies_first_and_what_is_not_known_is_said(patient):
    filed(patient, Category.LABORATORY, out_of_range())
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    page = text_of(browser_of(patient.account).get(reverse("health:summary")))
    order = [page.index(words) for words in ("Arachide", "Current health problems", "Ferritinémie", "Whom to call")]
    assert order == sorted(order)
    assert "412.5 ng/mL" in page
    assert "Above" in page
    assert page.count("That does not mean that there is nothing") == 3
    assert "15 or 112" in page
    assert [e.outcome for e in history(patient) if e.event == Event.SUMMARY_READ.dotted] == ["allowed"]


def test_a_professional_cannot_tell_a_closed_part_from_an_empty_one(patient):
    carer = a_carer()
    in_care(patient, carer)
    desk = browser_of(carer.account)
    address = reverse("caring:summary", args=[patient.ref.id])
    empty = _body(desk.get(address))
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    assert "Arachide" in _body(desk.get(address))
    closed(patient, carer, Category.MEDICAL_SUMMARY)
    assert _body(desk.get(address)) == empty
    assert "may have closed categories" in empty


def _body(answer) -> str:
    """What the page says, without its clock and its tokens."""
    page = text_of(answer)
    return page[page.index('<div class="summary">') : page.index("</main>")]


def test_a_stranger_finds_no_summary(patient):
    stranger = browser_of(a_carer(family="Riou").account)
    assert stranger.get(reverse("caring:summary", args=[patient.ref.id])).status_code == 404
    assert stranger.get(reverse("health:summary")).status_code == 403


def a_vaccination(name: str, day: str, **more: object) -> dict:
    return {
        "resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": name},
        "occurrenceDateTime": day, "lotNumber": "K1234", **more,
    }  # fmt: skip


def test_the_vaccination_record_shows_lots_and_what_is_usual_without_alarm(patient):
    filed(patient, Category.PREVENTION, a_vaccination("Revaxis", "2010-06-01"))
    filed(patient, Category.PREVENTION, a_vaccination("Fièvre jaune", "2012-06-01"))
    refused = {**a_vaccination("Vaxigrip", "2020-10-20"), "status": "not-done"}
    filed(patient, Category.PREVENTION, refused)
    page = text_of(browser_of(patient.account).get(reverse("health:vaccinations")))
    assert "lot K1234" in page
    assert "Diphtheria, tetanus, polio" in page
    assert "Not recognised, and so not counted" in page
    assert "Vaxigrip" not in page
    assert "Carnet holds no trace of it. It may well have been given." in page
    assert "A pregnancy, an illness, a journey" in page
    assert 'class="notice danger' not in page


def test_a_professional_to_whom_prevention_is_closed_gets_the_page_of_a_refusal(patient):
    carer = a_carer()
    in_care(patient, carer)
    desk = browser_of(carer.account)
    address = reverse("caring:vaccinations", args=[patient.ref.id])
    filed(patient, Category.PREVENTION, a_vaccination("Revaxis", "2010-06-01"))
    assert "Revaxis" in text_of(desk.get(address))
    closed(patient, carer, Category.PREVENTION)
    answer = desk.get(address)
    assert answer.status_code == 403
    assert "Revaxis" not in text_of(answer)
