"""CDA R2: every sample as an independent script read it; what is hostile stops; what says no is no result."""

from __future__ import annotations

import hashlib
import random
from base64 import b64decode
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from records.formats.cda.document import read_cda
from records.formats.cda.xml import MAX_DEPTH, parse
from records.formats.fhir.patient import identity_of
from records.formats.refusals import Unfit
from tests.counts import COUNTS
from tests.records.formats.fhir.samples import manifest, needs_samples, sample_files
from tests.records.formats.papers import document, embedded, mutate, observation, person, structured

SAMPLES = sample_files("cda-fr/*.xml", "cda-intl/*.xml")


def of(made, kind):
    return [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == kind]


def read(entries, **more):
    return read_cda(document(structured(entries), **more))


def told(resource):
    """(code, value, unit, interpretation) of an Observation, as the manifest tells them."""
    found = resource.get("valueQuantity", {})
    value = str(found["value"]) if found else resource.get("valueString", "")
    choice = resource.get("valueCodeableConcept", {}).get("coding", [{}])[0].get("code", "")
    flag = resource.get("interpretation", [{}])[0].get("coding", [{}])[0].get("code")
    return resource["code"]["coding"][0]["code"], value or choice, found.get("unit"), flag


@needs_samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_read_as_the_manifest_says(path):
    raw, facts = path.read_bytes(), manifest(path)
    made = read_cda(raw)
    (paper,) = of(made, "DocumentReference")
    (patient,) = of(made, "Patient")
    assert paper["type"]["coding"][0]["code"] == facts["typeCode"]["code"]
    assert paper["description"] == facts["title"]
    assert patient["birthDate"].replace("-", "") == facts["patient"]["birthTime"]
    assert patient["gender"][0].upper() == facts["patient"]["sex"]
    assert {number["value"] for number in patient["identifier"]} == {
        one["extension"] for one in facts["patient"]["ids"]
    }
    assert {name["family"] for name in patient["name"]} == {family for _use, family in facts["patient"]["family"]}
    for name in facts["authors"]:
        assert any(set(name.split()) <= set(author["display"].split()) for author in paper["author"])
    assert paper["custodian"]["display"] == facts["custodian"]
    # The dose of a vaccine is told by its Immunization.
    doses = [one for one in facts["observationValues"] if one[0] == "30973-2"]
    values = Counter((code, value, unit, flag) for code, _kind, value, unit, flag in facts["observationValues"])
    values -= Counter((code, value, unit, flag) for code, _kind, value, unit, flag in doses)
    assert Counter(map(told, of(made, "Observation"))) == values
    given = [one["protocolApplied"][0]["doseNumberPositiveInt"] for one in of(made, "Immunization")]
    assert [str(number) for number in given] == [dose[2] for dose in doses]
    files = [content["attachment"] for content in paper["content"]]
    assert b64decode(files[-1]["data"]) == raw
    assert [
        (file["contentType"], file["size"], hashlib.sha256(b64decode(file["data"])).hexdigest()) for file in files[:-1]
    ] == [(one["mediaType"], one["bytes"], one["sha256"]) for one in facts["embedded"]]
    for section in facts["sections"]:
        assert section["title"] in paper["text"]["div"]


@needs_samples
def test_vaccines_and_prescriptions_are_structured():
    vaccines = of(read_cda(sample_files("cda-fr/cc0-VAC*")[0].read_bytes()), "Immunization")
    assert [(one["vaccineCode"]["text"], one["occurrenceDateTime"], one["lotNumber"]) for one in vaccines] == [
        ("Vaccin hexavalent (essai)", "2021-06-25", "LOT-A1"),
        ("Vaccin hexavalent (essai)", "2021-08-26", "LOT-A2"),
        ("Vaccin ROR (essai)", "2022-04-27", "LOT-R1"),
    ]
    medicines = of(read_cda(sample_files("cda-fr/cc0-eP*")[0].read_bytes()), "MedicationRequest")
    assert [(one["medicationCodeableConcept"]["text"], one["dosageInstruction"][0]["text"]) for one in medicines] == [
        ("Paracétamol 1 g comprimé", "1 comprimé 3 fois par jour pendant 5 jours"),
        ("Amoxicilline 500 mg gélule", "2 gélules matin et soir pendant 6 jours"),
    ]


def test_a_result_has_its_range_its_day_and_its_author():
    made = read(
        observation(
            '<value xsi:type="PQ" value="6.40" unit="mmol/L"/>',
            '<interpretationCode code="HH"/><referenceRange><observationRange><value xsi:type="IVL_PQ">'
            '<low value="3.5" unit="mmol/L"/><high value="5.1" unit="mmol/L"/></value></observationRange>'
            "</referenceRange>",
        ),
        code="11502-2",
    )
    (result,) = of(made, "Observation")
    assert str(result["valueQuantity"]["value"]) == "6.40"
    assert [result["referenceRange"][0][end]["value"] for end in ("low", "high")] == [Decimal("3.5"), Decimal("5.1")]
    assert (result["effectiveDateTime"], result["status"]) == ("2026-03-01", "final")
    assert result["performer"][0]["display"] == "Ada ESSAI"
    assert result["category"][0]["coding"][0]["code"] == "laboratory"


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ('<value xsi:type="IVL_PQ"><high value="4" inclusive="false" unit="mg/L"/></value>', "comparator", "<"),
        ('<value xsi:type="IVL_PQ"><low value="90"/></value>', "comparator", ">="),
        ('<value xsi:type="INT" value="3"/>', "value", Decimal(3)),
        ('<value xsi:type="PQ" value="4,5" unit="g/L"/>', "value", Decimal("4.5")),
    ],
)
def test_values_of_every_kind(value, key, expected):
    (result,) = of(read(observation(value)), "Observation")
    assert result["valueQuantity"][key] == expected


@pytest.mark.parametrize(
    "value", ['<value xsi:type="PQ" nullFlavor="UNK"/>', '<value xsi:type="PQ" value="abc"/>', '<value xsi:type="ST"/>']
)
def test_a_value_that_is_missing_is_said_missing(value):
    (result,) = of(read(observation(value)), "Observation")
    assert "dataAbsentReason" in result
    assert not [key for key in result if key.startswith("value")]


def test_what_says_no_is_no_result():
    no = observation('<value xsi:type="CD" code="38341003" displayName="HTA"/>', attributes='negationInd="true"')
    medicine = (
        '<entry><substanceAdministration classCode="SBADM" moodCode="{}" negationInd="true"><consumable>'
        "<manufacturedProduct><manufacturedMaterial><name>X</name></manufacturedMaterial></manufacturedProduct>"
        "</consumable></substanceAdministration></entry>"
    )
    made = read(no + medicine.format("INT"))
    assert len(made["entry"]) == 2
    (vaccine,) = of(read(medicine.format("EVN"), code="87273-9"), "Immunization")
    assert vaccine["status"] == "not-done"


def test_names_of_birth_and_in_use():
    identity = identity_of(of(read(""), "Patient")[0])
    assert (identity.family, identity.used_name, identity.given) == ("Essai", "Usage", "Lou Anne")
    assert (identity.birth_date, identity.sex) == (date(1984, 3, 7), "female")


def test_a_document_inside_the_stylesheet_that_presents_it():
    inside = document(structured()).decode()
    sheet = (
        f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><x/>{inside}</xsl:stylesheet>'
    )
    (paper,) = of(read_cda(sheet.encode()), "DocumentReference")
    assert "Bonjour" in paper["text"]["div"]
    assert b64decode(paper["content"][-1]["attachment"]["data"]) == sheet.encode()


def test_level_one_with_plain_text():
    made = read_cda(document('<nonXMLBody><text mediaType="text/plain">Cher confrère,\nbonjour.</text></nonXMLBody>'))
    file = of(made, "DocumentReference")[0]["content"][0]["attachment"]
    assert (file["contentType"], b64decode(file["data"]).decode()) == (
        "text/plain; charset=utf-8",
        "Cher confrère,\nbonjour.",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_every_usual_encoding(encoding):
    plain = document(structured(text="<paragraph>Été à Nîmes</paragraph>")).decode()
    text = f'<?xml version="1.0" encoding="{encoding}"?>{plain}'
    assert "Été à Nîmes" in of(read_cda(text.encode(encoding)), "DocumentReference")[0]["text"]["div"]


def test_versions_of_a_document_keep_its_name():
    first, second = (of(read_cda(document(structured(text=text))), "DocumentReference")[0] for text in ("a", "b"))
    assert first["id"] == second["id"]


@pytest.mark.asvs("v5.0.0-1.3.1")
def test_only_a_few_tags_come_through():
    told = (
        '<paragraph onclick="x()">avant<script>alert(1)</script><linkHtml href="javascript:alert(2)">lien</linkHtml>'
        '<content styleCode="Bold">gras</content><renderMultiMedia referencedObject="m"/></paragraph>'
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">mal</x:script><list><item>un &lt;b&gt;</item></list>'
    )
    markup = of(read_cda(document(structured(text=told))), "DocumentReference")[0]["text"]["div"]
    assert markup == (
        '<div xmlns="http://www.w3.org/1999/xhtml"><h2>Partie</h2><div><p>avantlien<b>gras</b></p>'
        "<ul><li>un &lt;b&gt;</li></ul></div></div>"
    )


BOMB = f'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "{"&a;" * 20}">]><ClinicalDocument>&b;</ClinicalDocument>'


@pytest.mark.asvs("v5.0.0-1.5.1")
@pytest.mark.parametrize(
    ("raw", "token"),
    [
        (BOMB.encode(), "doctype"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>', "doctype"),
        (b"<!DOCTYPE x><x/>", "doctype"),
        (b"<x>&undefined;</x>", "not-xml"),
        (b"<x", "not-xml"),
        (b'<?xml version="1.0" encoding="punycode"?><x/>', "not-xml"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "fhir-xml"),
        (b"<bundle xmlns='urn:else'/>", "not-cda"),
        (b"<x>" * (MAX_DEPTH + 1), "too-deep"),
        (b"<x>" + b"<y/>" * 200_001 + b"</x>", "too-many"),
        (b"<x>" + b" " * (10 * 2**20) + b"</x>", "too-large"),
        (document(""), "no-body"),
        (document(embedded(b"%PDF-1.7").replace("JVBE", "J!!E")), "embedded"),
        (document(structured(), people=person() + person()), "several-people"),
        (document(structured(), people="<recordTarget/>"), "nobody"),
        (b"<x xmlns='urn:hl7-org:v3'><ClinicalDocument/><ClinicalDocument/></x>", "two-documents"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_hostile_or_no_document_is_refused(raw, token):
    with pytest.raises(Unfit) as refusal:
        read_cda(raw)
    assert refusal.value.token == token


@pytest.mark.asvs("v5.0.0-1.3.12")
def test_text_of_ten_thousand_pieces_is_read_at_once():
    assert parse(b"<x>" + b"&#65;" * 100_000 + b"</x>").text == "A" * 100_000


@needs_samples
@pytest.mark.parametrize("path", [path for path in SAMPLES if path.stat().st_size < 20_000], ids=lambda p: p.name)
def test_mutations_are_read_or_refused(path):
    """No mutation of a good file brings anything but a bundle or a refusal."""
    raw, dice = path.read_bytes(), random.Random(path.name)
    for _time in range(COUNTS.mutations):
        mutated = mutate(raw, dice)
        try:
            made = read_cda(mutated)
        except Unfit:
            continue
        assert of(made, "DocumentReference")[0]["content"][-1]["attachment"]["size"] == len(mutated)
