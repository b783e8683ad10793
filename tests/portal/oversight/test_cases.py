"""A patient questions an access; the professional explains; an administrator concludes; the patient reads it all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor
from portal.oversight.models import Case
from records import rotation
from tests.portal.ward import a_carer, a_patient, acts, an_account, browser_of, history, in_care

WORDS = "Je remplaçais le docteur Le Goff ce jour-là."


@pytest.fixture
def scene(db):
    patient, carer = a_patient(), a_carer()
    in_care(patient, carer)
    browser_of(carer.account).get(f"/pro/patients/{patient.ref.id}/")
    line = next(entry for entry in history(patient) if entry.actor == carer.account.pk)
    return patient, carer, line


def ask(patient, line):
    return browser_of(patient.account).post(f"/accesses/questions/{line.id}/", follow=True)


def test_from_the_question_to_the_outcome(scene):
    patient, carer, line = scene
    page = browser_of(patient.account).get("/accesses/").content.decode()
    assert f"/accesses/questions/{line.id}/" in page
    assert "An explanation is due by" in ask(patient, line).content.decode()
    case = Case.objects.get()
    assert case.due_at - case.opened_at > timedelta(days=14)
    professional = browser_of(carer.account)
    assert "does not recognise an access of yours" in professional.get("/pro/").content.decode()
    to_explain = professional.get("/pro/questions/").content.decode()
    assert f"/pro/questions/{case.id}/" in to_explain
    assert "Maëlys Quintrec" in to_explain
    professional.post(f"/pro/questions/{case.id}/", {"code": "duty", "words": WORDS})
    assert "does not recognise an access of yours" not in professional.get("/pro/").content.decode()
    case.refresh_from_db()
    assert WORDS.encode() not in bytes(case.sealed_words)
    admin = an_account("administrator")
    browser = browser_of(admin)
    page = browser.get("/administration/questions/").content.decode()
    assert "I was on duty or replaced a colleague" in page
    assert WORDS not in page
    assert patient.identity.family not in page
    assert carer.person.family not in page
    browser.post(f"/administration/questions/{case.id}/", {"conclusion": "justified"})
    page = browser_of(patient.account).get("/accesses/questions/").content.decode()
    assert WORDS in page
    assert "The access was justified" in page
    assert "Dr Yann Abgrall" in page
    told = [entry.event for entry in history(patient) if entry.event.startswith("case.")]
    assert told == ["case.opened", "case.explained", "case.concluded"]
    explained = next(entry for entry in history(patient) if entry.event == "case.explained")
    assert (len(explained.digest), explained.key_version) == (32, 1)


def test_only_one_s_own_lines_and_acts(scene):
    patient, carer, line = scene
    stranger, other = a_patient("Autre", "Yves"), a_carer(family="Le Gall")
    assert browser_of(stranger.account).post(f"/accesses/questions/{line.id}/").status_code == 404
    own = next(entry for entry in history(patient) if entry.actor != carer.account.pk)
    assert ask(patient, own).status_code == 400
    ask(patient, line)
    assert ask(patient, line).status_code == 400
    case = Case.objects.get()
    answer = {"code": "care", "words": WORDS}
    assert browser_of(other.account).post(f"/pro/questions/{case.id}/", answer).status_code == 404
    assert str(case.id) not in browser_of(other.account).get("/pro/questions/").content.decode()
    assert browser_of(carer.account).post(f"/administration/questions/{case.id}/").status_code == 403
    mine = browser_of(carer.account)
    for wrong in ({"code": "x", "words": "y"}, {"code": "care", "words": " "}, {"code": "care", "words": "y" * 2001}):
        page = mine.post(f"/pro/questions/{case.id}/", wrong).content.decode()
        assert 'role="alert"' in page
        assert wrong["words"] in page
    case.refresh_from_db()
    assert case.answered_at is None
    assert mine.post(f"/pro/questions/{case.id}/", answer).status_code == 302
    assert mine.post(f"/pro/questions/{case.id}/", answer).status_code == 400


def test_a_conclusion_must_fit(scene):
    patient, _carer, line = scene
    ask(patient, line)
    case = Case.objects.get()
    admin = an_account("administrator")
    browser = browser_of(admin)
    for early in ("justified", "unanswered", "x"):
        assert browser.post(f"/administration/questions/{case.id}/", {"conclusion": early}).status_code == 400
    Case.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert "The deadline has passed" in browser.get("/administration/questions/").content.decode()
    assert browser.post(f"/administration/questions/{case.id}/", {"conclusion": "unanswered"}).status_code == 302
    assert browser.post(f"/administration/questions/{case.id}/", {"conclusion": "unanswered"}).status_code == 400
    assert (
        "No explanation was given in time" in browser_of(patient.account).get("/accesses/questions/").content.decode()
    )
    assert ("case.concluded", "done") in acts(admin)


def test_the_words_turn_with_the_patient_s_key(scene):
    patient, carer, line = scene
    ask(patient, line)
    case = Case.objects.get()
    browser_of(carer.account).post(f"/pro/questions/{case.id}/", {"code": "care", "words": WORDS})
    house = Actor.system("rotation")
    rotation.begin(actor=house, dossier_id=patient.ref.id)
    rotation.reseal_batch(actor=house, dossier_id=patient.ref.id)
    case.refresh_from_db()
    assert case.key_version == 2
    assert WORDS in browser_of(patient.account).get("/accesses/questions/").content.decode()
