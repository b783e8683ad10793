"""The pages of the record as a whole: change the lock, take away, close. A fresh proof before each act."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from audit.keys import load_log_keys
from audit.outsider import main as check_file
from audit.sequencing import sequence_once
from consent.categories import Category
from portal.patient import copies, keeping
from portal.takeaway import making
from portal.takeaway.making import make_copy
from records.copy_models import Copy, CopyPart
from records.models import Dossier, PatientKey
from records.turning import carry_through
from tests.portal.ward import Patient, a_patient, a_result, browser_of, filed, prove_again


@pytest.fixture
def patient(db: object) -> Patient:
    patient = a_patient()
    filed(patient, Category.LABORATORY, a_result())
    return patient


@pytest.fixture
def browser(patient: Patient) -> Client:
    return browser_of(patient.account)


@pytest.fixture(autouse=True)
def _no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when Redis is away: nobody is sent anything, and nothing is lost."""

    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(copies.make, "apply_async", away)
    monkeypatch.setattr(keeping.app, "send_task", away)


def text_of(page: object, status: int = 200) -> str:
    assert page.status_code == status, page.content.decode()[-500:]
    return page.content.decode()


def numbered() -> None:
    while sequence_once():
        pass


def test_the_lock_changes_with_a_proof_and_shows_how_far_it_is(patient: Patient, browser: Client) -> None:
    assert "Change the lock now" in text_of(browser.get("/record/keeping/lock/"))
    assert "proof_code" in text_of(browser.post("/record/keeping/lock/"))
    assert PatientKey.objects.filter(dossier_id=patient.ref.id).count() == 1
    prove_again(browser)
    for _ in range(2):
        page = text_of(browser.post("/record/keeping/lock/", follow=True))
    assert "0% done" in page
    assert "Change the lock now" not in page
    assert PatientKey.objects.filter(dossier_id=patient.ref.id).count() == 2
    carry_through(patient.ref.id)
    assert "Change the lock now" in text_of(browser.get("/record/keeping/lock/"))


def test_a_copy_is_asked_for_watched_and_downloaded_once(
    patient: Patient, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "proof_code" in text_of(browser.post("/record/keeping/copy/"))
    assert not Copy.objects.exists()
    prove_again(browser)
    page = text_of(browser.post("/record/keeping/copy/", {"hidden": "on"}, follow=True))
    assert "Your copy is being made" in page
    copy = Copy.objects.get()
    assert (copy.with_hidden, copy.language) == (True, "en")
    monkeypatch.setattr(making, "wait_until_covered", lambda *_, **__: numbered() or True)
    assert make_copy(copy.id)
    assert "Download my copy" in text_of(browser.get("/record/keeping/copy/"))
    file = f"/record/keeping/copy/{copy.id}/file/"
    assert browser.get(file).headers["Location"] == "/record/keeping/copy/"
    answer = browser.post(file, {"take": "yes"})
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer.headers["Content-Length"])
    assert "Ferritin" in zipfile.ZipFile(io.BytesIO(data)).read("summary.html").decode()
    assert not CopyPart.objects.exists()
    assert browser.post(file, {"take": "yes"}).status_code == 404
    assert "Your copy was downloaded" in text_of(browser.get("/record/keeping/copy/"))


def test_a_download_without_a_proof_asks_for_it_and_takes_nothing(
    patient: Patient, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove_again(browser)
    browser.post("/record/keeping/copy/")
    copy = Copy.objects.get()
    monkeypatch.setattr(making, "wait_until_covered", lambda *_, **__: numbered() or True)
    make_copy(copy.id)
    session = browser.session
    session.pop("fresh")
    session.save()
    assert "proof_code" in text_of(browser.post(f"/record/keeping/copy/{copy.id}/file/", {"take": "yes"}))
    stranger = browser_of(a_patient(family="Autre").account)
    prove_again(stranger)
    assert stranger.post(f"/record/keeping/copy/{copy.id}/file/", {"take": "yes"}).status_code == 404
    copy.refresh_from_db()
    assert copy.state == "ready"


def test_closing_asks_twice_and_leaves_a_receipt_that_proves_itself(
    patient: Patient, browser: Client, tmp_path: object
) -> None:
    assert browser.get("/record/keeping/closed/").headers["Location"] == "/record/keeping/"
    prove_again(browser)
    assert "Nothing was changed" in text_of(browser.post("/record/keeping/close/"), 422)
    page = text_of(browser.post("/record/keeping/close/", {"sure": "on"}, follow=True))
    assert "Your record is closed" in page
    assert "its number comes within seconds" in page
    assert Dossier.objects.get(id=patient.ref.id).closed_at is not None
    numbered()
    assert "#" in text_of(browser.get("/record/keeping/closed/"))
    for address in ("/home/", "/record/", "/sharing/", "/accesses/", "/record/keeping/copy/", "/record/keeping/"):
        assert browser.get(address).headers["Location"] == "/record/keeping/closed/"
    proof = tmp_path / "proof.txt"
    proof.write_bytes(browser.post("/record/keeping/closed/proof/").content)
    assert check_file([str(proof), "--key", str(load_log_keys().current)]) == 0


@pytest.mark.asvs("v5.0.0-7.5.3")
def test_without_a_proof_nothing_closes(patient: Patient, browser: Client) -> None:
    assert "proof_code" in text_of(browser.post("/record/keeping/close/", {"sure": "on"}))
    assert Dossier.objects.get(id=patient.ref.id).closed_at is None
    assert "Take a copy first" in text_of(browser.get("/record/keeping/close/"))
