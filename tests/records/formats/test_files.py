"""Files told by their content, read by a process that has nothing to give away and can be killed."""

from __future__ import annotations

import random
from contextlib import suppress
from time import monotonic

import pytest

from records.formats import apart
from records.formats.apart import read_apart
from records.formats.fhir.bundle import Unreadable
from records.formats.files import kind_of, read_file
from records.formats.sentences import SENTENCES, sentence_of
from records.importing import sort_out
from tests.records.formats.fhir.samples import manifest, needs_samples, sample_files
from tests.records.formats.papers import OBR, OBX, document, message, mutate, observation, structured

POTASSIUM = '<value xsi:type="PQ" value="4.1" unit="mmol/L"/>'


def put(tmp_path, raw, name="file.bin"):
    path = tmp_path / name
    path.write_bytes(raw)
    return path


@pytest.mark.asvs("v5.0.0-1.1.1")
@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b'\xef\xbb\xbf {"resourceType"', "fhir"),
        (b"  \n<?xml", "cda"),
        ("\ufeff<x".encode("utf-16-le"), "cda"),
        (b"\xef\xbb\xbfMSH|^~\\&|", "hl7v2"),
        (b"\x0bMSH|", "hl7v2"),
        (b"BHS|^~\\&|", "hl7v2"),
        (b"MSHabc", ""),
        (b"%PDF-1.7", "pdf"),
        (b"\0" * 128 + b"DICM", "dicom"),
        (b"MZ" + b"\0" * 126 + b"DICM", "dicom"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "other"),
        (b"PK\x03\x04", "other"),
        (b"hello", ""),
        (b"", ""),
    ],
)
def test_the_kind_is_told_by_the_content(head, kind):
    assert kind_of(head) == kind


@pytest.mark.asvs("v5.0.0-2.2.1")
@pytest.mark.parametrize(
    ("raw", "words", "kind"),
    [
        (b"", "empty", "unknown"),
        (b"hello", "does not know this kind", "unknown"),
        (b"PK\x03\x04", "archives", "unknown"),
        (b"%PDF-1.7", "damaged", "pdf"),
        (b"\xff\xd8\xff", "damaged", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "damaged", "png"),
        (b"\0" * 128 + b"DICM", "damaged", "dicom"),
        (b"<x/>", "no clinical document", "cda"),
        (b"<!DOCTYPE x><x/>", "DOCTYPE", "cda"),
        (b"MSH|^~\\&|", "carries no results", "hl7v2"),
        (b"{", "not valid JSON", "fhir"),
        (b"<" + b" " * (11 * 2**20), "at most 10 MiB", "cda"),
    ],
)
def test_a_file_that_is_refused_says_why(tmp_path, raw, words, kind):
    with pytest.raises(Unreadable, match=words) as refusal:
        read_file(put(tmp_path, raw))
    assert refusal.value.format == kind


def test_no_file(tmp_path):
    with pytest.raises(Unreadable, match="no file at this path"):
        read_file(tmp_path / "none")
    with pytest.raises(Unreadable, match="not a file"):
        read_file(tmp_path)


def test_the_header_is_compared_and_not_filed(tmp_path):
    bundle = read_file(put(tmp_path, document(structured(observation(POTASSIUM)))))
    assert bundle.subject["birthDate"] == "1984-03-07"
    pieces, omissions = sort_out(bundle)
    assert sorted(piece.header.kind for piece in pieces) == ["DocumentReference", "Observation"]
    assert not omissions


@pytest.mark.parametrize(
    ("code", "analysis", "drawers"),
    [
        ("11502-2", "2823-3", {"laboratory"}),
        ("11488-4", "2823-3", {"consultation_report"}),
        ("11488-4", "29463-7", {"consultation_report", "prevention"}),
        ("42348-3", "2823-3", {"directives"}),
        ("81334-5", "2823-3", {"directives"}),
        # A test of HIV: the document repeats it, and lies no more openly.
        ("11502-2", "7918-6", {"maternity_sexual_health"}),
    ],
)
def test_results_lie_with_their_document_or_closer(tmp_path, code, analysis, drawers):
    bundle = read_file(put(tmp_path, document(structured(observation(POTASSIUM, code=analysis)), code=code)))
    assert {str(piece.category) for piece in sort_out(bundle)[0]} == drawers


def test_the_message_itself_lies_with_its_most_delicate_result(tmp_path):
    hiv = message(OBR, OBX) + message(OBR.replace("R-1", "R-2"), OBX.replace("718-7", "7918-6")).replace("M-1", "M-2")
    pieces, _omissions = sort_out(read_file(put(tmp_path, hiv.encode())))
    drawers = {(piece.header.kind, str(piece.category)) for piece in pieces if b"presentedForm" in piece.resource}
    assert drawers == {("DiagnosticReport", "maternity_sexual_health")}


@needs_samples
@pytest.mark.parametrize("path", sample_files("hostile/cda-*.xml"), ids=lambda path: path.name)
def test_hostile_documents_meet_their_verdict(path):
    expected = manifest(path)["expected"]
    if expected.startswith("reject"):
        with pytest.raises(Unreadable) as refusal:
            read_file(path)
        assert "/etc" not in str(refusal.value)
    else:
        pieces, _omissions = sort_out(read_file(path))
        markup = next(piece.plain["text"]["div"] for piece in pieces)
        assert "avant" in markup
        assert not [word for word in ("script", "alert", "onclick", "href", "javascript") if word in markup]


def spend(tmp_path, monkeypatch, body):
    """Run ``body`` in place of the reader, after the child gave up what it gives up."""
    start = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from records.formats import child; from records.formats.cda import document\n"
        "from records.formats.refusals import Unfit\n"
        f"def bad(raw):\n    {body}\n"
        "document.read_cda = bad\n"
        "sys.exit(child.main(*sys.argv[2:]))"
    )
    monkeypatch.setattr(apart, "_START", start)
    with pytest.raises(Unreadable) as refusal:
        read_apart("cda", b"<x/>")
    return str(refusal.value)


@pytest.mark.asvs("v5.0.0-15.2.2")
def test_a_reader_without_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 2)
    begun = monotonic()
    assert "within 2 seconds" in spend(tmp_path, monkeypatch, "import time; time.sleep(60)")
    assert monotonic() - begun < 5


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 'x' * 10**9", "more memory"),
        ("open('/etc/hostname')", "malformed"),
        ("__import__('socket').socket()", "malformed"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "could not be read"),
        ("raise Unfit('the family name', size=3)", "malformed"),
        ("raise ValueError('the family name')", "malformed"),
        ("return {'x': 'x' * (100 * 2**20)}", "could not be read"),
        ("return {'made': {}, 'sizes': [10**9]}", 'no "resourceType"'),
        ("import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\x02{}'); sys.stdout.flush(); sys.exit(0)", "malformed"),
    ],
)
def test_a_reader_that_is_taken_over_gets_nothing_and_says_nothing(tmp_path, monkeypatch, body, words):
    told = spend(tmp_path, monkeypatch, body)
    assert words in told
    assert "family" not in told


@pytest.mark.asvs("v5.0.0-15.2.5")
def test_the_reader_has_no_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    told = spend(tmp_path, monkeypatch, "raise Unfit('too-deep', depth=int('SECRET' in __import__('os').environ))")
    assert "more than 0 levels" in told


def test_every_sentence_can_be_said():
    facts = {"size": 1, "ceiling": 2, "depth": 3, "most": 4, "line": 5, "seconds": 6, "place": 7, "column": 8}
    for token in SENTENCES:
        assert "%" not in sentence_of(token, facts)
    assert sentence_of("too-deep", {"depth": "a name"}) == sentence_of("fault", {}) == sentence_of("?", {})


@needs_samples
def test_mutations_through_the_process_end_in_a_bundle_or_a_sentence(tmp_path):
    dice = random.Random(6)
    for path in sample_files("cda-fr/cc0-CR-BIO*", "hl7v2/fr-*"):
        for _time in range(8):
            with suppress(Unreadable):
                assert sort_out(read_file(put(tmp_path, mutate(path.read_bytes(), dice))))[0]
