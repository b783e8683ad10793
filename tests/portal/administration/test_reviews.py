"""The page of emergencies to review."""

import pytest

from consent.acting import now
from consent.models import Emergency
from consent.reviews import await_review
from portal.ui.pseudonyms import pseudonym
from tests.consent.conftest import DAY
from tests.portal.ward import a_carer, a_patient, an_account, browser_of


@pytest.fixture
def emergency(db):
    patient, doctor = a_patient(), a_carer(family="Garde", given="Luc")
    start = now() - 10 * DAY
    broken = Emergency.objects.create(
        dossier=patient.ref.id, professional=doctor.person, reason_code="unconscious", sealed_reason=b"x",
        key_version=1, digest=bytes(32), during=(start, start + DAY / 48),
    )  # fmt: skip
    await_review(broken, start)
    return broken


def test_an_emergency_is_reviewed_once(emergency):
    browser = browser_of(an_account("administrator"))
    page = browser.get("/administration/emergencies/").content.decode()
    assert "Garde" not in page
    assert pseudonym("A", emergency.professional.account_id) in page
    assert "Late since" in page
    assert str(emergency.dossier) not in page
    address = f"/administration/emergencies/{emergency.id}/"
    assert browser.post(address, {"verdict": "maybe"}).status_code == 400
    assert "No emergency waits" in browser.post(address, {"verdict": "justified"}, follow=True).content.decode()
    assert browser.post(address, {"verdict": "justified"}).status_code == 400
    assert browser_of(a_patient().account).get("/administration/emergencies/").status_code == 403
