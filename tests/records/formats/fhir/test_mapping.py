"""Where resources land: every type, every reference, and nothing delicate in an open drawer."""

import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.categories import Category
from records.formats.fhir.bundle import of_resources
from records.formats.fhir.carried import carry, original
from records.formats.fhir.elements import instant, number, printed_unit, readable, when
from records.formats.fhir.kinds import KNOWN
from records.formats.fhir.mapping import Landed, LeftOut, land
from records.formats.fhir.presenting import present
from records.formats.files import read_bundle
from records.headers import Flag
from tests.records.formats.fhir.samples import DOCTOR, PATIENT, coded, lab, manifest, needs_samples, sample_files

SNOMED = "http://snomed.info/sct"


def landed(resource, *others):
    bundle = of_resources([resource, *others])
    found = land(resource, bundle.references)
    assert isinstance(found, Landed)
    return found


def drawer(kind: str, **fields) -> Category:
    return landed({"resourceType": kind, **fields}).category


@needs_samples
@pytest.mark.parametrize("path", sample_files("synthea*/*.json"), ids=lambda path: path.name)
def test_every_synthea_resource_lands_and_the_counts_agree(path: Path):
    bundle = read_bundle(path)
    counts: Counter[str] = Counter()
    for entry in bundle.entries:
        counts[entry.resource["resourceType"]] += 1
        found = land(entry.resource, bundle.references)
        if isinstance(found, LeftOut):
            assert entry.resource["resourceType"] in ("Organization", "Practitioner")
            assert found.reason
        else:
            assert found.header.title
            assert found.header.date is not None or found.header.kind in ("Patient", "Device", "Goal")
    assert counts == manifest(path)["countsByType"]


@needs_samples
@pytest.mark.parametrize(
    "path", sample_files("hl7-fhir-r4/*.json", "fhir-fr/*.json", "hostile/*.json"), ids=lambda p: p.name
)
def test_files_of_others_land_and_are_shown(path: Path):
    bundle = read_bundle(path)
    for entry in bundle.entries:
        found = land(entry.resource, bundle.references)
        if isinstance(found, Landed):
            filed = carry(entry.resource, bundle.references, found.category)
            assert original(filed) == entry.resource
            shown = present(filed)
            assert shown.sections or shown.narrative or found.header.kind == "Binary"
            assert "<script" not in shown.narrative
            assert "alert(" not in shown.narrative
    if "countsByType" in manifest(path):
        assert Counter(entry.resource["resourceType"] for entry in bundle.entries) == manifest(path)["countsByType"]


@needs_samples
def test_the_latest_laboratory_values_are_those_of_the_file():
    for path in sample_files("synthea/*.json"):
        bundle = read_bundle(path)
        latest: dict[str, tuple[datetime, Decimal]] = {}
        for entry in bundle.entries:
            if entry.resource["resourceType"] == "Observation":
                header = landed(entry.resource).header
                if header.value is not None and header.date >= latest.get(header.code, (header.date,))[0]:
                    latest[header.code] = (header.date, header.value)
        for code, known in manifest(path).get("laboratoryByLoinc", {}).items():
            day, value, _unit = known["latest"]
            if value is not None and not isinstance(value, str):
                assert latest[code][0] == datetime.fromisoformat(day)
                assert abs(float(latest[code][1]) - value) <= abs(value) * 0.001


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_every_type_of_fhir_lands_or_says_why(kind):
    resource = {"resourceType": kind, "id": "x"}
    bundle = of_resources([resource])
    found = land(resource, bundle.references)
    if isinstance(found, LeftOut):
        assert found.reason
    else:
        assert found.header.kind == kind
        assert found.header.title
        present(resource)


@pytest.mark.parametrize(
    ("kind", "fields", "category"),
    [
        ("AllergyIntolerance", {"code": coded("Peanut")}, Category.MEDICAL_SUMMARY),
        ("Condition", {"code": coded("Asthma")}, Category.MEDICAL_SUMMARY),
        ("Immunization", {"vaccineCode": coded("HPV")}, Category.PREVENTION),
        ("Observation", {"code": coded("Poids", "29463-7")}, Category.PREVENTION),
        ("Observation", {"code": coded("Tabac", "72166-2")}, Category.PREVENTION),
        ("Observation", {"code": coded("Créatinine", "14682-9")}, Category.LABORATORY),
        ("Encounter", {"class": {"code": "AMB"}}, Category.CONSULTATION_REPORT),
        ("Encounter", {"class": {"code": "IMP"}}, Category.HOSPITAL_REPORT),
        ("Encounter", {"class": {"code": "EMER"}}, Category.HOSPITAL_REPORT),
        ("MedicationRequest", {"medicationCodeableConcept": coded("Contraceptive pill")}, Category.PRESCRIPTION),
        ("MedicationDispense", {"medicationCodeableConcept": coded("Sertraline")}, Category.DISPENSATION),
        ("CarePlan", {"title": "Diabetes"}, Category.CARE_PLAN),
        ("ExplanationOfBenefit", {"type": coded("Prenatal visit")}, Category.REIMBURSEMENT),
        ("Coverage", {}, Category.ADMINISTRATIVE),
        ("Appointment", {"description": "Suivi"}, Category.CONSULTATION_REPORT),
        ("Patient", {}, Category.ADMINISTRATIVE),
        ("ImagingStudy", {"description": "Genou"}, Category.IMAGING),
        ("DiagnosticReport", {"category": [coded("Imagerie", "RAD", "x")]}, Category.IMAGING),
        ("DiagnosticReport", {"category": [coded("Génétique", "GE", "x")]}, Category.GENETICS),
        ("DocumentReference", {"type": coded("Directives", "42348-3")}, Category.DIRECTIVES),
        ("DocumentReference", {"type": coded("Certificat", "CERT_DECL", "x")}, Category.CERTIFICATE),
        ("DocumentReference", {"type": coded("CR bio", "11502-2")}, Category.LABORATORY),
        ("DocumentReference", {"type": coded("Sortie", "11490-0")}, Category.HOSPITAL_REPORT),
        ("DocumentReference", {"type": coded("Remboursements", "REMB", "x")}, Category.REIMBURSEMENT),
        ("DocumentReference", {"type": coded("", "personal_notes", "urn:carnet:category")}, Category.PERSONAL_NOTES),
    ],
)
def test_the_drawer_of_each_kind(kind, fields, category):
    assert drawer(kind, **fields) is category


@pytest.mark.parametrize(
    ("kind", "fields", "category"),
    [
        ("Observation", {"code": coded("PHQ-9 total", "44261-6")}, Category.MENTAL_HEALTH),
        ("Observation", {"code": coded("Anti-VIH 1+2")}, Category.MATERNITY_SEXUAL_HEALTH),
        ("Observation", {"code": coded("Karyotype")}, Category.GENETICS),
        ("Observation", {"code": coded("Périmètre crânien")}, Category.CHILD_HEALTH),
        ("Condition", {"code": coded("x", "72892002", SNOMED)}, Category.MATERNITY_SEXUAL_HEALTH),
        ("Condition", {"code": coded("Épisode dépressif")}, Category.MENTAL_HEALTH),
        ("Condition", {"code": coded("Victim of intimate partner abuse")}, Category.SOCIAL_CARE),
        ("Encounter", {"type": [coded("Consultation prénatale")]}, Category.MATERNITY_SEXUAL_HEALTH),
        ("Encounter", {"class": {"code": "IMP"}, "reasonCode": [coded("Schizophrenia")]}, Category.MENTAL_HEALTH),
        ("Procedure", {"code": coded("x", "65200003", SNOMED)}, Category.MATERNITY_SEXUAL_HEALTH),
        ("CarePlan", {"category": [coded("Psychiatry care plan")]}, Category.MENTAL_HEALTH),
        ("Appointment", {"specialty": [coded("Gynécologie-obstétrique")]}, Category.MATERNITY_SEXUAL_HEALTH),
        ("DocumentReference", {"description": "Compte rendu d’IVG"}, Category.MATERNITY_SEXUAL_HEALTH),
        ("ImagingStudy", {"description": "Échographie fœtale"}, Category.MATERNITY_SEXUAL_HEALTH),
    ],
)
def test_what_is_delicate_leaves_the_open_drawers(kind, fields, category):
    assert drawer(kind, **fields) is category


def test_words_that_only_look_delicate_stay():
    for text in (
        "Depressed fracture of skull",
        "Hiver",
        "Diverticulite",
        "Mouvement",
        "Générique",
        "Transport en ambulance",
    ):
        assert drawer("Condition", code=coded(text)) is Category.MEDICAL_SUMMARY, text


def test_a_report_lies_with_the_most_delicate_of_its_results():
    hiv = lab("o2", "7918-6", "HIV 1+2")
    report = {
        "resourceType": "DiagnosticReport",
        "result": [{"reference": "Observation/o1"}, {"reference": "Observation/o2"}],
    }
    assert landed(report, lab(), hiv).category is Category.MATERNITY_SEXUAL_HEALTH
    assert landed({**report, "result": report["result"][:1]}, lab(), hiv).category is Category.LABORATORY


def test_what_is_done_at_a_prenatal_visit_lies_with_it():
    visit = {"resourceType": "Encounter", "id": "e1", "type": [coded("Prenatal visit")]}
    act = {"resourceType": "Procedure", "code": coded("Urine culture"), "encounter": {"reference": "Encounter/e1"}}
    assert landed(act, visit).category is Category.MATERNITY_SEXUAL_HEALTH


def test_a_delicate_reason_is_not_carried_into_an_open_drawer():
    pregnancy = {"resourceType": "Condition", "id": "c1", "code": coded("Normal pregnancy")}
    cough = {"resourceType": "Condition", "id": "c2", "code": coded("Cough")}
    order = {
        "resourceType": "MedicationRequest",
        "reasonReference": [{"reference": "Condition/c1"}, {"reference": "Condition/c2"}],
        "requester": {"reference": "Practitioner/d1"},
    }
    bundle = of_resources([order, pregnancy, cough, DOCTOR])
    filed = carry(order, bundle.references, Category.PRESCRIPTION)
    values = [row.value for section in present(filed).sections for row in section.rows]
    assert "Cough" in values
    assert "Dr Ada Essai" in values
    assert "Normal pregnancy" not in str(filed)
    assert original(filed) == order


@pytest.mark.parametrize(
    "address",
    [
        "Practitioner/d1",
        "https://server.example/fhir/Practitioner/d1",
        "Practitioner/d1/_history/3",
        "Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|899900000015",
    ],
)
def test_references_are_followed_however_they_are_written(address):
    header = landed(lab(performer=[{"reference": address}]), DOCTOR).header
    assert header.author_name == "Dr Ada Essai"


def test_contained_and_misplaced_medicines_are_found():
    inside = {"resourceType": "Medication", "id": "m", "code": coded("Amoxicilline")}
    order = {"resourceType": "MedicationRequest", "contained": [inside], "medicationReference": {"reference": "#m"}}
    assert landed(order).header.title == "Amoxicilline"
    astray = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "#m"}}
    assert landed(astray, inside).header.title == "Amoxicilline"


def test_many_references_to_many_contained_things_take_no_longer_each():
    """Ten thousand authors inside one resource took minutes when each walked all of them."""
    authors = [{"resourceType": "Practitioner", "id": f"p{n}", "name": [{"family": f"F{n}"}]} for n in range(10_000)]
    pointed = [{"reference": f"#p{n}"} for n in reversed(range(10_000))]
    result = lab(performer=pointed, contained=[*authors, {**authors[9_999], "name": []}])
    start = time.process_time()
    assert landed(result).header.author_name == "F9999"
    present(result)
    assert time.process_time() - start < 5


def test_a_role_that_points_at_itself_names_nobody():
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "PractitionerRole/r"}}
    assert landed(lab(performer=[{"reference": "PractitionerRole/r"}]), role).header.author_name == ""


def test_a_number_written_with_a_million_zeros_is_no_measure():
    assert number({"value": Decimal("1." + "0" * 1_000_000)}, "value") is None
    assert number({"value": Decimal("1." + "0" * 30)}, "value") == 1


def test_a_result_borrows_date_author_and_place_from_its_visit_or_report():
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "period": {"start": "2026-01-02T10:00:00Z"},
        "participant": [{"individual": {"reference": "Practitioner/d1"}}],
        "serviceProvider": {"display": "Cabinet"},
    }
    bare = lab(encounter={"reference": "Encounter/e1"})
    del bare["effectiveDateTime"]
    header = landed(bare, visit, DOCTOR).header
    assert (header.date, header.author_name, header.place) == (
        datetime(2026, 1, 2, 10, tzinfo=UTC),
        "Dr Ada Essai",
        "Cabinet",
    )
    orphan = {key: value for key, value in bare.items() if key != "encounter"}
    report = {"resourceType": "DiagnosticReport", "issued": "2026-02-03", "result": [{"reference": "Observation/o1"}]}
    assert landed(orphan, report).header.date == datetime(2026, 2, 3, tzinfo=UTC)


def test_the_patient_is_never_an_author():
    header = landed(lab(performer=[{"reference": "Patient/p1", "display": "Lou"}]), PATIENT).header
    assert header.author_name == ""


@pytest.mark.parametrize(
    ("value", "more", "flag"),
    [
        ("3.9", {}, Flag.LOW),
        ("4.0", {}, Flag.NORMAL),
        ("6.0", {}, Flag.NORMAL),
        ("6.1", {}, Flag.HIGH),
        ("5.0", {"interpretation": [coded("x", "HH", "y")]}, Flag.VERY_HIGH),
        ("9.0", {"referenceRange": []}, Flag.NONE),
        ("9.0", {"valueQuantity": {"value": 4, "comparator": "<", "unit": "mg/L"}}, Flag.NONE),
    ],
)
def test_flags_come_from_the_laboratory_or_from_the_range(value, more, flag):
    assert landed(lab(value=value, **more)).header.flag is flag


def test_a_pressure_is_one_text_with_its_unit():
    pressure = {
        "resourceType": "Observation",
        "code": coded("PA", "85354-9"),
        "component": [
            {"code": coded("Dia", "8462-4"), "valueQuantity": {"value": 71, "unit": "mm[Hg]"}},
            {"code": coded("Sys", "8480-6"), "valueQuantity": {"value": Decimal("106.7"), "unit": "mm[Hg]"}},
        ],
    }
    header = landed(pressure).header
    assert (header.value, header.value_text, header.unit) == (None, "107/71", "mmHg")


def test_units_and_numbers_are_printed_as_people_write_them():
    assert [printed_unit(unit) for unit in ("10*9/L", "mm[Hg]", "umol/L", "{score}", "1", "kg/m2", "cumulus")] == [
        "10⁹/L",
        "mmHg",
        "µmol/L",
        "",
        "",
        "kg/m²",
        "cumulus",
    ]
    assert readable(Decimal("67.44088555853078")) == Decimal("67.44")
    assert readable(Decimal("6.80")).as_tuple() == Decimal("6.80").as_tuple()
    assert readable(Decimal("123456.789012")) == Decimal("123457")


def test_dates_are_as_precise_as_they_were_given():
    assert when("2004") == "2004"
    assert when("2004-10") == "2004-10"
    assert instant("2004-10") == datetime(2004, 10, 1, tzinfo=UTC)
    assert instant("2024-02-30") is None
    assert instant("0001-01-01T00:00:00+14:00") is None
    assert when({"a": 1}) == ""


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELD_NAMES = """
    code category type class status period effectiveDateTime onsetDateTime performer author participant result
    valueQuantity valueCodeableConcept component referenceRange interpretation content text name item total payment
    medicationCodeableConcept medicationReference dosageInstruction dosage vaccineCode protocolApplied reaction goal
    target contained extension note conclusion presentedForm section identifier birthDate address telecom encounter
    reasonCode reasonReference description title clinicalStatus hospitalization diagnosis insurance series activity
"""
_FIELDS = _FIELD_NAMES.split()


@given(st.sampled_from(sorted(KNOWN)), st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=6))
def test_fields_of_any_shape_are_tolerated(kind, fields):
    resource = {"resourceType": kind, **fields}
    bundle = of_resources([resource])
    found = land(resource, bundle.references)
    if isinstance(found, Landed):
        found.header.to_bytes()
        filed = carry(resource, bundle.references, found.category)
        present(filed)
