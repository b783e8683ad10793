"""In a colleague's name: within their rights, for a time, with both names in the log; and telling a patient later."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent import granting
from consent.categories import Category
from consent.models import AccessRequest, Delegation, Disclosure
from records.models import Record
from tests.portal.ward import a_carer, a_patient, a_result, acts, browser_of, closed, filed, history, in_care

LAB = Category.LABORATORY


def day(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.fixture
def ward(db):
    patient, doctor, other = (
        a_patient(),
        a_carer(family="Lefèvre", given="Nadia"),
        a_carer(family="Durand", given="Paul"),
    )
    in_care(patient, doctor)
    filed(patient, LAB, a_result())
    return patient, doctor, other


def text_of(page) -> str:
    assert page.status_code == 200, page.content.decode()[-600:]
    return page.content.decode()


def entrusted(doctor, other, categories=("laboratory", "consultation_report"), kind="replacement"):
    browser = browser_of(doctor.account)
    answer = browser.post(
        f"/pro/delegations/new/{other.person.id}/",
        {"kind": kind, "until": day(7), "categories": list(categories)},
    )
    assert answer.status_code == 302, answer.content.decode()[-800:]
    return Delegation.objects.get(delegate=other.person)


def acting(other, delegation):
    browser = browser_of(other.account)
    assert browser.post(f"/pro/delegations/{delegation.id}/act/").status_code == 302
    return browser


def test_a_replacement_sees_what_is_entrusted_and_no_more(ward):
    patient, doctor, other = ward
    record = f"/pro/patients/{patient.ref.id}/"
    browser = browser_of(other.account)
    assert browser.get(record).status_code == 404
    delegation = entrusted(doctor, other)
    assert "Nadia Lefèvre" in text_of(browser.get("/pro/delegations/"))
    assert browser.get(record).status_code == 404, "nothing before they say in whose name"
    browser = acting(other, delegation)
    page = text_of(browser.get("/pro/"))
    assert "You act for Dr Nadia Lefèvre." in page
    assert patient.identity.full_name in page
    assert "Emergency access" not in page
    assert "Ferritinémie" in text_of(browser.get(record + "laboratory/"))
    assert browser.get(record + "imaging/").status_code == 403
    closed(patient, doctor, LAB)
    assert browser.get(record + "laboratory/").status_code == 403, "never more than the one named"
    lines = [each for each in history(patient) if each.actor == other.account.pk and each.event == "category.read"]
    assert {each.on_behalf_of for each in lines} == {doctor.person.id}


def test_a_request_and_a_document_are_in_the_name_of_the_one_who_entrusted(ward):
    patient, doctor, other = ward
    closed(patient, doctor, LAB)
    browser = acting(other, entrusted(doctor, other))
    stamp = {"acting_for": browser.session["acting_for"]}
    asked = browser.post(
        f"/pro/patients/{patient.ref.id}/request/", {"category": "laboratory", "purpose": "follow_up"} | stamp
    )
    assert asked.status_code == 302
    request = AccessRequest.objects.get()
    assert request.professional == doctor.person
    granting.answer_request(actor=patient.actor, ref=patient.ref, request_id=request.id, allowed=True)
    note = {"category": "consultation_report", "title": "Consultation", "written_on": day(0), "text": "Vu ce jour."}
    assert browser.post(f"/pro/patients/{patient.ref.id}/deposit/", note | stamp).status_code == 302
    written = Record.objects.get(category="consultation_report")
    assert written.author == doctor.person.id
    view = text_of(browser.get(f"/pro/items/{written.id}/"))
    assert "Dr Paul Durand, in the name of Dr Nadia Lefèvre" in view


def test_a_form_of_another_name_changes_nothing(ward):
    patient, doctor, other = ward
    browser = acting(other, entrusted(doctor, other))
    note = {"category": "consultation_report", "title": "Consultation", "written_on": day(0), "text": "Vu ce jour."}
    assert browser.post(f"/pro/patients/{patient.ref.id}/deposit/", note).status_code == 409
    assert not Record.objects.filter(category="consultation_report").exists()


def test_when_it_ends_the_very_next_page_says_so(ward):
    patient, doctor, other = ward
    delegation = entrusted(doctor, other)
    browser = acting(other, delegation)
    assert browser_of(doctor.account).post(f"/pro/delegations/{delegation.id}/end/").status_code == 302
    answer = browser.get(f"/pro/patients/{patient.ref.id}/")
    assert answer.headers["Location"] == "/pro/delegations/"
    assert "You no longer act for this person." in text_of(browser.get("/pro/delegations/"))
    assert browser.get(f"/pro/patients/{patient.ref.id}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"until": ""}, "a delegation always ends"),
        ({"until": day(-2)}, "The end date is already past."),
        ({"categories": []}, "Choose at least one category."),
        ({"kind": "replacement"}, "A replacement has the same profession as you."),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_entrusted(ward, change, sentence):
    _, doctor, _ = ward
    nurse = a_carer("nurse", family="Petit")
    fields = {"kind": "secretary", "until": day(7), "categories": ["laboratory"]} | change
    browser = browser_of(doctor.account)
    assert sentence in text_of(browser.post(f"/pro/delegations/new/{nurse.person.id}/", fields))
    assert not Delegation.objects.exists()


def test_nobody_entrusts_oneself_nor_passes_on_what_was_entrusted(ward):
    _, doctor, other = ward
    fields = {"kind": "secretary", "until": day(7), "categories": ["laboratory"]}
    own = browser_of(doctor.account).post(f"/pro/delegations/new/{doctor.person.id}/", fields)
    assert "Nobody replaces themselves." in text_of(own)
    browser = acting(other, entrusted(doctor, other))
    third = a_carer(family="Tiers")
    passed = browser.post(
        f"/pro/delegations/new/{third.person.id}/", fields | {"acting_for": browser.session["acting_for"]}
    )
    assert passed.status_code == 403
    assert ("delegation.made", "refused") in acts(other.account)
    stranger = browser_of(third.account)
    assert stranger.post(f"/pro/delegations/{Delegation.objects.get().id}/act/").status_code == 404


def test_telling_later_needs_a_second_professional_in_their_own_name(ward):
    patient, doctor, other = ward
    told, own = "/sharing/told/", browser_of(patient.account)
    record = f"/pro/patients/{patient.ref.id}/"
    browser = browser_of(doctor.account)
    wrong = browser.post(record + "tell/", {"basis": "abuse", "review": day(400)})
    assert "Choose a review date in the next six months." in text_of(wrong)
    assert browser.post(record + "tell/", {"basis": "abuse", "review": day(60)}).status_code == 302
    made = Disclosure.objects.get()
    assert "Nothing was told" in text_of(own.get(told))
    assert "Nothing waits for you" in text_of(browser.get(record + "told/")), "not one's own"
    stand_in = acting(other, entrusted(doctor, other))
    refused = stand_in.post(record + f"told/{made.id}/", {"acting_for": stand_in.session["acting_for"]})
    assert "decided in one's own name" in refused.content.decode().replace("&#39;", "'")
    second = a_carer(family="Second")
    in_care(patient, second)
    colleague = browser_of(second.account)
    assert "Abuse" in text_of(colleague.get(record + "told/"))
    assert colleague.post(record + f"told/{made.id}/").status_code == 302
    made.refresh_from_db()
    assert (made.agreed_by, made.visible_from) == (second.person, made.review_at)
    assert "Nothing was told" in text_of(own.get(told))
    # No line of the patient's history tells of it before the day of review.
    assert "lawful" not in text_of(own.get("/accesses/?show=others")).lower().split("<main")[1]
