"""A name is opened by two administrators, for a reason, for an hour, and its patient is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.pseudonyms import shown
from audit.sequencing import sequence_once
from portal.acting import FRESH_KEY
from portal.notifications.following import follow_log
from portal.notifications.models import Letter
from portal.oversight.models import Unsealing
from tests.portal.ward import a_carer, a_patient, acts, an_account, browser_of, history

LIST = "/administration/names/"


@pytest.fixture
def scene(db):
    one, other, third = (an_account("administrator") for _ in range(3))
    return a_patient(), one, other, third


def ask(account, pseudonym, reason="confirmed"):
    return browser_of(account).post(f"{LIST}ask/", {"pseudonym": pseudonym, "reason": reason})


@pytest.mark.asvs("v5.0.0-2.3.5")
def test_two_administrators_a_reason_an_hour_and_the_patient_is_told(scene):
    patient, one, other, third = scene
    assert ask(one, shown("P", patient.ref.pseudonym)).status_code == 302
    asked = Unsealing.objects.get()
    first, second = browser_of(one), browser_of(other)
    assert first.post(f"{LIST}{asked.id}/").status_code == 400
    assert first.post(f"{LIST}{asked.id}/agree/").status_code == 403
    assert "Waiting for a second administrator" in first.get(LIST).content.decode()
    assert second.post(f"{LIST}{asked.id}/agree/").status_code == 302
    for browser in (first, second):
        listed = browser.get(LIST).content.decode()
        assert "Quintrec" not in listed
        page = browser.post(f"{LIST}{asked.id}/").content.decode()
        assert "Maëlys Quintrec" in page
    assert browser_of(third).post(f"{LIST}{asked.id}/").status_code == 403
    told = [entry.event for entry in history(patient) if entry.event.startswith("unsealing")]
    assert told == ["unsealing.asked", "unsealing.done", "unsealing.read", "unsealing.read"]
    while sequence_once():
        pass
    follow_log()
    assert Letter.objects.filter(account_id=patient.account.pk, kind="unsealing").count() == 1
    text = browser_of(patient.account).get("/accesses/?kind=asked").content.decode()
    assert "Name behind a pseudonym opened by two administrators" in text


def test_after_an_hour_it_is_over_and_a_request_lapses(scene):
    patient, one, other, _third = scene
    ask(one, shown("P", patient.ref.pseudonym))
    asked = Unsealing.objects.get()
    browser_of(other).post(f"{LIST}{asked.id}/agree/")
    Unsealing.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = browser_of(one).post(f"{LIST}{asked.id}/")
    assert page.status_code == 400
    assert "Quintrec" not in page.content.decode()
    ask(one, shown("P", patient.ref.pseudonym))
    late = Unsealing.objects.get(agreed_by=None)
    Unsealing.objects.filter(id=late.id).update(asked_at=timezone.now() - timedelta(days=8))
    assert browser_of(other).post(f"{LIST}{late.id}/agree/").status_code == 400


def test_a_person_by_the_pseudonym_of_their_account(scene):
    patient, one, other, _third = scene
    doctor = a_carer()
    for account, name in ((doctor.account, "Dr Yann Abgrall"), (patient.account, "Maëlys Quintrec")):
        assert ask(one, shown("A", account.pk), "safety").status_code == 302
        asked = Unsealing.objects.order_by("-asked_at").first()
        browser_of(other).post(f"{LIST}{asked.id}/agree/")
        assert name in browser_of(one).post(f"{LIST}{asked.id}/").content.decode()


@pytest.mark.parametrize(
    ("pseudonym", "reason"),
    [("P-0000-0000", "safety"), ("A-0000-0000", "safety"), ("Quintrec", "safety"), ("", "safety"), (None, "curious")],
)
def test_nobody_and_no_reason_get_a_sentence(scene, pseudonym, reason):
    patient, one, *_ = scene
    answer = ask(one, shown("P", patient.ref.pseudonym) if pseudonym is None else pseudonym, reason)
    assert answer.status_code == 400
    assert not Unsealing.objects.exists()
    assert ("unsealing.asked", "done") not in acts(one)


@pytest.mark.asvs("v5.0.0-8.4.2")
def test_agreeing_and_reading_ask_for_a_fresh_proof(scene):
    patient, one, other, _third = scene
    ask(one, shown("P", patient.ref.pseudonym))
    asked = Unsealing.objects.get()
    second = browser_of(other)
    session = second.session
    del session[FRESH_KEY]
    session.save()
    second.post(f"{LIST}{asked.id}/agree/")
    asked.refresh_from_db()
    assert asked.agreed_by is None
    browser_of(other).post(f"{LIST}{asked.id}/agree/")
    assert "Quintrec" not in second.post(f"{LIST}{asked.id}/").content.decode()
    assert "Quintrec" in browser_of(other).post(f"{LIST}{asked.id}/").content.decode()


def test_only_administrators(scene):
    patient, one, *_ = scene
    ask(one, shown("P", patient.ref.pseudonym))
    asked = Unsealing.objects.get()
    for account in (patient.account, a_carer().account):
        browser = browser_of(account)
        assert browser.get(LIST).status_code == 403
        for address in ("ask/", f"{asked.id}/agree/", f"{asked.id}/"):
            assert browser.post(LIST + address).status_code == 403
