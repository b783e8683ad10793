"""Each page of professionals: what it shows, to whom it is closed, and the lines it leaves."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from consent.categories import Category
from records.writing import mask
from tests.portal.ward import (
    a_carer,
    a_patient,
    a_result,
    acts,
    an_account,
    an_allergy,
    browser_of,
    closed,
    filed,
    history,
    in_care,
    opposed,
)


@pytest.fixture
def ward(db):
    patient, doctor = a_patient(), a_carer()
    in_care(patient, doctor, until=timezone.now() + timedelta(days=40))
    record = filed(patient, Category.LABORATORY, a_result())
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    return patient, doctor, record


def test_my_patients_by_name_with_the_end_of_each_relationship(ward) -> None:
    _, doctor, _ = ward
    stranger = a_patient(family="Kermarrec")
    page = browser_of(doctor.account).get("/pro/")
    text = page.content.decode()
    assert "Maëlys Quintrec" in text
    assert "Kermarrec" not in text
    assert "born on 12 May 1985" in text
    assert (timezone.localtime() + timedelta(days=40)).strftime("%Y") in text
    assert ("dossier.listed", "allowed") in acts(doctor.account)
    assert not [entry for entry in history(stranger) if entry.event == "dossier.listed"]


@pytest.mark.asvs("v5.0.0-14.2.1")
def test_a_search_finds_without_accents_and_leaves_no_name_in_an_address(ward) -> None:
    _, doctor, _ = ward
    other = a_patient(family="Zeller", given="Odile")
    in_care(other, doctor)
    browser = browser_of(doctor.account)
    page = browser.post("/pro/", {"name": "maelys"})
    text = page.content.decode()
    assert "Maëlys Quintrec" in text
    assert "Zeller" not in text
    assert page.status_code == 200
    assert "maelys" not in page.request["QUERY_STRING"]
    assert "Nobody in your list has this name" in browser.post("/pro/", {"name": "xyzzy"}).content.decode()


def test_one_patient_allergies_first_counts_and_the_honest_sentence(ward) -> None:
    patient, doctor, _ = ward
    closed(patient, doctor, Category.IMAGING)
    text = browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/").content.decode()
    assert text.index("Arachide") < text.index("Ferritinémie")
    assert "This record is open to you (Doctor) until" in text
    assert "Each opening is written in the log that this person can read." in text
    assert "This view may be incomplete" in text
    assert "Not shared with you" in text
    assert "Never open to your profession" in text
    assert f"/pro/patients/{patient.ref.id}/request/?category=imaging" in text
    assert history(patient)[-1].event == "dossier.opened"


def test_a_drawer_and_a_record_are_shown_and_remembered(ward) -> None:
    patient, doctor, record = ward
    browser = browser_of(doctor.account)
    assert "Ferritinémie" in browser.get(f"/pro/patients/{patient.ref.id}/laboratory/").content.decode()
    text = browser.get(f"/pro/items/{record}/").content.decode()
    assert "412.5" in text
    assert "This view may be incomplete" in text
    assert [entry.event for entry in history(patient)[-2:]] == ["category.read", "record.read"]
    assert history(patient)[-1].object_id == record


def _refusal(carer, patient, category: str = "laboratory") -> tuple[int, str]:
    page = browser_of(carer.account).get(f"/pro/patients/{patient.ref.id}/{category}/")
    text = page.content.decode()
    return page.status_code, text.replace(str(patient.ref.id), "…").split("<main")[1]


def test_a_refusal_looks_the_same_for_an_empty_a_closed_and_an_opposed_drawer(ward) -> None:
    patient, doctor, _ = ward
    empty = a_patient()
    in_care(empty, doctor)
    closed(patient, doctor, Category.LABORATORY)
    closed(empty, doctor, Category.LABORATORY)
    kept_out = a_carer(family="Tanguy")
    in_care(patient, kept_out)
    opposed(patient, kept_out)
    pages = [_refusal(doctor, patient), _refusal(doctor, empty), _refusal(kept_out, patient)]
    assert {status for status, _ in pages} == {403}
    without_forms = {text.split("csrf")[0] for _, text in pages}
    assert len(without_forms) == 1
    assert "Ferritinémie" not in pages[0][1]
    assert "/request/?category=laboratory" in pages[0][1]
    refused = [entry for entry in history(patient) if entry.outcome == "refused"]
    assert [entry.category for entry in refused] == ["laboratory", "laboratory"]


@pytest.mark.asvs("v5.0.0-16.3.2")
def test_unknown_and_forbidden_answer_alike_and_leave_a_line(ward) -> None:
    patient, _, record = ward
    outsider = a_carer(family="Nedelec")
    browser = browser_of(outsider.account)
    for forbidden, unknown in (
        (f"/pro/patients/{patient.ref.id}/", f"/pro/patients/{uuid4()}/"),
        (f"/pro/patients/{patient.ref.id}/laboratory/", f"/pro/patients/{uuid4()}/laboratory/"),
        (f"/pro/items/{record}/", f"/pro/items/{uuid4()}/"),
        (f"/pro/patients/{patient.ref.id}/request/", f"/pro/patients/{uuid4()}/request/"),
        (f"/pro/patients/{patient.ref.id}/deposit/", f"/pro/patients/{uuid4()}/deposit/"),
    ):
        one, other = browser.get(forbidden), browser.get(unknown)
        assert one.status_code == other.status_code == 404, forbidden
        assert "Quintrec" not in one.content.decode()
        shown = [answer.content.decode().split("<main")[1].split("csrf")[0] for answer in (one, other)]
        assert shown[0] == shown[1]
    refused = [entry for entry in history(patient) if entry.outcome == "refused"]
    assert len(refused) >= 3
    assert {entry.actor for entry in refused} == {outsider.account.pk}


@pytest.mark.asvs("v5.0.0-8.2.1")
def test_pages_of_professionals_are_closed_to_the_others(ward) -> None:
    patient, _, record = ward
    for account in (patient.account, an_account("administrator")):
        browser = browser_of(account)
        theirs = [f"/pro/patients/{patient.ref.id}/{page}" for page in ("", "laboratory/", "deposit/", "emergency/")]
        for address in ("/pro/", "/pro/accesses/", "/pro/emergency/", f"/pro/items/{record}/", *theirs):
            assert browser.get(address).status_code == 403, address


def test_an_unknown_category_is_an_unknown_address(ward) -> None:
    patient, doctor, _ = ward
    assert browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/horoscope/").status_code == 404


def test_my_accesses_fold_the_names_of_a_list_and_name_only_my_patients(ward) -> None:
    patient, doctor, _ = ward
    in_care(a_patient(family="Zeller"), doctor)
    browser = browser_of(doctor.account)
    browser.get("/pro/")
    browser.get(f"/pro/patients/{patient.ref.id}/laboratory/")
    text = browser.get("/pro/accesses/").content.decode()
    assert "2 people" in text
    assert "Maëlys Quintrec" in text
    assert "Laboratory results" in text
    assert str(patient.ref.pseudonym) not in text
    assert str(doctor.account.pk) not in text


def test_my_accesses_go_on_by_a_cursor_and_a_bad_one_is_no_page(ward) -> None:
    _, doctor, _ = ward
    browser = browser_of(doctor.account)
    for _ in range(110):
        browser.get(f"/pro/patients/{uuid4()}/")
    first = browser.get("/pro/accesses/").content.decode()
    assert "?before=" in first
    older = first.split("/pro/accesses/?before=")[1].split('"')[0]
    assert browser.get(f"/pro/accesses/?before={older}").status_code == 200
    assert browser.get("/pro/accesses/?before=zzz").status_code == 404


def test_my_accesses_do_not_tell_a_hidden_document_from_none(ward) -> None:
    patient, doctor, record = ward
    mask(actor=patient.actor, record_id=record)
    browser = browser_of(doctor.account)
    lines = []
    for address in (f"/pro/items/{record}/", f"/pro/items/{uuid4()}/"):
        assert browser.get(address).status_code == 404
        newest = browser.get("/pro/accesses/").content.decode().split('<li class="folds">')[1].split("</li>")[0]
        lines.append(re.sub(r"<time.*?</time>", "", newest, flags=re.DOTALL))
    assert lines[0] == lines[1]
    assert "Quintrec" not in lines[0]
    assert "Refused" in lines[0]
    # The patient reads who tried, as before.
    assert [entry.object_id for entry in history(patient) if entry.outcome == "refused"] == [record]
