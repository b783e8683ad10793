"""Why a colleague broke the glass: read by the doctor whom the organisation named, and by no administrator."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor
from consent.acting import Invalid
from consent.decisions import Refused
from consent.models import Emergency, EmergencyReview, Membership, ReviewingDoctor
from consent.reviewers import end_reviewer, name_reviewer
from tests.portal.ward import SEED, a_carer, a_patient, acts, an_account, browser_of, history

LIST = "/pro/reviews/"
TYPED = "Arrêt cardiaque sur la voie publique."


@pytest.fixture
def scene(db):
    patient, opener, reviewer = a_patient(), a_carer(), a_carer(family="Scouarnec", given="Anne")
    reviewer.organisation = opener.organisation
    Membership.objects.create(
        professional=reviewer.person, organisation=opener.organisation,
        during=(timezone.now() - timedelta(days=40), None),
    )  # fmt: skip
    name_reviewer(actor=SEED, professional=reviewer.person.id, organisation=opener.organisation.id)
    browser_of(opener.account).post(
        f"/pro/patients/{patient.ref.id}/emergency/", {"reason_code": "unconscious", "text": TYPED}
    )
    return patient, opener, reviewer, Emergency.objects.get()


def test_the_reviewing_doctor_reads_the_words_and_the_patient_reads_that_they_did(scene):
    patient, opener, reviewer, emergency = scene
    browser = browser_of(reviewer.account)
    listed = browser.get(LIST).content.decode()
    assert opener.person.name in listed
    assert TYPED not in listed
    page = browser.get(f"{LIST}{emergency.id}/").content.decode()
    assert TYPED in page
    assert patient.identity.family not in page
    assert (history(patient)[-1].event, history(patient)[-1].ground) == ("emergency.reason_read", "reviewing")
    told = browser_of(patient.account).get("/accesses/?kind=emergency").content.decode()
    assert "Reason of an emergency read by a reviewing doctor" in told
    assert "yours stayed closed to them" in told


def test_the_review_is_concluded_when_the_emergency_is_over(scene):
    _patient, opener, reviewer, emergency = scene
    browser = browser_of(reviewer.account)
    assert browser.post(f"{LIST}{emergency.id}/verdict/", {"verdict": "justified"}).status_code == 400
    Emergency.objects.update(during=(emergency.during.lower, timezone.now()))
    assert (
        browser_of(opener.account).post(f"{LIST}{emergency.id}/verdict/", {"verdict": "justified"}).status_code == 403
    )
    assert browser.post(f"{LIST}{emergency.id}/verdict/", {"verdict": "justified"}).status_code == 302
    kept = EmergencyReview.objects.get()
    assert (kept.verdict, kept.reviewer_id) == ("justified", reviewer.account.pk)


def test_nobody_else_reads_the_words(scene):
    _patient, opener, _reviewer, emergency = scene
    stranger, elsewhere, admin = a_carer(family="Tanguy"), a_carer(family="Riou"), an_account("administrator")
    name_reviewer(actor=SEED, professional=elsewhere.person.id, organisation=elsewhere.organisation.id)
    for carer in (opener, stranger, elsewhere):
        answer = browser_of(carer.account).get(f"{LIST}{emergency.id}/")
        assert answer.status_code == 404
        assert TYPED not in answer.content.decode()
        assert acts(carer.account)[-1] == ("emergency.reason_read", "refused")
    assert browser_of(opener.account).get(LIST).status_code == 403
    assert browser_of(elsewhere.account).get(LIST).status_code == 200
    browser = browser_of(admin)
    assert browser.get(f"{LIST}{emergency.id}/").status_code == 403
    for address in ("/administration/emergencies/", "/administration/alerts/", "/administration/"):
        assert TYPED not in browser.get(address).content.decode()


def test_who_left_or_is_no_longer_named_reads_nothing(scene):
    _patient, opener, reviewer, emergency = scene
    end_reviewer(actor=SEED, professional=reviewer.person.id, organisation=opener.organisation.id)
    assert browser_of(reviewer.account).get(f"{LIST}{emergency.id}/").status_code == 404
    name_reviewer(actor=SEED, professional=reviewer.person.id, organisation=opener.organisation.id)
    work = Membership.objects.filter(professional=reviewer.person, organisation=opener.organisation)
    work.update(during=(work.get().during.lower, timezone.now()))
    assert browser_of(reviewer.account).get(f"{LIST}{emergency.id}/").status_code == 404


def test_who_may_name_and_be_named(scene):
    _patient, opener, reviewer, _emergency = scene
    place = opener.organisation.id
    with pytest.raises(Refused):
        name_reviewer(actor=Actor.system("sweep"), professional=opener.person.id, organisation=place)
    with pytest.raises(Invalid, match="already"):
        name_reviewer(actor=SEED, professional=reviewer.person.id, organisation=place)
    nurse, stranger = a_carer("nurse", family="Le Bris"), a_carer(family="Riou")
    with pytest.raises(Invalid, match="is a doctor"):
        name_reviewer(actor=SEED, professional=nurse.person.id, organisation=nurse.organisation.id)
    with pytest.raises(Invalid, match="does not work there"):
        name_reviewer(actor=SEED, professional=stranger.person.id, organisation=place)
    assert ReviewingDoctor.objects.count() == 1
