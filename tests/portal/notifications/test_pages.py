"""The list of letters: for the patient alone, in neutral words, read when the person says so."""

import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from audit.sequencing import sequence_once
from consent.categories import Category
from portal.notifications.following import follow_log
from portal.notifications.kinds import Kind
from portal.notifications.models import Letter
from portal.notifications.tasks import clear_expired_sessions, follow_the_log
from portal.notifications.views import SHOWN
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


def test_each_side_reads_its_own_letters_and_a_visitor_none(told) -> None:
    for account in (a_carer(family="Nedelec").account, an_account("administrator")):
        text = browser_of(account).get("/letters/").content.decode()
        assert "No letter yet" in text
        assert "who looked" not in text
        browser_of(account).post("/letters/read/")
    assert Letter.objects.unread().count() == 2
    assert Client().get("/letters/").status_code == 302


def test_the_unread_are_shown_alone_and_marked_one_by_one(told) -> None:
    browser = browser_of(told.account)
    first, second = Letter.objects.addressed_to(told.account.pk)
    after = browser.post(f"/letters/{first.pk}/read/", {"show": "unread"}, follow=True)
    assert after.redirect_chain == [("/letters/?show=unread", 302)]
    text = after.content.decode()
    assert str(second.pk) in text
    assert str(first.pk) not in text
    assert str(first.pk) in browser.get("/letters/").content.decode()
    browser.post(f"/letters/{second.pk}/read/")
    assert "Nothing unread" in browser.get("/letters/?show=unread").content.decode()


def test_a_letter_about_somebody_else_does_not_say_that_the_record_is_yours(db) -> None:
    carer = a_patient(family="Nedelec")
    at = timezone.now()
    for number, kind in enumerate((Kind.FIRST_ACCESS, Kind.NEW_DOCUMENT, Kind.EMERGENCY)):
        Letter.objects.create(account=carer.account, entry_index=number, kind=kind, at=at, represents=carer.ref.id)
    rows = browser_of(carer.account).get("/letters/").content.decode().split('<ul class="rows"')[1]
    assert rows.count("a Carnet that you look after") == 3
    assert "your record" not in rows.lower()


def test_nobody_marks_the_letter_of_somebody_else(told) -> None:
    letter = Letter.objects.addressed_to(told.account.pk)[0]
    assert browser_of(a_patient(family="Kermarrec").account).post(f"/letters/{letter.pk}/read/").status_code == 404
    assert browser_of(told.account).get(f"/letters/{letter.pk}/read/").status_code == 405
    assert Letter.objects.unread().count() == 2


def test_a_long_past_is_turned_page_by_page(told) -> None:
    at = timezone.now()
    Letter.objects.bulk_create(
        Letter(account=told.account, entry_index=number, kind=Kind.NEW_DOCUMENT, at=at)
        for number in range(1000, 1000 + 2 * SHOWN)
    )
    browser, seen, address = browser_of(told.account), [], "/letters/"
    while address:
        text = browser.get(address).content.decode()
        seen += re.findall(r'<li class="folds" id="letter-([^"]+)"', text)
        older = re.search(r'href="(\?[^"]*before=[^"]*)"', text)
        address = f"/letters/{html.unescape(older[1])}" if older else ""
    assert len(seen) == len(set(seen)) == Letter.objects.addressed_to(told.account.pk).count() == 2 * SHOWN + 2
    for wrong in ("x", "-1", "9" * 40, "1.5"):
        assert browser.get("/letters/", {"before": wrong}).status_code == 404


def test_the_tasks_run_as_the_worker_runs_them(told) -> None:
    Letter.objects.all().delete()
    assert follow_the_log() == 0
    assert clear_expired_sessions() is None
