"""The patient summary that leaves: a document in the eyes of others, a page that anybody can print, no empty no."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest
from django.utils import translation

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from portal.takeaway.making import make_copy
from portal.takeaway.paper import printable, summary_pdf
from portal.takeaway.summary import fhir_document
from records.copying import CopyShape, ask, take
from records.exchange import import_bundle, read_file
from records.formats.fhir.bundle import of_resources
from records.formats.fhir.ips import CODES, REQUIRED
from records.taking_summary import Unknown, open_summary_share
from records.writing import mask
from tests.fhir_r4 import needs_validator, problems_of
from tests.portal.takeaway.test_copies import _numbered, fresh  # noqa: F401 - a fixture
from tests.portal.takeaway.test_round_trip import identity_in, somebody
from tests.records.formats.fhir.samples import DOCTOR, needs_samples, sample_files
from tests.records.scenes import CANARY, SEED, Household, make_household

IMPORT = Actor.system("import")
SUBJECT = {"reference": "Patient/p1"}
ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"text": "Pénicilline ≥ 1 g"},
    "patient": SUBJECT,
    "recorder": {"reference": "Practitioner/d1"},
    "encounter": {"reference": "Encounter/nowhere"},
}
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "Medication/drug"},
    "subject": SUBJECT,
    "authoredOn": "2026-10-02",
    "dosageInstruction": [{"text": "1 comprimé le matin"}],
}
DRUG = {"resourceType": "Medication", "id": "drug", "code": {"text": "Metformine 500 mg"}}
DEVICE = {"resourceType": "Device", "id": "v1", "status": "active", "patient": SUBJECT, "type": {"text": "Pacemaker"}}
SHOT = {
    "resourceType": "Immunization",
    "id": "i1",
    "status": "completed",
    "vaccineCode": {"text": "Grippe"},
    "patient": SUBJECT,
    "occurrenceDateTime": "2025-10-01",
}
DONE = {
    "resourceType": "Procedure",
    "id": "x1",
    "status": "completed",
    "code": {"text": "Appendicectomie"},
    "subject": SUBJECT,
    "performedDateTime": "1999-05-01",
}
EVERYTHING = [ALLERGY, ORDER, DRUG, DEVICE, SHOT, DONE, DOCTOR]


@pytest.fixture
def household(db: object) -> Household:
    return make_household()


def summary(home: Household, actor: Actor | None = None):
    return open_summary_share(actor=actor or fresh(home), dossier_id=home.ref.id)


def written(home: Household, language: str = "fr") -> dict:
    with translation.override(language):
        return json.loads(fhir_document(summary(home), home.ref.id))


def section(document: dict, name: str) -> dict:
    composition = document["entry"][0]["resource"]
    return next(one for one in composition["section"] if one["code"]["coding"][0]["code"] == CODES[name][0])


def told_by(document: dict, name: str) -> list[dict]:
    known = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    return [known[each["reference"]] for each in section(document, name)["entry"]]


def text_of(paper: bytes) -> str:
    opened = pypdfium2.PdfDocument(paper)
    return "\n".join(page.get_textpage().get_text_bounded() for page in opened)


@needs_validator
def test_an_empty_record_says_that_nothing_is_known(household: Household) -> None:
    document = written(household)
    assert problems_of(document) == [[]]
    sections = document["entry"][0]["resource"]["section"]
    assert [one["code"]["coding"][0]["code"] for one in sections] == [CODES[name][0] for name in REQUIRED]
    assert sections[2]["title"] == "Traitements en cours"
    codes = [told_by(document, name)[0] for name in REQUIRED]
    concepts = [one.get("code") or one["medicationCodeableConcept"] for one in codes]
    assert [one["coding"][0]["code"] for one in concepts] == [
        "no-allergy-info",
        "no-problem-info",
        "no-medication-info",
    ]
    assert "Carnet ne sait rien des allergies." in section(document, "allergies")["text"]["div"]
    with translation.override("en"):
        paper = text_of(summary_pdf(summary(household)))
    assert "That does not mean that there are none." in paper
    assert CANARY in paper


@needs_validator
def test_it_holds_what_matters_and_leads_nowhere_else(household: Household) -> None:
    import_bundle(actor=SEED, source=of_resources(EVERYTHING), dossier_id=household.ref.id)
    document = written(household)
    assert problems_of(document) == [[]]
    kinds = {
        name: [one["resourceType"] for one in told_by(document, name)]
        for name in CODES
        if name != "directives" and name not in ("problems", "results")
    }
    assert kinds == {
        "allergies": ["AllergyIntolerance"],
        "treatments": ["MedicationRequest"],
        "vaccinations": ["Immunization"],
        "procedures": ["Procedure"],
        "devices": ["DeviceUseStatement"],
    }
    [allergy] = told_by(document, "allergies")
    person = document["entry"][0]["resource"]["subject"]
    assert allergy["patient"] == person
    assert allergy["encounter"] == {"display": "?"}
    known = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    assert known[allergy["recorder"]["reference"]]["name"] == DOCTOR["name"]
    assert known[person["reference"]]["name"][0]["family"] == CANARY
    [order] = told_by(document, "treatments")
    assert known[order["medicationReference"]["reference"]]["code"] == DRUG["code"]
    assert "1 comprimé le matin" in section(document, "treatments")["text"]["div"]


def test_the_paper_says_the_same_in_both_languages(household: Household) -> None:
    import_bundle(actor=SEED, source=of_resources(EVERYTHING), dossier_id=household.ref.id)
    for language, heading in (("fr", "Interventions et actes"), ("en", "Procedures")):
        with translation.override(language):
            paper = summary_pdf(summary(household))
        told = text_of(paper)
        assert heading in told
        for word in ("Pénicilline >= 1 g", "Metformine 500 mg", "1 comprimé le matin", "Grippe", "Pacemaker", CANARY):
            assert word in told
        assert b"/JavaScript" not in paper
        assert b"/URI" not in paper


def test_signs_that_the_fonts_lack_are_written_with_those_they_have() -> None:
    assert printable("Œdème, 4·10⁹/L, ≥ 5 µg — « é »") == "Œdème, 4·10^9/L, >= 5 µg — « é »"
    assert printable("Łukasz Ştefănescu Ωμέγα") == "Lukasz Stefanescu ?µ???"


def test_a_long_summary_goes_over_pages_with_whose_it_is_on_each(household: Household) -> None:
    many = [{**SHOT, "id": f"i{number}", "vaccineCode": {"text": f"Vaccin {number}"}} for number in range(10)]
    many += [
        {**ORDER, "id": f"m{number}", "medicationCodeableConcept": {"text": f"Traitement {number} " + "mot " * 30}}
        for number in range(40)
    ]
    for each in many[10:]:
        del each["medicationReference"]
    import_bundle(actor=SEED, source=of_resources(many), dossier_id=household.ref.id)
    with translation.override("en"):
        opened = pypdfium2.PdfDocument(summary_pdf(summary(household)))
    assert len(opened) > 1
    assert all(CANARY in page.get_textpage().get_text_bounded() for page in opened)


def test_nobody_else_takes_it_and_what_is_masked_from_others_is_their_own(household: Household) -> None:
    for actor in (household.doctor, household.neighbour, household.administrator):
        with pytest.raises(Unknown):
            summary(household, replace(actor, fresh=True))
    allergy = household.file_allergy()
    mask(actor=household.patient, record_id=allergy)
    assert len(summary(household).chosen["allergies"]) == 1
    told = [entry for entry in entries_about(household.ref.pseudonym) if entry.event == "export.filled"]
    assert str(told[0].facts["count"]) == "1"


@pytest.mark.parametrize("shape", [CopyShape.FHIR, CopyShape.IPS, CopyShape.PDF])
def test_each_leaves_alone_sealed_and_once(household: Household, shape: CopyShape) -> None:
    household.file(Category.LABORATORY, value="9.10", day=datetime(2026, 10, 1, tzinfo=UTC))
    copy_id = ask(actor=fresh(household), dossier_id=household.ref.id, language="fr", shape=shape)
    assert make_copy(copy_id)
    taking = take(actor=fresh(household), copy_id=copy_id)
    data = b"".join(taking.parts)
    assert (taking.shape, len(data)) == (shape, taking.size)
    if shape is CopyShape.PDF:
        assert CANARY in text_of(data)
    else:
        told = json.loads(data)
        assert told["type"] == ("document" if shape is CopyShape.IPS else "collection")
    events = [entry.event for entry in entries_about(household.ref.pseudonym)]
    assert {"export.asked", "export.filled", "export.ready", "export.taken"} <= set(events)


@needs_samples
@needs_validator
def test_summaries_of_the_samples_are_documents(db) -> None:
    for path in sample_files("synthea/Denis*.json", "synthea/An125*", "cda-fr/cc0-VAC*", "hl7-fhir-r4/Allergy*"):
        first = read_file(path)
        actor, ref = somebody(identity_in(first))
        import_bundle(actor=IMPORT, source=first, dossier_id=ref.id)
        share = open_summary_share(actor=actor, dossier_id=ref.id)
        assert problems_of(fhir_document(share, ref.id)) == [[]], path.name
