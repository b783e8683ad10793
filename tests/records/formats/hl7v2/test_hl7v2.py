"""HL7 v2 results: every sample as an independent script read it, and the disorder of real files."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from decimal import Decimal

import pytest

from records.formats.fhir.patient import identity_of
from records.formats.hl7v2.reading import read_hl7
from records.formats.refusals import Unfit
from tests.counts import COUNTS
from tests.records.formats.fhir.samples import manifest, needs_samples, sample_files
from tests.records.formats.papers import OBR, OBX, PID, message, mutate

SAMPLES = sample_files("hl7v2/*.hl7")


def of(made, kind):
    return [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == kind]


def results(*segments, **more):
    return of(read_hl7(message(*segments, **more).encode()), "Observation")


def value_of(result):
    """The value as the manifest writes it: the number, the text, the first words of a code."""
    if found := result.get("valueQuantity"):
        return str(found["value"])
    if choice := result.get("valueCodeableConcept"):
        return choice["coding"][0]["code"]
    return result.get("valueString", "")


STATUSES = {"F": "final", "P": "preliminary", "I": "registered"}


@needs_samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_read_as_the_manifest_says(path):
    raw, facts = path.read_bytes(), manifest(path)
    made = read_hl7(raw)
    (told,) = facts["messages"]
    found = of(made, "Observation")
    assert len(found) == len(told["obx"]) == facts["segments"]["OBX"]
    for result, line in zip(found, told["obx"], strict=True):
        assert result["code"]["coding"][0]["code"] == line["code"]
        assert line["label"] in (result["code"]["text"], result["code"]["coding"][0]["display"])
        assert value_of(result) == line["value"].replace(",", ".").split("^", 1 if line["type"] == "CWE" else 0)[0] or (
            line["type"] == "SN" and value_of(result) == line["value"].strip("^")
        )
        assert result.get("valueQuantity", {}).get("unit", "") == line["unit"]
        assert [concept["coding"][0]["code"] for concept in result.get("interpretation", [])] == (
            [line["flag"]] if line["flag"] else []
        )
        assert result.get("referenceRange", [{"text": ""}])[0]["text"] == line["range"]
        if line["range"]:
            assert {"low", "high"} <= set(result["referenceRange"][0])
        assert result["status"] == STATUSES[line["status"]]
        assert ("dataAbsentReason" in result) == (not line["value"])
    reports = of(made, "DiagnosticReport")
    assert len(reports) == facts["segments"]["OBR"]
    assert sum(len(report["result"]) for report in reports) == len(found)
    assert b64decode(reports[0]["presentedForm"][-1]["data"]) == raw
    (patient,) = of(made, "Patient")
    assert patient["birthDate"].replace("-", "") == told["patient"]["birth"]
    assert patient["name"][0]["family"] == told["patient"]["name"].split("^")[0]


@needs_samples
def test_the_note_under_a_result_keeps_its_accents():
    found = of(read_hl7(sample_files("hl7v2/fr-*.hl7")[0].read_bytes()), "Observation")
    assert [len(result.get("note", [])) for result in found] == [0, 0, 1]
    assert found[-1]["note"][0]["text"] == (
        "Prélèvement à contrôler : agrégats plaquettaires.\nTéléphoné au Dr MULLER à 10h05."
    )


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("\ufeff", ""), ("\x0b", "\x1c\r")])
def test_line_ends_marks_and_frames(end, before, after):
    raw = (before + message(OBR, OBX).replace("\r", end) + after).encode()
    assert [value_of(result) for result in of(read_hl7(raw), "Observation")] == ["10.2"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("UNICODE UTF-8", "cp1252"),
        ("NONSENSE", "utf-8"),
    ],
)
def test_accents_in_every_usual_charset(declared, written):
    raw = message(OBR, OBX, "NTE|1|L|Prélevé à Nîmes", charset=declared).encode(written)
    assert of(read_hl7(raw), "Observation")[0]["note"][0]["text"] == "Prélevé à Nîmes"


def test_escapes_and_own_delimiters():
    (result,) = results(OBR, r"OBX|1|ST|1^x^L||a\F\b\S\c\T\d\R\e\E\f\.br\g\H\h\X41C3A9\ i\Zx\j")
    assert result["valueString"] == "a|b^c&d~e\\f\nghAé ij"
    own = message(OBR, OBX).replace("^~\\&", "*+!%").replace("|", "#").replace("^", "*")
    assert value_of(of(read_hl7(own.encode()), "Observation")[0]) == "10.2"


@pytest.mark.parametrize(
    ("written", "key", "expected"),
    [
        ("SN|1^x^LN||^182", "valueQuantity", Decimal(182)),
        ("SN|1^x^LN||>^90", "valueQuantity", Decimal(90)),
        ("SN|1^x^LN||^10^-^20", "valueRange", None),
        ("SN|1^x^LN||^1^:^128", "valueRatio", None),
        ("CE|1^x^LN||POS^Positif^L", "valueCodeableConcept", None),
        ("TX|1^x^LN||un~deux", "valueString", None),
        ("DT|1^x^LN||20260301", "valueDateTime", None),
        ("NM|1^x^LN||impossible", "valueString", None),
    ],
)
def test_values_of_every_kind(written, key, expected):
    (result,) = results(OBR, f"OBX|1|{written}|mg/L||||||F")
    assert key in result
    if expected is not None:
        assert result[key]["value"] == expected


@pytest.mark.parametrize(
    ("told", "low", "high"),
    [
        ("12,0-16,0", "12.0", "16.0"),
        ("4.3 to 6.2", "4.3", "6.2"),
        ("70_105", "70", "105"),
        ("12 à 16", "12", "16"),
        ("<5", None, "5"),
        ("> 90", "90", None),
        ("16-12", None, None),
        ("négatif", None, None),
    ],
)
def test_ranges_as_laboratories_write_them(told, low, high):
    (result,) = results(OBR, f"OBX|1|NM|1^x^LN||5|g/L|{told}||||F")
    found = result["referenceRange"][0]
    assert (found.get("low", {}).get("value"), found.get("high", {}).get("value"), found["text"]) == (
        low and Decimal(low),
        high and Decimal(high),
        told,
    )


def test_several_requests_and_messages_about_one_person():
    second = message(OBR.replace("R-1", "R-2"), OBX, OBX).replace("M-1", "M-2")
    made = read_hl7((message(OBR, OBX) + second).encode())
    assert [len(report["result"]) for report in of(made, "DiagnosticReport")] == [1, 2]
    assert len({entry["resource"]["id"] for entry in made["entry"]}) == len(made["entry"])


def test_a_corrected_report_keeps_the_names_of_its_results():
    first, second = (read_hl7(message(OBR, line).encode()) for line in (OBX, OBX.replace("10,2", "11,2")))
    assert [entry["fullUrl"] for entry in first["entry"]] == [entry["fullUrl"] for entry in second["entry"]]


def test_who_it_is_about_and_who_made_it():
    made = read_hl7(message(OBR, OBX).encode())
    identity = identity_of(of(made, "Patient")[0])
    assert (identity.family, identity.given, identity.ins) == ("Essai", "Lou Anne", "279035121518989")
    report = of(made, "DiagnosticReport")[0]
    assert report["performer"] == [{"type": "Organization", "display": "LABO"}]
    # OBR-16 asked for the test; only OBR-32 speaks of its results.
    assert "resultsInterpreter" not in report


def test_a_file_in_a_result():
    told = b64encode(b"%PDF-1.7 x").decode()
    made = read_hl7(message(OBR, f"OBX|1|ED|1^CR^L||^application^pdf^Base64^{told}||||||F").encode())
    file = of(made, "DiagnosticReport")[0]["presentedForm"][0]
    assert (file["contentType"], b64decode(file["data"])) == ("application/pdf", b"%PDF-1.7 x")


@pytest.mark.parametrize(
    ("told", "token"),
    [
        ("MSH|", "not-hl7"),
        ("MSH|^^^^|", "not-hl7"),
        ("PID|1", "not-hl7"),
        (message(OBR, OBX, kind="ADT^A01"), "not-oru"),
        (message(), "no-results"),
        (message(OBR, OBX, pid=""), "nobody"),
        (message(OBR, OBX) + message(OBR, OBX, pid=PID.replace("Lou", "Max")), "several-people"),
        (message(OBR, "OBX|1|ED|1^CR^L||^application^pdf^Base64^!!!!||||||F"), "embedded"),
        (message(*["NTE|1"] * 20_001), "too-many"),
        (message("x" * (10 * 2**20)), "too-large"),
    ],
    ids=["short", "marks", "headless", "adt", "empty", "nobody", "two", "broken", "many", "large"],
)
def test_what_is_no_result_is_refused(told, token):
    with pytest.raises(Unfit) as refusal:
        read_hl7(told.encode())
    assert refusal.value.token == token


@needs_samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_mutations_are_read_or_refused(path):
    raw, dice = path.read_bytes(), random.Random(path.name)
    for _time in range(COUNTS.mutations):
        try:
            made = read_hl7(mutate(raw, dice))
        except Unfit:
            continue
        assert of(made, "DiagnosticReport")
