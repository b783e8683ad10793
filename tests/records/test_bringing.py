"""A patient brings files and takes them out; professionals add and ask; each sees what they may, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from django.utils import translation
from PIL import Image

from audit.actor import Actor
from audit.log import entries_by
from consent.categories import Category
from consent.granting import Invalid
from records.asking_papers import ask_paper, brought, decline, read_papers
from records.documents import open_document
from records.dossiers import Unknown
from records.drawing.opening import packed
from records.exchange import About, Unreadable, import_bundle, read_bytes
from records.formats.apart import made_apart
from records.looking import look_at
from records.models import Document, PaperRequest, Record
from records.reading import open_category, open_overview, open_record
from records.removing import remove_own
from records.rotation import begin
from records.sealed_rows import count_behind
from tests.records.formats.papers import document, structured
from tests.records.formats.pdfs import pdf
from tests.records.scenes import Household

DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def jpeg(colour: str = "white") -> bytes:
    told = BytesIO()
    Image.new("RGB", (60, 40), colour).save(told, "JPEG")
    return told.getvalue()


def bring(home: Household, raw: bytes, name: str, *, actor=None, category=Category.PRESCRIPTION, title="Ordonnance"):
    about = About(title=title, day=DAY, category=category, author={"display": "Somebody"})
    who = actor or home.patient
    return import_bundle(actor=who, source=lambda: read_bytes(raw, name, about), dossier_id=home.ref.id)


def only_item(home: Household, category=Category.PRESCRIPTION, actor=None):
    (item,) = open_category(actor=actor or home.patient, dossier_id=home.ref.id, category=category).items
    return item


def test_a_patient_brings_a_pdf_and_sees_its_pages(household: Household) -> None:
    raw = pdf("Doliprane 1 g")
    assert bring(household, raw, "scan.pdf").created == 1
    item = only_item(household)
    assert (item.header.title, item.brought, item.header.author_name) == ("Ordonnance", True, "Somebody")
    assert item.header.date.date() == DAY or item.header.date.isoformat().startswith("2026-11-19T23")
    view = open_record(actor=household.patient, record_id=item.record_id)
    (file,) = view.files
    assert (file.name, file.media_type, file.length, file.mine) == ("Ordonnance.pdf", "application/pdf", len(raw), True)
    assert "Doliprane" in view.presentation.narrative
    look = look_at(actor=household.patient, document_id=file.document_id)
    (sheet,) = look.sheets
    assert (look.pages, sheet.text) == (1, "Doliprane 1 g")
    assert sheet.picture.startswith(b"\x89PNG")
    with open_document(actor=household.patient, document_id=file.document_id) as opened:
        assert b"".join(opened.pieces()) == raw


def test_the_same_file_twice_is_once_and_another_is_another(household: Household) -> None:
    bring(household, jpeg(), "a.jpg")
    assert bring(household, jpeg(), "a.jpg").unchanged == 1
    assert bring(household, jpeg("black"), "a.jpg").created == 1
    assert Document.objects.filter(removed_at=None).count() == 2


def test_what_is_refused_leaves_no_record_and_one_entry(household: Household) -> None:
    with pytest.raises(Unreadable, match="two different things"):
        bring(household, jpeg(), "a.pdf")
    assert not Record.objects.exists()
    assert not Document.objects.exists()
    (entry,) = [entry for entry in entries_by(household.patient.id, limit=5) if entry.event == "import.refused"]
    assert dict(entry.facts) == {"format": "jpeg", "error": "unreadable"}


def test_a_patient_takes_out_what_they_brought(household: Household) -> None:
    bring(household, pdf("Secret"), "a.pdf")
    item = only_item(household)
    with pytest.raises(Invalid):
        remove_own(actor=household.patient, record_id=item.record_id, confirmed=False)
    for somebody in (household.doctor, household.neighbour, household.stranger, household.administrator):
        with pytest.raises(Unknown):
            remove_own(actor=somebody, record_id=item.record_id, confirmed=True)
    document = Document.objects.get()
    assert remove_own(actor=household.patient, record_id=item.record_id, confirmed=True) is Category.PRESCRIPTION
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.PRESCRIPTION)
    assert drawer.items == ()
    overview = open_overview(actor=household.patient)
    assert not [view for view in overview.categories if view.count]
    for opening in (
        lambda: open_record(actor=household.patient, record_id=item.record_id),
        lambda: look_at(actor=household.patient, document_id=document.id),
        lambda: remove_own(actor=household.patient, record_id=item.record_id, confirmed=True),
    ):
        with pytest.raises(Unknown):
            opening()
    document.refresh_from_db()
    assert (document.stored_as, bytes(document.label)) == ("", b"")
    # The same file may come again.
    assert bring(household, pdf("Secret"), "a.pdf").created == 1


def test_what_others_filed_stays(household: Household) -> None:
    filed = household.file(Category.LABORATORY)
    bring(household, jpeg(), "a.jpg", actor=household.doctor, category=Category.CONSULTATION_REPORT)
    theirs = only_item(household, Category.CONSULTATION_REPORT)
    assert (theirs.brought, theirs.author) == (False, household.doctor.professional)
    for record_id in (filed, theirs.record_id):
        with pytest.raises(Unknown):
            remove_own(actor=household.patient, record_id=record_id, confirmed=True)
    assert Record.objects.count() == 2


def test_who_may_read_the_record_may_look_at_its_file_and_nobody_else(household: Household) -> None:
    bring(household, pdf("x"), "a.pdf", category=Category.CONSULTATION_REPORT)
    document = Document.objects.get()
    assert look_at(actor=household.doctor, document_id=document.id).sheets
    for somebody in (household.stranger, household.neighbour, household.administrator):
        with pytest.raises(Unknown):
            look_at(actor=somebody, document_id=document.id)
    (entry,) = [entry for entry in entries_by(household.doctor.id, limit=5) if entry.event == "file.read"]
    assert entry.object_id == document.id


def test_a_professional_asks_for_a_document_and_the_patient_answers(household: Household) -> None:
    with pytest.raises(Invalid):
        ask_paper(actor=household.doctor, dossier_id=household.ref.id, category=Category.IMAGING, words="  ")
    for somebody in (household.stranger, household.neighbour, household.administrator, household.patient):
        with pytest.raises(Unknown):
            ask_paper(actor=somebody, dossier_id=household.ref.id, category=Category.IMAGING, words="x")
    first = ask_paper(
        actor=household.doctor, dossier_id=household.ref.id, category=Category.IMAGING, words="Votre radio de 2019"
    )
    second = ask_paper(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY, words="Bilan")
    asked = {one.request_id: one for one in read_papers(actor=household.patient)}
    assert asked[first].words == "Votre radio de 2019"
    assert b"radio" not in bytes(PaperRequest.objects.get(id=first).sealed_words)
    assert read_papers(actor=household.nurse, dossier_id=household.ref.id) == ()
    for somebody in (household.doctor, household.neighbour):
        with pytest.raises(Unknown):
            brought(actor=somebody, request_id=first)
    brought(actor=household.patient, request_id=first)
    decline(actor=household.patient, request_id=second)
    with pytest.raises(Unknown):
        decline(actor=household.patient, request_id=first)
    answers = {one.request_id: one.answer for one in read_papers(actor=household.doctor, dossier_id=household.ref.id)}
    assert answers == {first: "brought", second: "declined"}


def test_words_of_a_request_turn_with_the_key(household: Household) -> None:
    ask_paper(actor=household.doctor, dossier_id=household.ref.id, category=Category.IMAGING, words="x")
    begin(actor=Actor.system("rotation"), dossier_id=household.ref.id)
    assert count_behind(household.ref.id, 2) == 1


@pytest.mark.asvs("v5.0.0-2.3.2")
def test_somebody_asks_for_ten_documents_and_no_more(household: Household) -> None:
    for _time in range(10):
        ask_paper(actor=household.doctor, dossier_id=household.ref.id, category=Category.IMAGING, words="x")
    with pytest.raises(Invalid, match="wait for an answer"):
        ask_paper(actor=household.doctor, dossier_id=household.ref.id, category=Category.IMAGING, words="x")


def test_a_file_of_another_person_stops(household: Household) -> None:
    with pytest.raises(Unreadable, match="somebody else"):
        bring(household, document(structured()), "a.xml")
    assert not Record.objects.exists()


def test_a_process_that_draws_opens_nothing_else(household: Household) -> None:
    """Taken over, it holds the subkeys of one drawer: another document, drawer or patient does not open with them."""
    bring(household, pdf("x"), "a.pdf")
    bring(household, pdf("y"), "b.pdf", category=Category.LABORATORY)
    first, second = Document.objects.order_by("received_at")
    with (
        open_document(actor=household.patient, document_id=first.id) as mine,
        open_document(actor=household.patient, document_id=second.id) as other,
    ):
        given, sealed = mine.handover, other.handover.stored.read(0, other.handover.stored.size)
        own = given.stored.read(0, given.stored.size)
        assert made_apart("sealed-pdf", packed(given.keys, given.place, own), 1, 1, 100).facts["pages"] == 1
        elsewhere = (
            (given.keys, given.place, sealed),
            (given.keys, replace(given.place, object_id=second.id), sealed),
            (given.keys, replace(given.place, owner=household.neighbour_ref.id), own),
        )
        for keys, place, content in elsewhere:
            with pytest.raises(Unreadable):
                made_apart("sealed-pdf", packed(keys, place, content), 1, 1, 100)


def test_a_document_larger_than_a_process_may_hold_is_a_download(household: Household, monkeypatch) -> None:
    bring(household, pdf("x"), "a.pdf")
    monkeypatch.setattr("records.looking.MOST_BYTES", 10)
    look = look_at(actor=household.patient, document_id=Document.objects.get().id)
    assert (look.sheets, look.pages) == ((), 0)
