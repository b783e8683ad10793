"""Personal measurements: written down together, drawn, shared like their drawer, deleted by their patient."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from consent.categories import Category
from records.measures import SCALES, Part
from records.models import Record
from tests.portal.patient.test_acting_for import acting, represented
from tests.portal.ward import a_carer, a_patient, browser_of, closed, filed, history, in_care


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def browser(patient):
    return browser_of(patient.account)


def text_of(answer) -> str:
    return answer.content.decode()


def told(days: int = 1, **numbers: str) -> dict[str, str]:
    when = timezone.localtime() - timedelta(days=days)
    return {"day": f"{when:%Y-%m-%d}", "time": "08:15", **numbers}


def test_what_was_measured_at_one_time_is_written_down_together_and_drawn(patient, browser):
    address = reverse("health:measure_add")
    both = told(3, weight="72,4", systolic="128", diastolic="82")
    assert browser.post(address, both)["Location"] == reverse("health:measures")
    assert Record.objects.count() == 2
    assert {row.category for row in Record.objects.all()} == {"prevention"}
    # Sent twice, it is filed once.
    browser.post(address, both)
    assert Record.objects.count() == 2
    browser.post(address, told(2, weight="71.9", systolic="131", diastolic="84"))
    page = text_of(browser.get(reverse("health:measures")))
    for words in ("72.4 kg", "71.9 kg", "131/84", "from 128 to 131 mmHg", "from 82 to 84 mmHg", "The patient"):
        assert words in page
    assert page.count('class="chart"') == 3


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Write at least one number."),
        ({"weight": "724"}, "Expected between 0.3 and 400 kg."),
        ({"weight": "seventy"}, "Write a number only"),
        ({"weight": "72.456"}, "Too many digits after the comma."),
        ({"systolic": "128"}, "A blood pressure has two numbers."),
        ({"systolic": "80", "diastolic": "120"}, "The upper number is the larger one."),
        ({"glucose": "110"}, "Expected between 0.2 and 6 g/L."),
        ({"steps": "-4"}, "Expected between 0 and 100,000"),
        ({"weight": "nan"}, "Write a number only"),
        ({"weight": "72", "day": "2126-01-01"}, "This moment is still to come."),
        ({"weight": "72", "time": ""}, "Choose a time."),
    ],
)
def test_a_slip_is_said_beside_its_field_and_nothing_is_lost_or_written(patient, browser, typed, words):
    answer = browser.post(reverse("health:measure_add"), {**told(), "pulse": "64", **typed} if typed else told())
    assert answer.status_code == 200
    assert words in text_of(answer)
    if typed:
        assert 'value="64"' in text_of(answer)
    assert not Record.objects.exists()


def test_every_bound_is_a_number_that_the_form_takes(patient, browser):
    for end in ("low", "high"):
        numbers = {part.value: str(getattr(SCALES[part], end)) for part in Part}
        answer = browser.post(reverse("health:measure_add"), told(1 if end == "low" else 2, **numbers))
        assert answer.status_code == 302, text_of(answer)


def test_a_professional_sees_them_as_far_as_the_drawer_is_open(patient, browser):
    browser.post(reverse("health:measure_add"), told(weight="72.4"))
    carer = a_carer()
    in_care(patient, carer)
    desk, address = browser_of(carer.account), reverse("caring:measures", args=[patient.ref.id])
    page = text_of(desk.get(address))
    assert "72.4 kg" in page
    assert "Yes, delete" not in page
    closed(patient, carer, Category.PREVENTION)
    assert desk.get(address).status_code == 403


def test_what_a_doctor_measured_lies_on_the_same_curve_and_is_not_the_patients_to_delete(patient, browser):
    weighed = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Poids"},
        "performer": [{"display": "Dr Abgrall"}], "valueQuantity": {"value": 73.5, "unit": "kg"},
    }  # fmt: skip
    theirs = filed(patient, Category.PREVENTION, weighed)
    browser.post(reverse("health:measure_add"), told(weight="72.4"))
    page = text_of(browser.get(reverse("health:measures")))
    assert "Dr Abgrall" in page
    assert page.count("Yes, delete") == 1
    assert browser.post(reverse("health:measure_remove", args=[theirs]), {"confirmed": "on"}).status_code == 404


def test_one_is_deleted_by_its_patient_after_a_word(patient, browser):
    browser.post(reverse("health:measure_add"), told(weight="72.4"))
    address = reverse("health:measure_remove", args=[Record.objects.get().id])
    assert browser.post(address).status_code == 400
    assert browser.post(address, {"confirmed": "on"})["Location"] == reverse("health:measures")
    assert not Record.objects.exists()
    assert "Nothing measured yet" in text_of(browser.get(reverse("health:measures")))


def test_a_parent_writes_down_for_a_child_and_the_child_may_delete_it(db):
    child, parent = represented(16)
    browser = acting(child, parent)
    told_ = {**told(weight="41.5"), "acting_for": str(child.ref.id)}
    assert browser.post(reverse("health:measure_add"), told_).status_code == 302
    record = Record.objects.get()
    assert (record.dossier_id, record.brought_by) == (child.ref.id, parent.account.pk)
    created = [entry for entry in history(child) if entry.event == "record.created"]
    assert [entry.on_behalf_of for entry in created] == [child.ref.pseudonym]
    assert "41.5 kg" in text_of(browser.get(reverse("health:measures")))
    own = browser_of(child.account)
    assert "Somebody who acts for the patient" in text_of(own.get(reverse("health:measures")))
    assert own.post(reverse("health:measure_remove", args=[record.id]), {"confirmed": "on"}).status_code == 302
