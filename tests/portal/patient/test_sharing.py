"""Sharing works with forms alone: switches, the sentence before confirming, requests, ends, oppositions."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from consent import granting
from consent.categories import Category
from consent.models import Choice
from portal.accounts.models import SealedTOTPDevice
from tests.portal.ward import a_carer, a_patient, browser_of, closed, freshly_proven, history, in_care, opposed


@pytest.fixture
def patient(db):
    return a_patient()


@pytest.fixture
def doctor(patient):
    carer = a_carer(family="Lefèvre", given="Nadia")
    in_care(patient, carer)
    return carer


@pytest.fixture
def browser(patient):
    return freshly_proven(patient.account)


def text_of(page) -> str:
    return page.content.decode()


def switches(page: str) -> tuple[list[str], list[str]]:
    """The values of the switches that are on, and of those that are off."""
    tags = [part.split(">")[0] for part in page.split('name="open" value="')[1:]]
    on = [tag.split('"')[0] for tag in tags if tag.endswith("checked")]
    return on, [tag.split('"')[0] for tag in tags if not tag.endswith("checked")]


def opens(carer, patient, category: str = "imaging") -> int:
    return browser_of(carer.account).get(f"/pro/patients/{patient.ref.id}/{category}/").status_code


def test_closing_by_switch_is_previewed_then_done_and_holds_at_once(patient, doctor, browser) -> None:
    page = text_of(browser.get(f"/sharing/{doctor.person.id}/"))
    on, _ = switches(page)
    imaging = f"{doctor.person.id}:imaging"
    assert imaging in on
    assert opens(doctor, patient) == 200
    asked = {"about": str(doctor.person.id), "open": [code for code in on if code != imaging], "length": ""}
    preview = text_of(browser.post("/sharing/changes/", asked))
    assert "Dr Nadia Lefèvre will no longer see Imaging." in preview
    assert opens(doctor, patient) == 200
    assert "1 change made." in text_of(
        browser.post("/sharing/confirm/", {"change": f"{imaging}:close", "length": ""}, follow=True)
    )
    assert opens(doctor, patient) == 403
    assert imaging in switches(text_of(browser.get("/sharing/")))[1]
    assert "Your choice" in text_of(browser.get(f"/sharing/{doctor.person.id}/"))


def test_opening_for_a_month_has_an_end(patient, doctor, browser) -> None:
    closed(patient, doctor, Category.IMAGING)
    on, off = switches(text_of(browser.get(f"/sharing/{doctor.person.id}/")))
    imaging = f"{doctor.person.id}:imaging"
    assert imaging in off
    asked = {"about": str(doctor.person.id), "open": [*on, imaging], "length": "31"}
    assert "will see Imaging, until" in text_of(browser.post("/sharing/changes/", asked))
    browser.post("/sharing/confirm/", {"change": f"{imaging}:open", "length": "31"})
    choice = Choice.objects.about(patient.ref.id).live(timezone.now()).get(category="imaging")
    assert timedelta(days=30) < choice.during.upper - timezone.now() < timedelta(days=33)
    assert opens(doctor, patient) == 200


def test_a_form_about_one_person_leaves_the_others_alone(patient, doctor, browser) -> None:
    nurse = a_carer("nurse", family="Roy")
    in_care(patient, nurse)
    on, _ = switches(text_of(browser.get(f"/sharing/{doctor.person.id}/")))
    page = browser.post("/sharing/changes/", {"about": str(doctor.person.id), "open": on}, follow=True)
    assert "No switch was moved" in text_of(page)
    assert opens(nurse, patient) == 200


@pytest.mark.asvs("v5.0.0-2.2.2", "v5.0.0-8.3.1")
def test_what_no_choice_can_open_has_no_switch_and_cannot_be_forged(patient, doctor, browser) -> None:
    on, off = switches(text_of(browser.get(f"/sharing/{doctor.person.id}/")))
    never = f"{doctor.person.id}:personal_notes"
    assert never not in [*on, *off]
    forged = {"about": str(doctor.person.id), "open": [*on, never]}
    assert "No switch was moved" in text_of(browser.post("/sharing/changes/", forged, follow=True))
    browser.post("/sharing/confirm/", {"change": f"{never}:open"})
    assert not Choice.objects.about(patient.ref.id).filter(category="personal_notes").exists()


def test_a_request_is_answered_yes_or_no(patient, doctor, browser) -> None:
    closed(patient, doctor, Category.IMAGING)
    for answer, expected in (("no", 403), ("yes", 200)):
        asked = granting.request_access(
            actor=doctor.actor, ref=patient.ref, category=Category.IMAGING, purpose="follow_up"
        )
        page = text_of(browser.get("/sharing/"))
        assert "Dr Nadia Lefèvre asks to see: Imaging." in page
        assert "To follow you over time" in page
        assert "asks to see more" in text_of(browser.get("/home/"))
        browser.post(f"/sharing/requests/{asked}/", {"answer": answer, "length": "7"})
        assert opens(doctor, patient) == expected


def test_a_professional_is_found_without_accents_and_let_in(patient, browser) -> None:
    newcomer = a_carer("nurse", family="Lefèvre", given="Élodie")
    page = text_of(browser.post("/sharing/add/", {"name": "lefevre elo"}))
    assert "Élodie Lefèvre" in page
    assert "Cabinet Lefèvre" in page
    assert opens(newcomer, patient) == 404
    browser.post(f"/sharing/add/{newcomer.person.id}/", {"length": "183"})
    assert opens(newcomer, patient) == 200
    assert "already takes care of you" in text_of(browser.post(f"/sharing/add/{newcomer.person.id}/", {"length": ""}))


def test_a_search_for_nobody_or_too_little_says_what_to_do(browser) -> None:
    assert "Nobody of this name" in text_of(browser.post("/sharing/add/", {"name": "xyzzy"}))
    assert 'aria-invalid="true"' in text_of(browser.post("/sharing/add/", {"name": "x"}))


def test_ending_a_relationship_and_opposing(patient, doctor, browser) -> None:
    browser.post(f"/sharing/{doctor.person.id}/opposition/")
    assert opens(doctor, patient) == 403
    page = text_of(browser.get(f"/sharing/{doctor.person.id}/"))
    assert "You are opposed to this person seeing your record." in page
    assert not any(switches(page))
    opposition = page.split("/sharing/oppositions/")[1].split("/")[0]
    browser.post(f"/sharing/oppositions/{opposition}/withdraw/")
    assert opens(doctor, patient) == 200
    browser.post(f"/sharing/{doctor.person.id}/end/")
    assert opens(doctor, patient) == 404
    assert browser.get(f"/sharing/{doctor.person.id}/").status_code == 404
    assert {"opposition.made", "opposition.withdrawn", "relationship.ended"} <= {e.event for e in history(patient)}


def test_an_opposed_person_has_words_in_place_of_switches(patient, doctor, browser) -> None:
    opposed(patient, doctor)
    page = text_of(browser.get("/sharing/"))
    assert "opposed" in page
    assert not any(switches(page))


def test_what_makes_no_sense_is_said_in_a_sentence(patient, doctor, browser) -> None:
    page = browser.post(f"/sharing/{a_carer(family='Tanguy').person.id}/end/")
    assert page.status_code == 400
    assert "This person does not take care of you at the moment." in text_of(page)


@pytest.mark.asvs("v5.0.0-3.5.1", "v5.0.0-3.5.3")
def test_every_act_needs_a_post_and_a_token(patient, doctor) -> None:
    browser = browser_of(patient.account)
    browser.handler.enforce_csrf_checks = True
    for address in ("/sharing/changes/", "/sharing/confirm/", f"/sharing/{doctor.person.id}/end/"):
        assert browser.get(address).status_code == 405
        assert browser.post(address).status_code == 403


@pytest.mark.asvs("v5.0.0-7.5.3")
def test_opening_asks_for_a_proof_and_closing_does_not(patient, doctor):
    browser = browser_of(patient.account)
    imaging = f"{doctor.person.id}:imaging"
    browser.post("/sharing/confirm/", {"change": f"{imaging}:close", "length": ""})
    assert opens(doctor, patient) == 403
    asked = browser.post("/sharing/confirm/", {"change": f"{imaging}:open", "length": ""}).content.decode()
    assert "Is it you?" in asked
    assert f'name="change" value="{imaging}:open"' in asked
    assert opens(doctor, patient) == 403
    code = SealedTOTPDevice.objects.get(user=patient.account).code_at(time.time())
    sent = {"change": f"{imaging}:open", "length": "", "prove": "act", "proof_code": code}
    assert browser.post("/sharing/confirm/", sent)["Location"] == "/sharing/"
    assert opens(doctor, patient) == 200
