"""Finding one's way in a record by its pages: words are posted and stay nowhere, counts betray nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.representing import SHAREABLE, add_representative
from records.dossiers import aged_ref
from records.writing import mask
from tests.portal.ward import SEED, a_carer, a_patient, a_result, an_allergy, browser_of, filed, history, in_care

NEEDLE = "Onchocercose"


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def doctor(patient):
    carer = a_carer()
    in_care(patient, carer)
    return carer


def titles(page) -> list[str]:
    plain = re.sub(r"</?mark>", "", page.content.decode())
    return re.findall(r'class="row-link" href="[^"]*">([^<]+)</a>', plain)


def test_a_patient_searches_and_reads_where_it_was_found(patient) -> None:
    filed(patient, Category.LABORATORY, a_result("Ferritinémie"))
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy("Arachide"))
    page = browser_of(patient.account).post("/record/time/", {"words": "FERRITINEMIE"})
    assert titles(page) == ["Ferritinémie"]
    text = page.content.decode()
    assert "<mark>Ferritinémie</mark>" in text
    assert "Found in: the title and the everyday name" in text
    assert 'value="FERRITINEMIE"' in text


def test_no_address_and_no_session_holds_what_was_looked_for(patient) -> None:
    browser = browser_of(patient.account)
    page = browser.post("/record/time/", {"words": NEEDLE, "author": NEEDLE})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Nothing was found" in text
    for address in re.findall(r'(?:href|action|src)="([^"]*)"', text):
        assert NEEDLE.lower() not in address.lower()
    assert all(NEEDLE not in str(session.get_decoded()) for session in Session.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_entry WHERE position(%s in encode(body, 'escape')) > 0", [NEEDLE])
        assert cursor.fetchone() == (0,)
    assert NEEDLE in text


def test_words_in_an_address_are_not_looked_for(patient) -> None:
    filed(patient, Category.LABORATORY, a_result("Ferritinémie"))
    page = browser_of(patient.account).get("/record/time/", {"words": "nothing like it"})
    assert titles(page) == ["Ferritinémie"]


@pytest.mark.parametrize("asked", ["year=20", "year=éàüö", "year=0001", "after=x", "outside=1", "shelf=x", "new=1"])
def test_an_address_that_makes_no_sense_is_the_first_page(patient, asked: str) -> None:
    filed(patient, Category.LABORATORY, a_result("Ferritinémie"))
    for place in ("/record/time/", "/record/laboratory/"):
        page = browser_of(patient.account).get(f"{place}?{asked}")
        assert (page.status_code, titles(page)) == (200, ["Ferritinémie"])


def test_mistakes_are_told_and_nothing_typed_is_lost(patient) -> None:
    page = browser_of(patient.account).post(
        "/record/time/", {"words": NEEDLE, "since": "2026-03-02", "until": "2026-03-01"}
    )
    text = page.content.decode()
    assert "The period ends before it begins." in text
    assert f'value="{NEEDLE}"' in text


def test_a_professional_finds_what_is_shown_to_them_and_no_count_more(patient, doctor) -> None:
    filed(patient, Category.LABORATORY, a_result("Ferritinémie"))
    hidden = filed(patient, Category.LABORATORY, a_result("Ferritinémie cachée"))
    filed(patient, Category.PERSONAL_NOTES, {"resourceType": "Basic", "code": {"text": "Ferritinémie notée"}})
    mask(actor=patient.actor, record_id=hidden)
    browser = browser_of(doctor.account)
    address = f"/pro/patients/{patient.ref.id}/time/"
    page = browser.post(address, {"words": "ferritin"})
    assert titles(page) == ["Ferritinémie"]
    text = page.content.decode()
    assert "1 document found, in 1." in text
    assert Category.PERSONAL_NOTES.label not in text
    assert titles(browser.get(address)) == ["Ferritinémie"]
    assert history(patient)[-1].event == "dossier.searched"
    forced = browser.post(address, {"words": "ferritin", "category": Category.PERSONAL_NOTES.value})
    assert "Ferritinémie notée" not in forced.content.decode()


def test_a_stranger_finds_no_record(patient) -> None:
    stranger = browser_of(a_carer(family="Inconnu").account)
    for method in (stranger.get, stranger.post):
        assert method(f"/pro/patients/{patient.ref.id}/time/").status_code == 404


def test_who_acts_for_a_child_finds_what_they_may_see(patient) -> None:
    child = a_patient(given="Lucas", birth_date=timezone.localdate() - timedelta(days=365 * 6))
    filed(child, Category.PREVENTION, a_result("Courbe de poids"))
    filed(child, Category.MEDICAL_SUMMARY, an_allergy("Arachide"))
    parent = RepresentativeKind.PARENT
    add_representative(
        actor=SEED, ref=aged_ref(child.ref.id), account=patient.account.pk, kind=parent, categories=SHAREABLE
    )
    browser = browser_of(patient.account)
    page = browser.post(f"/for/{child.ref.id}/time/", {"words": "poids"})
    assert titles(page) == ["Courbe de poids"]
    overview = browser.get(f"/for/{child.ref.id}/").content.decode()
    assert overview.index("Arachide") < overview.index("What you see")


def test_reimbursements_stand_apart_from_what_is_about_health(patient) -> None:
    filed(patient, Category.LABORATORY, a_result("Ferritinémie"))
    filed(patient, Category.REIMBURSEMENT, {"resourceType": "Basic", "code": {"text": "Consultation remboursée"}})
    browser = browser_of(patient.account)
    assert titles(browser.get("/record/time/")) == ["Ferritinémie"]
    assert titles(browser.get("/record/time/?shelf=papers")) == ["Consultation remboursée"]
    found = browser.post("/record/time/", {"words": "rembours", "category": "reimbursement"}).content.decode()
    assert 'id="papers"' in found
    assert 'id="results"' not in found


def test_an_empty_record_says_so(patient) -> None:
    text = browser_of(patient.account).get("/record/time/").content.decode()
    assert "Nothing to show here" in text


def test_an_appointment_to_come_says_so_on_the_first_page(patient) -> None:
    start = (timezone.now() + timedelta(days=9)).isoformat()
    filed(
        patient,
        Category.CONSULTATION_REPORT,
        {"resourceType": "Appointment", "status": "booked", "start": start, "description": "Cardiologie"},
    )
    text = browser_of(patient.account).get("/home/").content.decode()
    row = text[text.index("Cardiologie") :]
    assert "Upcoming" in row[: row.index("</li>")]
