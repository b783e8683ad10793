"""Each type shown to a person: what matters is there, with its unit, in words."""

import time
from base64 import b64encode
from datetime import date
from decimal import Decimal

import pytest

from consent.categories import Category
from records.formats.fhir.bundle import bundle_of, of_resources
from records.formats.fhir.carried import carry
from records.formats.fhir.checking import read_fhir
from records.formats.fhir.narrative import text_of_html
from records.formats.fhir.presentation import Word
from records.formats.fhir.presenting import present
from records.headers import Flag
from tests.records.formats.fhir.samples import DATA, DOCTOR, coded, lab, needs_samples


def rows(resource, *others, category=Category.LABORATORY):
    """{label: (value, note, flag)} of everything shown; a label met twice keeps its first value."""
    bundle = of_resources([resource, *others])
    shown = present(carry(resource, bundle.references, category))
    found = {}
    for section in shown.sections:
        for row in section.rows:
            found.setdefault(str(row.label), (row.value, row.note, row.flag))
    return found


def euros(value: str) -> dict:
    return {"value": Decimal(value), "currency": "EUR"}


def test_a_result_has_value_unit_range_and_flag():
    shown = rows(lab())
    assert shown["Value"] == (Decimal("6.8"), "%", Flag.HIGH)
    assert shown["Reference range"][0] == "4.0 – 6.0"
    assert shown["Status"][0] == "Final"
    assert isinstance(shown["Status"][0], Word)


def test_components_are_lines():
    pressure = {
        "resourceType": "Observation",
        "component": [
            {"code": coded("Systolique", "8480-6"), "valueQuantity": {"value": 128, "unit": "mm[Hg]"}},
            {"code": coded("Diastolique", "8462-4"), "valueQuantity": {"value": 82, "unit": "mm[Hg]"}},
        ],
    }
    shown = rows(pressure)
    assert shown["Value"][:2] == ("128/82", "mmHg")
    assert shown["Systolique"][0] == "128 mmHg"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"valueCodeableConcept": coded("Négatif")}, "Négatif"),
        ({"valueString": "trace"}, "trace"),
        ({"valueInteger": 3}, "3"),
        ({"valueRange": {"low": {"value": 1}, "high": {"value": 3}}}, "1 – 3"),
        ({"dataAbsentReason": coded("Tube coagulé")}, "Tube coagulé"),
    ],
)
def test_values_that_are_not_quantities(value, text):
    assert rows({"resourceType": "Observation", **value})["Value"][0] == text


def test_a_report_repeats_its_results_and_its_conclusion():
    report = {
        "resourceType": "DiagnosticReport",
        "code": coded("Diabète"),
        "result": [{"reference": "Observation/o1"}],
        "performer": [{"reference": "Practitioner/d1"}],
        "conclusion": "HbA1c au-dessus de l’objectif.",
    }
    shown = rows(report, lab(), DOCTOR)
    assert shown["HbA1c"] == ("6.8 %", "4.0 – 6.0", Flag.HIGH)
    assert shown["By"][0] == "Dr Ada Essai"
    assert present(report).narrative == "HbA1c au-dessus de l’objectif."


def test_a_prescription_says_how_to_take_it():
    shown = rows(
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "medicationCodeableConcept": coded("Metformine 850 mg"),
            "authoredOn": "2026-11-20",
            "requester": {"display": "Dr Lefèvre"},
            "dosageInstruction": [
                {
                    "text": "1 comprimé matin et soir",
                    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN"]}},
                    "asNeededBoolean": True,
                }
            ],
            "dispenseRequest": {"numberOfRepeatsAllowed": 5},
        }
    )
    assert shown["Dosage"][0] == "1 comprimé matin et soir"
    assert shown["Times"] == (Decimal(2), "per day", Flag.NONE)
    assert shown["When"][0] == "in the morning"
    assert shown["Prescribed by"][0] == "Dr Lefèvre"
    assert shown["Prescribed on"][0] == date(2026, 11, 20)
    assert shown["Renewals"][0] == 5


def test_other_types_say_what_matters():
    assert rows(
        {
            "resourceType": "MedicationDispense",
            "medicationCodeableConcept": coded("Paracétamol"),
            "whenHandedOver": "2026-11-20",
            "quantity": {"value": 2, "unit": "boîtes"},
        }
    )["Quantity"][:2] == (Decimal(2), "boîtes")
    vaccine = rows(
        {
            "resourceType": "Immunization",
            "vaccineCode": coded("Grippe 2026"),
            "lotNumber": "A12",
            "protocolApplied": [{"targetDisease": [coded("Grippe")], "doseNumberPositiveInt": 1}],
        }
    )
    assert (vaccine["Vaccine"][0], vaccine["Batch"][0], vaccine["Dose number"][0]) == ("Grippe 2026", "A12", 1)
    allergy = rows(
        {
            "resourceType": "AllergyIntolerance",
            "criticality": "high",
            "code": coded("Pénicilline"),
            "reaction": [{"manifestation": [coded("Urticaire")], "severity": "severe"}],
        }
    )
    assert [allergy[label][0] for label in ("To avoid", "Danger", "Reaction", "Severity")] == [
        "Pénicilline",
        "High",
        "Urticaire",
        "Severe",
    ]
    assert (
        rows({"resourceType": "Condition", "code": coded("Asthme"), "onsetAge": {"value": 6, "unit": "ans"}})["Since"][
            0
        ]
        == "6 ans"
    )
    visit = rows(
        {"resourceType": "Encounter", "class": {"code": "EMER"}, "reasonCode": [coded("Chute")], "status": "finished"}
    )
    assert (visit["Kind"][0], visit["Reason"][0]) == ("Emergency", "Chute")
    act = rows({"resourceType": "Procedure", "code": coded("Suture"), "performer": [{"actor": {"display": "Dr Ada"}}]})
    assert (act["What"][0], act["By"][0]) == ("Suture", "Dr Ada")


def test_amounts_are_money():
    shown = rows(
        {
            "resourceType": "ExplanationOfBenefit",
            "item": [{"productOrService": coded("Consultation"), "net": euros("30")}],
            "total": [
                {"category": coded("", "submitted", "x"), "amount": euros("30")},
                {"category": coded("", "benefit", "x"), "amount": euros("19.004")},
            ],
            "payment": {"amount": euros("19")},
        }
    )
    assert shown["Amount asked"][:2] == (Decimal("30.00"), "EUR")
    assert shown["Reimbursed"][0] == Decimal("19.00")
    assert shown["Consultation"][:2] == (Decimal("30.00"), "EUR")


def test_plans_teams_and_images():
    plan = rows(
        {
            "resourceType": "CarePlan",
            "title": "Diabète",
            "activity": [{"detail": {"code": coded("Marche"), "status": "in-progress"}}],
            "goal": [{"display": "HbA1c < 7"}],
        }
    )
    assert (plan["What"][0], plan["Goal"][0], plan["Marche"][1]) == ("Diabète", "HbA1c < 7", "In progress")
    team = rows(
        {"resourceType": "CareTeam", "participant": [{"role": [coded("Infirmière")], "member": {"display": "Mme Roy"}}]}
    )
    assert team["Infirmière"][0] == "Mme Roy"
    study = rows(
        {
            "resourceType": "ImagingStudy",
            "series": [{"modality": {"code": "DX", "display": "Radiographie"}, "bodySite": {"display": "Poignet"}}],
        }
    )
    assert (study["Technique"][0], study["Where in the body"][0]) == ("Radiographie", "Poignet")


@pytest.mark.parametrize("charset", ["utf-8", "ISO-8859-1", "no-such-charset", ""])
def test_an_attached_text_is_read_in_its_charset(charset):
    spelt = charset if charset in ("utf-8", "ISO-8859-1") else "utf-8"
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    data = b64encode("Poids stable, à revoir été 2027.".encode(spelt)).decode()
    note = {"resourceType": "DocumentReference", "content": [{"attachment": {"contentType": kind, "data": data}}]}
    told = present(note)
    assert told.narrative == "Poids stable, à revoir été 2027."
    # Read as the text, it is not named once more as a file of an unknown kind.
    assert not told.sections


def test_a_charset_that_no_real_file_has_is_not_tried():
    """Decoding punycode takes a time that grows with the square of the length: hours for one document."""
    data = b64encode(b"Poids stable-" + b"a" * 1_000_000).decode()
    attachment = {"contentType": "text/plain; charset=punycode", "data": data}
    note = {"resourceType": "DocumentReference", "content": [{"attachment": attachment}]}
    assert present(note).narrative.startswith("Poids stable-aaa")


def test_a_broken_attachment_is_only_missing_text():
    broken = {
        "resourceType": "DocumentReference",
        "content": [{"attachment": {"contentType": "text/plain", "data": "%%%"}}],
    }
    assert present(broken).narrative == ""


@pytest.mark.asvs("v5.0.0-1.3.1", "v5.0.0-1.3.5")
@pytest.mark.parametrize(
    "markup",
    [
        "<div><p>ok</p><script>alert(1)</script></div>",
        "<div><p onclick='alert(1)'>ok</p></div>",
        "<div>ok<img src=x onerror=alert(1)></div>",
        "<div>ok<a href='javascript:alert(1)'></a></div>",
        "<div>ok<iframe src='http://127.0.0.1:9/'>alert(1)</iframe></div>",
        "<div>ok<svg><script>alert(1)</script></svg></div>",
        "<div>ok<!-- alert(1) --></div>",
        "<div>ok<style>alert(1)</style></div>",
    ],
)
def test_nothing_of_a_narrative_can_run(markup):
    assert text_of_html(markup) == "ok"


@pytest.mark.asvs("v5.0.0-1.3.12")
@pytest.mark.parametrize(
    "piece", ["<", "<!", "<!--", "<a ", "<![CDATA[", "<?", "</", '<a b="', "&", "<script>", "<li>", "<p>", "a<b"]
)
def test_no_narrative_takes_long(piece):
    began = time.process_time()
    text_of_html(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 2


def test_a_narrative_keeps_its_lines():
    text = text_of_html(
        "<div><h1>A</h1><ul><li>b &amp; c</li><li>d</li></ul><table><tr><td>e</td><td>f</td></tr></table></div>"
    )
    assert text == "A\n– b & c\n– d\ne · f"


def test_a_composition_is_read_in_order():
    letter = {
        "resourceType": "Composition",
        "section": [
            {"title": "Motif", "text": {"div": "<div>Toux</div>"}, "section": [{"title": "Depuis"}]},
            {"title": "Suite", "text": {"div": "<div>Repos</div>"}},
        ],
    }
    assert present(letter).narrative == "Motif\n\nToux\n\nDepuis\n\nSuite\n\nRepos"


def test_presentations_say_nothing_in_a_traceback():
    shown = present(lab(text="Quetzalcoatlus"))
    assert "Quetzalcoatlus" not in repr(shown) + repr(shown.sections) + repr(shown.sections[0].rows)


@pytest.mark.asvs("v5.0.0-1.2.1")
@needs_samples
def test_the_hostile_narrative_is_harmless():
    (entry,) = bundle_of(read_fhir((DATA / "hostile/fhir-xss-narrative.json").read_bytes())).entries
    shown = present(entry.resource)
    assert "alert" not in shown.narrative
    assert "javascript" not in shown.narrative
