"""Rectification: asked by the patient, answered by the author, and the version before for these two alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.urls import reverse
from django.utils import timezone

from consent.categories import Category
from consent.models import Choice
from portal.professional.composing import Note, Signature, compose
from records import correcting
from records.comparing import compare_records
from records.correcting import answer, ask_correction, read_corrections
from records.exchange import import_bundle
from records.formats.fhir.bundle import of_resources, to_json
from records.formats.fhir.corrected import IN_ERROR, corrected, correction_in
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.former import Unknown, open_version
from records.models import Correction, FormerVersion, Record
from records.reading import open_record
from records.removing import remove_own
from records.rotation import begin
from records.turning import carry_through
from records.writing import deposit
from tests.portal.ward import (
    SEED,
    a_carer,
    a_patient,
    a_result,
    an_allergy,
    browser_of,
    closed,
    history,
    in_care,
    utc,
)

_TEXT = "Genou droit douloureux."
_RIGHT = "Genou gauche douloureux."


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def author(patient):
    carer = a_carer()
    in_care(patient, carer)
    return carer


@pytest.fixture
def note(patient, author):
    written = Note(Category.CONSULTATION_REPORT, "Consultation du genou", date(2026, 11, 20), _TEXT)
    resource = compose(written, Signature("Dr Yann Abgrall", "", "Brest"), written_at=utc(2026, 11, 20, 9))
    return deposit(
        actor=author.actor,
        dossier_id=patient.ref.id,
        category=Category.CONSULTATION_REPORT,
        header=header_of(resource, References()),
        resource=to_json(resource),
    )


def text_of(answer_) -> str:
    return answer_.content.decode()


def events(patient) -> list[tuple[str, str]]:
    told = ("correction.", "record.amended", "record.version")
    return [(entry.event, entry.outcome) for entry in history(patient) if entry.event.startswith(told)]


def test_a_correction_from_the_request_to_the_version_before(patient, author, note):
    browser, desk = browser_of(patient.account), browser_of(author.account)
    page = text_of(browser.get(reverse("patient:item", args=[note])))
    assert reverse("corrections:ask", args=[note]) in page
    asked = browser.post(reverse("corrections:ask", args=[note]), {"words": "C’est le genou gauche."}, follow=True)
    assert "An answer is due within one month." in text_of(asked)
    assert "Answer due by" in text_of(asked)
    row = Correction.objects.get()
    assert timedelta(days=28) <= row.due_on - row.asked_at.date() <= timedelta(days=32)
    assert b"gauche" not in bytes(row.sealed_words)

    assert "asks you for a correction" in text_of(desk.get(reverse("professional:patients")))
    assert "C’est le genou gauche." in text_of(desk.get(reverse("correcting:list")))
    address = reverse("correcting:answer", args=[row.id])
    assert _TEXT in text_of(desk.get(address))
    said = {"decision": "done", "title": "Consultation du genou gauche", "text": _RIGHT, "words": "Pardon."}
    assert desk.post(address, said)["Location"] == reverse("correcting:list")

    page = text_of(browser.get(reverse("patient:item", args=[note])))
    assert _RIGHT in page
    assert _TEXT not in page
    assert "version 2" in page
    old = reverse("corrections:version", args=[note, 1])
    assert old in page
    assert _TEXT in text_of(browser.get(old))
    assert _TEXT in text_of(desk.get(reverse("correcting:version", args=[note, 1])))
    told = text_of(browser.get(reverse("corrections:list")))
    assert "Pardon." in told
    assert "Corrected" in told
    assert ("correction.asked", "allowed") in events(patient)
    assert ("record.amended", "allowed") in events(patient)
    assert ("correction.done", "allowed") in events(patient)
    assert ("record.version_read", "allowed") in events(patient)
    assert compare_records().ok


def test_a_refusal_says_why_and_changes_nothing(patient, author, note):
    ask_correction(actor=patient.actor, record_id=note, words="Ce n’est pas vrai.")
    row = Correction.objects.get()
    desk, address = browser_of(author.account), reverse("correcting:answer", args=[row.id])
    assert "Say why it is not corrected" in text_of(desk.post(address, {"decision": "refused"}))
    assert desk.post(address, {"decision": "refused", "words": "C’est ce que j’ai constaté."}).status_code == 302
    assert Record.objects.get().revision == 1
    assert not FormerVersion.objects.exists()
    told = text_of(browser_of(patient.account).get(reverse("corrections:list")))
    assert "C’est ce que j’ai constaté." in told
    assert "Not corrected" in told
    assert desk.get(address).status_code == 404


def test_an_author_reads_first_what_waits(patient, author, note):
    said = {"actor": author.actor, "done": False, "words": "C’est juste."}
    former = ask_correction(actor=patient.actor, record_id=note, words="Ce n’est pas vrai.")
    answer(correction_id=former, **said)
    latter = ask_correction(actor=patient.actor, record_id=note, words="Toujours pas.")
    answer(correction_id=latter, **said)
    waiting = ask_correction(actor=patient.actor, record_id=note, words="Vraiment pas.")
    assert [one.correction_id for one in read_corrections(actor=author.actor)] == [waiting, latter, former]


def test_nothing_changed_is_no_correction(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="x")
    with pytest.raises(correcting.Invalid):
        answer(actor=author.actor, correction_id=asked, done=True, words="", title="Consultation du genou", text=_TEXT)
    assert Correction.objects.get().state == "waiting"


def test_one_request_at_a_time_and_only_to_an_author(patient, author, note):
    ask_correction(actor=patient.actor, record_id=note, words="x")
    with pytest.raises(correcting.Invalid):
        ask_correction(actor=patient.actor, record_id=note, words="y")
    page = browser_of(patient.account).post(reverse("corrections:ask", args=[note]), {"words": "y"})
    assert "You have asked for this already." in text_of(page)
    resource = a_result()
    unknown = deposit(
        actor=SEED, dossier_id=patient.ref.id, category=Category.LABORATORY,
        header=header_of(resource, References()), resource=to_json(resource),
    )  # fmt: skip
    with pytest.raises(correcting.Invalid):
        ask_correction(actor=patient.actor, record_id=unknown, words="x")
    assert "Its author is not in Carnet" in text_of(
        browser_of(patient.account).get(reverse("corrections:ask", args=[unknown]))
    )


def test_others_neither_ask_nor_answer_nor_look_back(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="x")
    colleague = a_carer(family="Riou")
    in_care(patient, colleague)
    for act in (
        lambda: ask_correction(actor=colleague.actor, record_id=note, words="x"),
        lambda: ask_correction(actor=a_patient(family="Autre").actor, record_id=note, words="x"),
        lambda: answer(actor=colleague.actor, correction_id=asked, done=False, words="non"),
        lambda: answer(actor=patient.actor, correction_id=asked, done=True, words="oui", text=_RIGHT),
    ):
        with pytest.raises(Unknown):
            act()
    answer(actor=author.actor, correction_id=asked, done=True, words="", text=_RIGHT)
    # A colleague reads the version in force, and no trace of the one before.
    view = open_record(actor=colleague.actor, record_id=note)
    assert view.versions == ()
    assert _RIGHT in view.presentation.narrative
    with pytest.raises(Unknown):
        open_version(actor=colleague.actor, record_id=note, revision=1)
    assert open_record(actor=author.actor, record_id=note).versions[0].revision == 1


def test_an_author_to_whom_it_is_closed_sees_that_they_are_asked_and_not_what(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="C’est le genou gauche.")
    closed(patient, author, Category.CONSULTATION_REPORT)
    page = text_of(browser_of(author.account).get(reverse("correcting:list")))
    assert "A document that is no longer shared with you" in page
    assert "gauche" not in page
    assert "Moreau" not in page
    with pytest.raises(Unknown):
        answer(actor=author.actor, correction_id=asked, done=True, words="", text=_RIGHT)
    with pytest.raises(Unknown):
        open_version(actor=author.actor, record_id=note, revision=1)


def test_who_may_no_longer_write_there_is_refused_and_nothing_changes(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="x")
    Choice.objects.create(
        dossier=patient.ref.id, professional=author.person, category=Category.CONSULTATION_REPORT, right="deposit",
        allowed=False, during=(timezone.now() - timedelta(hours=1), None),
    )  # fmt: skip
    with pytest.raises(correcting.Refused):
        answer(actor=author.actor, correction_id=asked, done=True, words="", text=_RIGHT)
    assert Record.objects.get().revision == 1


def test_a_source_that_repeats_the_mistake_does_not_bring_it_back(patient, author):
    bundle = of_resources([{**an_allergy("Iode"), "id": "a"}])
    import_bundle(actor=SEED, source=bundle, dossier_id=patient.ref.id)
    row = Record.objects.get()
    row.author = author.person.id
    row.save(update_fields=["author"])
    asked = ask_correction(actor=patient.actor, record_id=row.id, words="Jamais eu.")
    answer(actor=author.actor, correction_id=asked, done=True, words="", text="Aucune allergie.", mistaken=True)
    import_bundle(actor=SEED, source=bundle, dossier_id=patient.ref.id)
    view = open_record(actor=patient.actor, record_id=row.id)
    assert view.item.revision == 2
    assert view.item.header.status == IN_ERROR
    assert correction_in(view.resource) == "Aucune allergie."
    assert view.presentation.sections[0].rows[0].value == "Aucune allergie."
    assert Record.objects.count() == 1


def test_former_versions_and_requests_follow_a_rotation_of_the_key(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="C’est le gauche.")
    answer(actor=author.actor, correction_id=asked, done=True, words="Oui.", text=_RIGHT)
    before = FormerVersion.objects.get().key_version
    begin(actor=SEED.system("rotation"), dossier_id=patient.ref.id)
    carry_through(patient.ref.id)
    assert FormerVersion.objects.get().key_version > before
    assert Correction.objects.get().key_version > before
    assert _TEXT in open_version(actor=patient.actor, record_id=note, revision=1).presentation.narrative
    (told,) = read_corrections(actor=patient.actor)
    assert (told.words, told.answer) == ("C’est le gauche.", "Oui.")


def test_what_is_taken_out_takes_its_former_versions_along(patient):
    resource = an_allergy("Iode")
    bundle = of_resources([{**resource, "id": "a"}])
    import_bundle(actor=patient.actor, source=bundle, dossier_id=patient.ref.id)
    import_bundle(
        actor=patient.actor, source=of_resources([{**an_allergy("Iode 131"), "id": "a"}]), dossier_id=patient.ref.id
    )
    brought = Record.objects.get().id
    assert open_version(actor=patient.actor, record_id=brought, revision=1).header.title == "Iode"
    remove_own(actor=patient.actor, record_id=brought, confirmed=True)
    assert not FormerVersion.objects.filter(emptied_at=None).exists()
    assert compare_records().ok


def test_the_application_erases_no_version_and_rewrites_no_request(patient, author, note):
    asked = ask_correction(actor=patient.actor, record_id=note, words="x")
    answer(actor=author.actor, correction_id=asked, done=True, words="", text=_RIGHT)
    for statement in (
        "DELETE FROM records_formerversion",
        "DELETE FROM records_correction",
        "UPDATE records_formerversion SET revision = 7",
        "UPDATE records_correction SET author = gen_random_uuid()",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_resource_put_right_keeps_what_it_was_and_the_given_one_is_untouched():
    given = {"resourceType": "Condition", "clinicalStatus": {"text": "x"}, "code": {"text": "Asthme"}}
    made = corrected(given, title="", words="Bronchite", mistaken=True)
    assert "clinicalStatus" in given
    assert "clinicalStatus" not in made
    assert made["code"] == given["code"]
    assert correction_in(made) == "Bronchite"
    assert correction_in(corrected(made, title="", words="Rhume", mistaken=False)) == "Rhume"
    assert corrected({"resourceType": "Observation", "status": "final"}, title="", words="", mistaken=True) == {
        "resourceType": "Observation", "status": IN_ERROR,
    }  # fmt: skip
