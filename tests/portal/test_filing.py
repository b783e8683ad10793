"""Pages of files: bringing, looking, downloading by range, deleting, asking; what is refused says why, in the form."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from consent.categories import Category
from portal.notifications.calling import kind_of
from portal.notifications.kinds import Kind
from records.exchange import MAX_BYTES
from records.models import Document, PaperRequest, Record
from tests.portal.ward import a_carer, a_patient, browser_of, closed, history, in_care
from tests.records.formats.pdfs import action, pdf


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def browser(patient):
    return browser_of(patient.account)


def form(raw: bytes, name: str, category: str = "prescription", **more: str) -> dict:
    told = {"category": category, "title": "Ordonnance", "day": "2026-11-20", **more}
    return {"file": SimpleUploadedFile(name, raw), **told}


def photo(side: int = 60) -> bytes:
    told = BytesIO()
    Image.new("RGB", (side, side), "white").save(told, "JPEG")
    return told.getvalue()


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_patient_brings_a_pdf_and_looks_at_it(patient, browser):
    answer = browser.post(reverse("papers:add"), form(pdf("Doliprane", pages=6), "scan.pdf"), follow=True)
    assert answer.redirect_chain == [("/record/prescription/", 302)]
    assert "The document is in the record." in text_of(answer)
    record = Record.objects.get()
    page = text_of(browser.get(reverse("patient:item", args=[record.id])))
    assert "The document itself" in page
    assert "Delete this document" in page
    look = browser.get(reverse("papers:file", args=[Document.objects.get().id]))
    assert "img-src 'self' data:" in look["Content-Security-Policy"]
    assert "script-src 'nonce-" in look["Content-Security-Policy"]
    told = text_of(look)
    assert told.count('src="data:image/png;base64,') == 4
    assert "Doliprane 4" in told
    assert "Doliprane 5" not in told
    (following,) = re.findall(r'href="([^"]+\?page=5)"', told)
    assert "Doliprane 6" in text_of(browser.get(following))


@pytest.mark.asvs("v5.0.0-1.3.4", "v5.0.0-5.2.2")
@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (pdf(OpenAction=action("Launch")), "a.pdf", "would start a program"),
        (b"GIF89a", "a.gif", "stay outside"),
        (photo(), "a.pdf", "two different things"),
        (b"", "a.pdf", "empty"),
        (b"%PDF-" + b"x" * MAX_BYTES, "a.pdf", "at most 30 MB"),
    ],
    ids=["launch", "gif", "wrong name", "empty", "too large"],
)
def test_what_is_refused_says_why_in_the_form(browser, raw, name, words):
    answer = browser.post(reverse("papers:add"), form(raw, name))
    assert answer.status_code == 200
    assert words in text_of(answer)
    assert 'value="Ordonnance"' in text_of(answer)
    assert not Record.objects.exists()


def test_a_form_without_file_says_so(browser):
    answer = browser.post(reverse("papers:add"), {"category": "prescription", "day": "2026-11-20"})
    assert "Choose a file, or take a photo." in text_of(answer)


def test_a_large_photo_is_sealed_while_it_comes_and_leaves_nothing_behind(settings, browser):
    noise = BytesIO()
    Image.effect_noise((2400, 1800), 90).save(noise, "PNG")
    assert len(noise.getvalue()) > 3_000_000
    browser.post(reverse("papers:add"), form(noise.getvalue(), "a.png"))
    row = Document.objects.get()
    assert row.record_id == Record.objects.get().id
    assert row.category == "prescription"


def test_of_a_refused_file_nothing_stays(browser):
    browser.post(reverse("papers:add"), form(b"GIF89a", "a.gif"))
    row = Document.objects.get()
    assert row.removed_at
    assert (row.stored_as, bytes(row.label)) == ("", b"")


@pytest.mark.asvs("v5.0.0-3.2.1", "v5.0.0-5.4.1", "v5.0.0-5.4.2")
def test_the_original_is_a_download_in_a_sandbox_by_range(patient, browser):
    raw = pdf("Doliprane", pages=40)
    browser.post(reverse("papers:add"), form(raw, "scan.pdf"))
    address = reverse("papers:original", args=[Document.objects.get().id])
    whole = browser.get(address)
    assert b"".join(whole.streaming_content) == raw
    assert whole["Content-Type"] == "application/pdf"
    assert whole["Content-Disposition"] == 'attachment; filename="scan.pdf"'
    assert whole["Content-Security-Policy"].startswith("sandbox;")
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert whole["Cache-Control"] == "no-store"
    for asked, start, stop in (
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(raw)),
        ("bytes=-7", len(raw) - 7, len(raw)),
    ):
        part = browser.get(address, headers={"Range": asked})
        assert part.status_code == 206
        assert b"".join(part.streaming_content) == raw[start:stop]
        assert part["Content-Range"] == f"bytes {start}-{stop - 1}/{len(raw)}"
    outside = browser.get(address, headers={"Range": f"bytes={len(raw)}-"})
    assert (outside.status_code, outside["Content-Range"]) == (416, f"bytes */{len(raw)}")
    assert browser.get(address, headers={"Range": "bytes=0-1,5-6"}).status_code == 200


def test_deleting_asks_first(patient, browser):
    browser.post(reverse("papers:add"), form(photo(), "a.jpg"))
    record = Record.objects.get()
    address = reverse("papers:remove", args=[record.id])
    assert browser.post(address).status_code == 400
    assert Record.objects.count() == 1
    answer = browser.post(address, {"confirmed": "on"}, follow=True)
    assert "Your document is deleted." in text_of(answer)
    assert not Record.objects.exists()
    assert browser.get(reverse("patient:item", args=[record.id])).status_code == 404


def test_a_professional_adds_a_file_in_their_name(patient):
    carer = a_carer()
    in_care(patient, carer)
    desk = browser_of(carer.account)
    address = reverse("filing:add", args=[patient.ref.id])
    assert "Camille" in text_of(desk.get(address))
    answer = desk.post(address, form(pdf("Lettre"), "lettre.pdf", "consultation_report"), follow=True)
    assert "The document is in the record." in text_of(answer)
    record = Record.objects.get()
    assert (record.author, record.brought_by) == (carer.person.id, None)
    told = [kind_of(entry) for entry in history(patient) if entry.actor == carer.account.pk]
    assert [kind for kind in told if kind is not None and kind is not Kind.FIRST_ACCESS] == [Kind.NEW_DOCUMENT]
    page = text_of(desk.get(reverse("professional:item", args=[record.id])))
    assert "Abgrall" in page
    document = Document.objects.get()
    assert "Lettre" in text_of(desk.get(reverse("filing:file", args=[document.id])))
    assert desk.get(reverse("filing:original", args=[document.id])).status_code == 200
    stranger = browser_of(a_carer(family="Riou").account)
    for name in ("filing:file", "filing:original"):
        assert stranger.get(reverse(name, args=[document.id])).status_code == 404
    assert stranger.get(address).status_code == 404


def test_a_drawer_that_is_closed_offers_nothing(patient):
    carer = a_carer()
    in_care(patient, carer)
    closed(patient, carer, Category.IMAGING)
    browser_of(patient.account).post(reverse("papers:add"), form(photo(), "a.jpg", "imaging"))
    document = Document.objects.get()
    assert browser_of(carer.account).get(reverse("filing:file", args=[document.id])).status_code == 404


def test_a_document_is_asked_for_and_brought(patient, browser):
    carer = a_carer()
    in_care(patient, carer)
    desk = browser_of(carer.account)
    address = reverse("filing:ask", args=[patient.ref.id])
    answer = desk.post(address, {"category": "imaging", "words": "Radio du genou de 2019"}, follow=True)
    assert "Your request was sent." in text_of(answer)
    assert "Waiting" in text_of(answer)
    assert Kind.ACCESS_REQUESTED in [kind_of(entry) for entry in history(patient)]
    assert "A professional asks you for a document." in text_of(browser.get(reverse("patient:home")))
    asked = text_of(browser.get(reverse("papers:asked")))
    assert "Radio du genou de 2019" in asked
    (way,) = re.findall(r'href="([^"]+\?for=[^"]+)"', asked)
    page = text_of(browser.get(way))
    assert "Radio du genou de 2019" in page
    assert '<option value="imaging" selected>' in page
    browser.post(way, form(photo(), "a.jpg", "imaging"))
    assert PaperRequest.objects.get().answer == "brought"
    assert "Brought" in text_of(desk.get(address))
    assert "A professional asks you" not in text_of(browser.get(reverse("patient:home")))


def test_a_request_may_be_declined(patient, browser):
    carer = a_carer()
    in_care(patient, carer)
    desk = browser_of(carer.account)
    desk.post(reverse("filing:ask", args=[patient.ref.id]), {"category": "imaging", "words": "x"})
    row = PaperRequest.objects.get()
    browser.post(reverse("papers:refuse", args=[row.id]))
    row.refresh_from_db()
    assert row.answer == "declined"
    assert "Not brought" in text_of(desk.get(reverse("filing:ask", args=[patient.ref.id])))
    assert browser.post(reverse("papers:refuse", args=[row.id])).status_code == 404
