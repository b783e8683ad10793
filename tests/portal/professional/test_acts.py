"""What professionals do: ask, deposit, break the glass and end it; each act leaves its line."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from consent.categories import Category
from consent.models import AccessRequest, Emergency
from records.models import Record
from tests.portal.ward import a_carer, a_patient, acts, browser_of, closed, filed, history, in_care, opposed

REASON = {"reason_code": "unconscious", "text": "Trouvée inconsciente, traitement inconnu."}
INS = "285052900600189"


@pytest.fixture
def pair(db):
    patient, doctor = a_patient(), a_carer()
    in_care(patient, doctor)
    return patient, doctor


def page_of(patient, rest: str = "") -> str:
    return f"/pro/patients/{patient.ref.id}/{rest}"


# --- asking ---------------------------------------------------------------------------------------


def test_a_closed_category_is_asked_for_with_a_purpose(pair) -> None:
    patient, doctor = pair
    closed(patient, doctor, Category.LABORATORY)
    browser = browser_of(doctor.account)
    form = browser.get(page_of(patient, "request/?category=laboratory")).content.decode()
    assert '<option value="laboratory" selected>' in form
    assert 'value="personal_notes"' not in form
    assert "Maëlys Quintrec" in form
    sent = browser.post(page_of(patient, "request/"), {"category": "laboratory", "purpose": "follow_up"}, follow=True)
    assert "Your request was sent." in sent.content.decode()
    asked = AccessRequest.objects.get()
    assert (asked.dossier, asked.category, asked.purpose) == (patient.ref.id, "laboratory", "follow_up")
    assert [e.event for e in history(patient)].count("access.requested") == 1


def test_the_same_request_twice_gets_a_sentence_and_keeps_what_was_typed(pair) -> None:
    patient, doctor = pair
    closed(patient, doctor, Category.LABORATORY)
    browser = browser_of(doctor.account)
    for _ in range(2):
        page = browser.post(page_of(patient, "request/"), {"category": "laboratory", "purpose": "treatment"})
    assert page.status_code == 200
    assert "already asked" in page.content.decode()
    assert '<option value="treatment" selected>' in page.content.decode()
    assert AccessRequest.objects.count() == 1


@pytest.mark.parametrize(
    "typed", [{}, {"category": "laboratory"}, {"category": "nonsense", "purpose": "x"}, {"purpose": "follow_up"}]
)
def test_a_request_that_makes_no_sense_asks_nothing(pair, typed) -> None:
    patient, doctor = pair
    page = browser_of(doctor.account).post(page_of(patient, "request/"), typed)
    assert page.status_code == 200
    assert "to correct" in page.content.decode()
    assert not AccessRequest.objects.exists()


def test_an_opposed_professional_is_offered_the_same_form_as_a_closed_one(pair) -> None:
    patient, _ = pair
    kept_out = a_carer(family="Tanguy")
    in_care(patient, kept_out)
    opposed(patient, kept_out)
    page = browser_of(kept_out.account).get(page_of(patient, "request/?category=laboratory"))
    assert '<option value="laboratory" selected>' in page.content.decode()


# --- depositing -----------------------------------------------------------------------------------

NOTE = {
    "category": "consultation_report",
    "title": "Suivi annuel",
    "written_on": "2026-03-02",
    "text": "Va bien.\nÀ revoir.",
}


def test_a_note_is_added_and_read_back_word_for_word(pair) -> None:
    patient, doctor = pair
    browser = browser_of(doctor.account)
    assert "Maëlys Quintrec" in browser.get(page_of(patient, "deposit/")).content.decode()
    sent = browser.post(page_of(patient, "deposit/"), NOTE, follow=True)
    assert "Suivi annuel" in sent.content.decode()
    record = Record.objects.get()
    assert (record.category, record.author) == ("consultation_report", doctor.person.id)
    text = browser.get(f"/pro/items/{record.id}/").content.decode()
    assert "Va bien.\nÀ revoir." in text
    assert "Dr Yann Abgrall" in text
    assert ("record.created", "done") in acts(doctor.account) or ("record.created", "allowed") in acts(doctor.account)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"title": ""}, "Title"),
        ({"text": "   "}, "Text"),
        ({"written_on": "2999-01-01"}, "in the future"),
        ({"written_on": "31/31/2026"}, "Date"),
        ({"written_on": "0001-01-01"}, "too long ago"),
        ({"category": "personal_notes"}, "Category"),
        ({"title": "x" * 201}, "Title"),
        ({"text": "x" * 20_001}, "Text"),
        ({"text": "a\x00b"}, "Text"),
    ],
)
def test_bad_input_gets_its_sentence_and_loses_nothing_typed(pair, changed, sentence) -> None:
    patient, doctor = pair
    page = browser_of(doctor.account).post(page_of(patient, "deposit/"), NOTE | changed)
    text = page.content.decode()
    assert page.status_code == 200
    assert sentence in text.split('id="errors-title"')[1].split("</ul>")[0]
    if "title" not in changed:
        assert 'value="Suivi annuel"' in text
    assert not Record.objects.exists()


def test_a_profession_is_offered_only_the_categories_it_may_add_to(pair) -> None:
    patient, _ = pair
    pharmacist = a_carer("pharmacist", family="Scouarnec")
    in_care(patient, pharmacist)
    form = browser_of(pharmacist.account).get(page_of(patient, "deposit/")).content.decode()
    assert 'value="dispensation"' in form
    assert 'value="mental_health"' not in form
    refused = browser_of(pharmacist.account).post(page_of(patient, "deposit/"), NOTE | {"category": "mental_health"})
    assert refused.status_code == 200
    assert not Record.objects.exists()


# --- breaking the glass ---------------------------------------------------------------------------


def test_an_emergency_opens_what_was_closed_with_a_clock_and_ends(db, settings) -> None:
    patient, doctor = a_patient(), a_carer()
    filed(patient, Category.MEDICAL_SUMMARY, {"resourceType": "Condition", "code": {"text": "Épilepsie"}})
    browser = browser_of(doctor.account)
    assert browser.get(page_of(patient)).status_code == 404
    form = browser.get(page_of(patient, "emergency/")).content.decode()
    assert "Quintrec" not in form
    assert "The person is told at once." in form
    assert f"For {settings.EMERGENCY_MINUTES} minutes" in form
    opened = browser.post(page_of(patient, "emergency/"), REASON, follow=True).content.decode()
    assert "Maëlys Quintrec" in opened
    assert "Emergency access until" in opened
    assert "data-countdown" in opened
    assert "Épilepsie" in browser.get(page_of(patient, "medical_summary/")).content.decode()
    assert "Emergency access until" in browser.get("/pro/").content.decode()
    ended = browser.post(page_of(patient, "emergency/end/"), follow=True).content.decode()
    assert "The emergency access has ended." in ended
    assert browser.get(page_of(patient)).status_code == 404
    names = [entry.event for entry in history(patient)]
    assert "emergency.opened" in names
    assert "emergency.ended" in names


def test_the_reason_is_sealed_and_nowhere_in_clear(pair) -> None:
    patient, doctor = pair
    browser_of(doctor.account).post(page_of(patient, "emergency/"), REASON)
    emergency = Emergency.objects.get()
    assert b"inconsciente" not in bytes(emergency.sealed_reason)
    opened = [entry for entry in history(patient) if entry.event == "emergency.opened"]
    assert opened[0].facts["reason"] == "unconscious"
    assert emergency.during.upper - emergency.during.lower <= timedelta(hours=12)


@pytest.mark.parametrize(
    "typed", [{}, {"reason_code": "unconscious"}, REASON | {"text": "court"}, REASON | {"reason_code": "x"}]
)
def test_an_emergency_without_a_reason_opens_nothing(pair, typed) -> None:
    patient, doctor = pair
    page = browser_of(doctor.account).post(page_of(patient, "emergency/"), typed)
    assert page.status_code == 200
    assert "to correct" in page.content.decode()
    assert not Emergency.objects.exists()


def test_a_second_emergency_says_that_one_is_open(pair) -> None:
    patient, doctor = pair
    browser = browser_of(doctor.account)
    browser.post(page_of(patient, "emergency/"), REASON)
    again = browser.post(page_of(patient, "emergency/"), REASON)
    assert "already open" in again.content.decode()
    assert Emergency.objects.count() == 1


def test_an_opposed_professional_opens_nothing_by_emergency(pair) -> None:
    patient, doctor = pair
    opposed(patient, doctor)
    page = browser_of(doctor.account).post(page_of(patient, "emergency/"), REASON)
    assert page.status_code == 403
    assert not Emergency.objects.exists()
    assert history(patient)[-1].outcome == "refused"


def test_ending_what_is_over_or_unknown_is_harmless(pair) -> None:
    patient, doctor = pair
    browser = browser_of(doctor.account)
    assert browser.post(page_of(patient, "emergency/end/")).status_code == 302
    assert browser.post(f"/pro/patients/{uuid4()}/emergency/end/").status_code == 302
    assert browser.get(page_of(patient, "emergency/end/")).status_code == 405


def test_somebody_outside_the_list_is_found_by_national_number_only(db) -> None:
    patient, doctor = a_patient(ins=INS), a_carer()
    browser = browser_of(doctor.account)
    found = browser.post("/pro/emergency/", {"ins": "2 85 05 29 006 001 89"})
    assert found.headers["Location"] == page_of(patient, "emergency/")
    assert INS not in found.headers["Location"]
    for wrong in ("1" * 15, "285052900600188", "", "abc"):
        page = browser.post("/pro/emergency/", {"ins": wrong})
        assert page.status_code == 200
        assert "to correct" in page.content.decode()


def test_the_clock_is_the_servers(pair) -> None:
    patient, doctor = pair
    browser = browser_of(doctor.account)
    browser.post(page_of(patient, "emergency/"), REASON)
    end = timezone.localtime(Emergency.objects.get().during.upper)
    assert f"Emergency access until {end:%H:%M}" in browser.get(page_of(patient)).content.decode()
