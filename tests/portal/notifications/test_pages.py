"""The list of letters: for the patient alone, in neutral words, read when the person says so."""

import re

import pytest

from audit.sequencing import sequence_once
from consent.categories import Category
from portal.notifications.following import follow_log
from portal.notifications.models import Letter
from portal.notifications.tasks import clear_expired_sessions, follow_the_log
from tests.portal.ward import a_carer, a_patient, an_account, browser_of, filed, in_care

REASON = {"reason_code": "unconscious", "text": "Trouvée inconsciente chez elle."}


@pytest.fixture
def told(db):
    """A patient whose record was opened, broken into and added to."""
    patient, doctor, other = a_patient(), a_carer("psychologist"), a_carer(family="Tanguy", given="Loïc")
    for carer in (doctor, other):
        in_care(patient, carer)
    browser = browser_of(doctor.account)
    browser.get(f"/pro/patients/{patient.ref.id}/")
    browser_of(other.account).post(f"/pro/patients/{patient.ref.id}/emergency/", REASON)
    filed(patient, Category.GENETICS, {"resourceType": "Condition", "code": {"text": "Hémochromatose"}})
    sequence_once()
    follow_log()
    return patient


def test_letters_are_listed_newest_first_and_marked_read_by_a_button(told) -> None:
    browser = browser_of(told.account)
    text = browser.get("/letters/").content.decode()
    first = text.index("Your record was opened in an emergency.")
    assert first < text.index("A professional opened your record for the first time.")
    assert text.count(">New<") == 2
    assert browser.get("/letters/").content.decode().count(">New<") == 2
    after = browser.post("/letters/read/", follow=True).content.decode()
    assert ">New<" not in after
    assert Letter.objects.unread().count() == 0


def test_a_letter_names_nobody_no_profession_and_no_content(told) -> None:
    text = browser_of(told.account).get("/letters/").content.decode().split("<main")[1]
    for word in ("Abgrall", "Tanguy", "psycholog", "doctor", "genetic", "Hémochromatose", "inconsciente", "laborator"):
        assert not re.search(word, text, re.I)


def test_letters_are_their_own(told) -> None:
    other = a_patient(family="Kermarrec")
    assert "No letter yet" in browser_of(other.account).get("/letters/").content.decode()
    browser_of(other.account).post("/letters/read/")
    assert Letter.objects.unread().count() == 2


def test_letters_are_closed_to_the_others(told) -> None:
    for account in (a_carer(family="Nedelec").account, an_account("administrator")):
        assert browser_of(account).get("/letters/").status_code == 403
        assert browser_of(account).post("/letters/read/").status_code == 403


def test_the_tasks_run_as_the_worker_runs_them(told) -> None:
    Letter.objects.all().delete()
    assert follow_the_log() == 0
    assert clear_expired_sessions() is None
