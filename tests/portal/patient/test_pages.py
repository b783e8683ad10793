"""The patient's own pages on real doors: what they show, what they say when there is nothing, what they leave."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.sequencing import sequence_once
from consent.categories import Category
from records.breaking_glass import break_glass
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.writing import deposit
from tests.portal.ward import (
    SEED,
    a_carer,
    a_patient,
    acts,
    an_account,
    an_allergy,
    browser_of,
    closed,
    filed,
    history,
    in_care,
    prove_again,
)


def hba1c(patient, value: str, day: str):
    resource = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": f"{day}T08:00:00+01:00",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}], "text": "Hémoglobine glyquée"},
        "performer": [{"display": "Laboratoire du Parc"}],
        "valueQuantity": {"value": float(value), "unit": "%"},
        "referenceRange": [{"low": {"value": 4.0, "unit": "%"}, "high": {"value": 6.0, "unit": "%"}}],
    }  # fmt: skip
    body = json.dumps(resource)
    header = header_of(json.loads(body, parse_float=Decimal), References())
    return deposit(
        actor=SEED, dossier_id=patient.ref.id, category=Category.LABORATORY, header=header, resource=body.encode()
    )


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def browser(patient):
    return browser_of(patient.account)


def text_of(page) -> str:
    return page.content.decode()


def test_an_empty_record_says_so_and_shows_the_next_step(patient, browser) -> None:
    home = text_of(browser.get("/home/"))
    assert "Hello Camille." in home
    assert "Your record is empty for now" in home
    assert "Nobody but you" in home
    assert "/sharing/add/" in home
    assert "No allergy in your record" in text_of(browser.get("/record/"))
    assert "Nothing here yet" in text_of(browser.get("/record/imaging/"))
    assert "No professional takes care of you" in text_of(browser.get("/sharing/"))
    assert "No attempt was refused" in text_of(browser.get("/accesses/?show=refused"))


def test_home_tells_what_is_new_who_sees_and_that_the_log_is_signed(patient, browser) -> None:
    doctor = a_carer(family="Lefèvre", given="Nadia")
    in_care(patient, doctor, until=timezone.now() + timedelta(days=5))
    hba1c(patient, "5.8", "2026-11-02")
    browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/laboratory/")
    sequence_once()
    home = text_of(browser.get("/home/"))
    assert "Hémoglobine glyquée" in home
    assert "Dr Nadia Lefèvre" in home
    assert "days left" in home
    assert "Category read · Laboratory results" in home
    assert "Signed at" in home


def test_an_emergency_is_told_on_the_first_page(patient, browser) -> None:
    stranger = a_carer(family="Ndiaye", given="Moussa")
    break_glass(actor=stranger.actor, dossier_id=patient.ref.id, reason_code="unconscious", text="chute")
    assert "Dr Moussa Ndiaye opened your record in an emergency" in text_of(browser.get("/home/"))
    assert "has an emergency access open until" in text_of(browser.get("/sharing/"))


def test_the_record_counts_by_category_with_allergies_first(patient, browser) -> None:
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy("Pénicilline"))
    hba1c(patient, "5.8", "2026-11-02")
    page = text_of(browser.get("/record/"))
    assert page.index("Pénicilline") < page.index("By category")
    assert "/record/laboratory/" in page
    assert "1 document" in page


def test_a_category_is_told_by_year_and_an_unknown_one_is_an_unknown_address(patient, browser) -> None:
    for value, day in (("7.4", "2024-02-10"), ("6.6", "2025-04-20"), ("5.8", "2026-11-02")):
        hba1c(patient, value, day)
    page = text_of(browser.get("/record/laboratory/"))
    assert page.index(">2026<") < page.index(">2025<") < page.index(">2024<")
    assert "From 7.4 to 5.8 % in 3 results" in page
    assert browser.get("/record/astrology/").status_code == 404


def test_a_result_has_its_value_its_range_its_curve_and_the_table(patient, browser) -> None:
    hba1c(patient, "7.4", "2024-02-10")
    record = hba1c(patient, "6.6", "2025-04-20")
    page = text_of(browser.get(f"/record/item/{record}/"))
    assert "<strong>6.6</strong>" in page
    assert "Reference range: 4.0 to 6.0 %" in page
    assert "Above" in page
    assert 'role="img"' in page
    assert "<polyline" in page
    assert "See the table" in page
    # Twice: folded on the screen, whole on paper.
    assert page.count('class="number">7.4') == 2
    assert "resourceType" not in page


def test_hiding_a_document_and_showing_it_again(patient, browser) -> None:
    record = hba1c(patient, "5.8", "2026-11-02")
    assert browser.get(f"/record/item/{record}/hide/").status_code == 405
    page = browser.post(f"/record/item/{record}/hide/", follow=True)
    assert "Only you and its author can see" in text_of(page)
    doctor = a_carer()
    in_care(patient, doctor)
    assert browser_of(doctor.account).get(f"/pro/items/{record}/").status_code == 404
    prove_again(browser)
    browser.post(f"/record/item/{record}/show/")
    assert browser_of(doctor.account).get(f"/pro/items/{record}/").status_code == 200
    events = [entry.event for entry in history(patient)]
    assert "record.masked" in events
    assert "record.unmasked" in events


@pytest.mark.asvs("v5.0.0-8.2.2")
def test_somebody_elses_document_and_an_unknown_one_answer_alike(patient, browser) -> None:
    record = hba1c(a_patient(family="Zeller"), "5.8", "2026-11-02")
    other, unknown = browser.get(f"/record/item/{record}/"), browser.get(f"/record/item/{uuid4()}/")
    assert other.status_code == unknown.status_code == 404
    assert text_of(other).split("<main")[1].split("csrf")[0] == text_of(unknown).split("<main")[1].split("csrf")[0]
    assert browser.post(f"/record/item/{record}/hide/").status_code == 404


def test_who_looked_by_name_place_reason_and_refused_attempts_too(patient, browser) -> None:
    doctor = a_carer(family="Lefèvre", given="Nadia")
    in_care(patient, doctor)
    closed(patient, doctor, Category.IMAGING)
    professional = browser_of(doctor.account)
    professional.get(f"/pro/patients/{patient.ref.id}/laboratory/")
    professional.get(f"/pro/patients/{patient.ref.id}/imaging/")
    page = text_of(browser.get("/accesses/"))
    assert "Dr Nadia Lefèvre" in page
    assert "Doctor · Cabinet Lefèvre" in page
    assert "this profession sees this category by default" in page
    assert "You closed this category to this person." in page
    assert "Sharing settings read" not in page
    refused = text_of(browser.get("/accesses/?show=refused"))
    assert "Imaging" in refused
    assert "Laboratory results" not in refused.split("</details>", 1)[1]  # behind the filters
    assert ("history.read", "done") in acts(patient.account)
    assert str(doctor.account.pk) not in page
    assert str(patient.ref.pseudonym) not in page


def test_a_repeated_act_is_told_once_with_its_count(patient, browser) -> None:
    for _ in range(3):
        browser.get("/accesses/?show=all")
    assert "3 times" in text_of(browser.get("/accesses/?show=all"))


def test_the_history_goes_on_by_a_cursor_as_a_page_and_as_a_fragment(patient, browser) -> None:
    stranger = browser_of(a_carer(family="Tanguy").account)
    for _ in range(45):
        stranger.get(f"/pro/patients/{patient.ref.id}/")
    first = text_of(browser.get("/accesses/?show=refused"))
    older = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert f'href="{older.replace("&", "&amp;")}"' in first
    assert "<html" in text_of(browser.get(older))
    fragment = text_of(browser.get(older, headers={"HX-Request": "true"}))
    assert "<html" not in fragment
    assert "Tanguy" in fragment
    assert browser.get("/accesses/?before=zzz").status_code == 400


@pytest.mark.asvs("v5.0.0-8.2.1")
def test_patients_pages_are_closed_to_the_others(patient) -> None:
    record = hba1c(patient, "5.8", "2026-11-02")
    for account in (a_carer().account, an_account("administrator")):
        other = browser_of(account)
        for address in ("/home/", "/record/", "/record/laboratory/", f"/record/item/{record}/", "/sharing/",
                        "/sharing/add/", "/accesses/"):  # fmt: skip
            assert other.get(address).status_code == 403, address
