"""Reading a FHIR file: what is taken, and one sentence for everything else."""

import json
from pathlib import Path

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from records.formats.fhir.bundle import Unreadable, bundle_of, to_json
from records.formats.fhir.checking import BUNDLE_TYPES, read_fhir
from records.formats.files import read_bundle
from records.formats.refusals import Unfit
from records.formats.sentences import sentence_of
from tests.records.formats.fhir.samples import DOCTOR, PATIENT, bundle_bytes, lab, needs_samples, sample_files

SECRET = "Quetzalcoatlus"
GOOD = bundle_bytes(PATIENT, lab())


def parse_bundle(raw):
    """What the two processes do, in one: read, then believe no more than a file."""
    try:
        return bundle_of(read_fhir(raw))
    except Unfit as refusal:
        raise Unreadable(sentence_of(refusal.token, refusal.facts)) from None


@pytest.mark.parametrize("kind", BUNDLE_TYPES)
def test_every_accepted_type_of_bundle_opens(kind):
    assert [entry.position for entry in parse_bundle(bundle_bytes(PATIENT, DOCTOR, kind=kind)).entries] == [1, 2]


def test_a_resource_alone_opens_too():
    (entry,) = parse_bundle(json.dumps(PATIENT).encode()).entries
    assert entry.resource["birthDate"] == "1984-03-07"


def test_an_entry_without_resource_is_kept_as_such():
    (entry,) = parse_bundle(b'{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1"}]}').entries
    assert entry.resource is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"%PDF-1.7", "not valid JSON: line 1, column 1"),
        (b'{"resourceType": "Bundle",\n "type": }', "line 2"),
        (GOOD[:-20], "not valid JSON"),
        (GOOD + b"{}", "not valid JSON"),
        ("{\u00e9}".encode("latin-1"), "not text in UTF-8"),
        (GOOD.decode().encode("utf-16"), "not text in UTF-8"),
        (b"[]", "not FHIR"),
        (b'"Bundle"', "not FHIR"),
        (b'{"name": 1}', "not FHIR"),
        (b'{"resourceType": "Quetzalcoatlus"}', "does not exist in FHIR R4"),
        (b'{"resourceType": "Bundle"}', "type that Carnet does not take in"),
        (b'{"resourceType": "Bundle", "type": "history"}', "type that Carnet does not take in"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": {}}', '"entry" is not a list'),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": [7]}', "Entry 1"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": []}]}', "Entry 1"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"id": "x"}}]}', "Entry 1"),
        (b'{"resourceType": "Patient", "id": NaN}', "number"),
        (b'{"resourceType": "Patient", "id": -Infinity}', "number"),
        (b'{"resourceType": "Patient", "id": 1' + b"0" * 5000 + b"}", "number"),
        (b'{"resourceType": "Patient", "id": 1e99999999999999999999}', "number"),
        (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "same key twice"),
        (b'{"resourceType":"Patient","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"resourceType":"Patient","x":[' + b"{}," * 1_500_000 + b"0]}", "parts"),
        (b'{"resourceType":"Patient","x":' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
    ],
)
def test_what_is_malformed_gets_one_sentence(content, words):
    with pytest.raises(Unreadable) as refusal:
        parse_bundle(content)
    assert words in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_at_all_make_a_traceback(content):
    with pytest.raises(Unreadable):
        parse_bundle(b"x" + content)


@given(st.data())
def test_a_mutated_file_opens_or_is_refused_without_quoting_it(data):
    spoilt = bytearray(bundle_bytes({**PATIENT, "name": [{"family": SECRET, "given": [SECRET]}]}, lab()))
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    said = ""
    try:
        parse_bundle(bytes(spoilt))
    except Unreadable as refusal:
        said = f"{refusal} {refusal!r}"
    assert SECRET not in said


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(4 * 2**30)
    with pytest.raises(Unreadable, match="4096 MiB"):
        read_bundle(path)


def test_a_missing_file_a_folder_and_a_device_get_a_sentence(tmp_path: Path):
    with pytest.raises(Unreadable, match="no file at this path"):
        read_bundle(tmp_path / "absent.json")
    for other in (tmp_path, Path("/dev/zero")):
        with pytest.raises(Unreadable, match="not a file"):
            read_bundle(other)


def test_a_byte_order_mark_is_tolerated():
    assert parse_bundle(b"\xef\xbb\xbf" + GOOD).entries


def test_numbers_keep_their_digits():
    raw = b'{"resourceType":"Observation","valueQuantity":{"value":6.80,"x":-0.0,"y":67.44088555853078,"z":7}}'
    (entry,) = parse_bundle(raw).entries
    assert to_json(entry.resource) == raw


def test_half_a_character_cannot_be_filed():
    (entry,) = parse_bundle(b'{"resourceType":"Patient","id":"\\ud800"}').entries
    with pytest.raises(Unreadable, match="broken character"):
        to_json(entry.resource)


def test_nothing_shows_its_content():
    opened = parse_bundle(bundle_bytes({**PATIENT, "id": SECRET}))
    assert SECRET not in repr(opened) + repr(opened.entries)


@needs_samples
@pytest.mark.parametrize(
    "path", sample_files("synthea*/*.json", "hl7-fhir-r4/*.json", "fhir-fr/*.json"), ids=lambda p: p.name
)
def test_sample_resources_are_written_as_they_came(path: Path):
    content = simplejson.loads(path.read_text(), use_decimal=True)
    came = [entry["resource"] for entry in content["entry"]] if content["resourceType"] == "Bundle" else [content]
    read = [entry.resource for entry in read_bundle(path).entries]
    assert [to_json(resource) for resource in read] == [to_json(resource) for resource in came]
