"""Files of every kind through the door and the command: all or nothing, twice is once, within time and memory."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date
from time import monotonic

import pytest
import simplejson
from django.core.management import CommandError, call_command
from django.utils import translation
from pikepdf import String

from audit.actor import Actor, Role, Strength
from audit.log import entries_by
from consent.categories import Category
from portal.accounts.models import Account
from records.exchange import Unreadable, import_bundle, read_file
from records.formats.fhir.presenting import present
from records.formats.files import read_file as read
from records.identity import Identity, create_dossier
from records.importing import sort_out
from records.models import Document, Dossier, Record
from records.reading import open_category, open_record
from tests.counts import COUNTS
from tests.records.formats.fhir.samples import DATA, bundle_bytes, lab, manifest, needs_samples, sample_files
from tests.records.formats.fhir.samples import PATIENT as SAMPLE_PATIENT
from tests.records.formats.papers import (
    OBR,
    OBX,
    document,
    embedded,
    message,
    mutate,
    observation,
    person,
    structured,
)
from tests.records.formats.pdfs import action, pdf
from tests.records.memory import largest_reader

IMPORT = Actor.system("import")
SEED = Actor.system("seed")
DOCUMENTS = sample_files("cda-fr/*.xml", "cda-intl/*.xml", "hl7v2/*.hl7")
MOST_SECONDS = 10
MOST_MEMORY = 512 * 2**20

POTASSIUM = '<value xsi:type="PQ" value="{}" unit="mmol/L"/>'


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def patient(db):
    account = Account.objects.create(login_digest=b"1" * 32, role="patient", password="!")
    identity = Identity(family="Essai", given="Lou Anne", birth_date=date(1984, 3, 7), sex="female")
    ref = create_dossier(actor=SEED, identity=identity, account_id=account.id)
    return Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP), ref


def take_in(path, ref=None):
    return import_bundle(actor=IMPORT, source=path, dossier_id=ref.id if ref else None, reader=read_file)


def put(tmp_path, raw, name="file.bin"):
    path = tmp_path / name
    path.write_bytes(raw)
    return path


def expected(facts):
    """What a sample must bring, by the independent script: values of results, requests, the document."""
    if facts["format"] == "hl7v2":
        return {"DiagnosticReport": facts["segments"]["OBR"], "Observation": facts["segments"]["OBX"]}
    doses = sum(code == "30973-2" for code, *_more in facts["observationValues"])
    substances = facts["countsInBody"]["substanceAdministration"] // 2
    return {
        "DocumentReference": 1,
        "Observation": facts["observationValuesTotal"] - doses,
        "Immunization" if doses else "MedicationRequest": substances,
    }


@needs_samples
def test_every_document_goes_in_and_twice_changes_nothing(db, capsys):
    table = []
    with largest_reader() as largest:
        for path in DOCUMENTS:
            facts, begun = manifest(path), monotonic()
            report = take_in(path)
            seconds = monotonic() - begun
            found = {kind: count for kind, count in report.counts_by_type().items() if count}
            assert found == {kind: count for kind, count in expected(facts).items() if count}, path.name
            assert not report.left_out
            before = sorted(
                Record.objects.filter(dossier_id=report.ref.id).values_list("id", "header", "body", "revision")
            )
            again = take_in(path, report.ref)
            assert (again.created, again.amended) == (0, 0)
            after = sorted(
                Record.objects.filter(dossier_id=report.ref.id).values_list("id", "header", "body", "revision")
            )
            assert after == before
            assert seconds < MOST_SECONDS
            table.append((path, found, seconds))
            _forget(report.ref)
    assert 0 < largest.bytes < MOST_MEMORY
    with capsys.disabled():
        print(f"\n{'file':48s} {'s':>5s}  structured items")
        for path, found, seconds in table:
            items = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
            print(f"{path.name[:48]:48s} {seconds:5.2f}  {items}")
        print(f"memory of the largest reader: {largest.bytes // 2**20} MiB")


def _forget(ref):
    """Make room for the next file about the same person, without touching what was filed."""
    Dossier.objects.filter(id=ref.id).update(ins_digest=None)


@needs_samples
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_resource_reads_well_in_french(path):
    pieces, _omissions = sort_out(read(path))
    with translation.override("fr"):
        for piece in pieces:
            shown = present(simplejson.loads(piece.resource, use_decimal=True))
            labels = [row.label for section in shown.sections for row in section.rows]
            words = " ".join([str(section.label) for section in shown.sections] + list(map(str, labels)))
            assert shown.sections
            assert "urn:" not in words + shown.narrative
            assert "<" not in shown.narrative.replace("< 4", "")
            assert piece.header.title
            assert piece.header.date


@needs_samples
def test_a_biology_report_is_read_with_its_ranges_and_flags():
    pieces, _omissions = sort_out(read(sample_files("cda-fr/cc0-CR-BIO*")[0]))
    headers = {piece.header.code: piece.header for piece in pieces}
    platelets = headers["777-3"]
    assert (str(platelets.value), platelets.unit, str(platelets.low), platelets.flag) == (
        "98",
        "10³/µL",
        "150",
        "very_low",
    )
    assert platelets.author_name == "DR Julie ESSAI"
    paper = next(piece for piece in pieces if piece.header.kind == "DocumentReference")
    told = present(simplejson.loads(paper.resource, use_decimal=True)).narrative
    assert "Hématologie" in told
    assert "Hémoglobine [Masse/Volume] Sang · 10.2 g/dL · 12.0 - 16.0 · L" in told


@needs_samples
def test_a_result_that_is_awaited_says_so_in_words():
    pieces, _omissions = sort_out(read(sample_files("hl7v2/LAB-ORU-1*")[0]))
    awaited = next(piece for piece in pieces if piece.header.code == "11156-7")
    (value,) = [
        row.value
        for section in present(simplejson.loads(awaited.resource, use_decimal=True)).sections
        for row in section.rows
        if str(row.label) == "Value"
    ]
    assert str(value) == "Not known yet"
    assert (awaited.header.value, awaited.header.value_text, awaited.header.status) == (None, "", "registered")


def test_a_new_version_of_a_document_amends_it(patient, tmp_path):
    actor, ref = patient
    for value in ("4.1", "4.3"):
        raw = document(structured(observation(POTASSIUM.format(value))), code="11502-2")
        report = take_in(put(tmp_path, raw), ref)
    assert (report.created, report.amended) == (0, 2)
    items = open_category(actor=actor, dossier_id=ref.id, category=Category.LABORATORY).items
    result = next(item for item in items if item.header.kind == "Observation")
    assert (str(result.header.value), result.revision) == ("4.3", 2)
    view = open_record(actor=actor, record_id=next(i.record_id for i in items if i.header.kind == "DocumentReference"))
    assert "Bonjour" in view.presentation.narrative


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (person(born="19840308"), "birth date differs"),
        (person().replace("Essai", "Autre").replace("Usage", "Autre"), "name differs"),
    ],
)
def test_a_document_about_somebody_else_stops(patient, tmp_path, people, words):
    _actor, ref = patient
    with pytest.raises(Unreadable, match=words):
        take_in(put(tmp_path, document(structured(), people=people)), ref)
    with pytest.raises(Unreadable, match="birth date differs"):
        take_in(put(tmp_path, message(OBR, OBX).replace("19840307", "19840308").encode()), ref)
    assert not Record.objects.exists()
    entry = entries_by(IMPORT.id, limit=1)[0]
    assert (entry.event, entry.outcome, entry.facts["format"]) == ("import.refused", "failed", "hl7v2")


def test_a_test_identity_with_a_wrong_key_goes_in(patient, tmp_path):
    _actor, ref = patient
    report = take_in(put(tmp_path, document(structured(), people=person(ins="221042545611404"))), ref)
    assert report.misspelt_number
    assert report.created == 1


@pytest.mark.parametrize(("raw", "kind"), [(b"<!DOCTYPE x><x/>", "cda"), (b"hello", "unknown"), (b"{", "fhir")])
def test_a_file_that_is_refused_leaves_one_entry(patient, tmp_path, raw, kind):
    _actor, ref = patient
    with pytest.raises(Unreadable):
        take_in(put(tmp_path, raw), ref)
    assert not Record.objects.exists()
    (entry,) = [entry for entry in entries_by(IMPORT.id, limit=9) if entry.event == "import.refused"]
    assert dict(entry.facts) == {"format": kind, "error": "unreadable"}


def test_the_command_takes_folders_and_tells_each_file(patient, tmp_path, capsys):
    _actor, ref = patient
    folder = tmp_path / "given"
    (folder / "deeper").mkdir(parents=True)
    put(folder, document(structured(observation(POTASSIUM.format("4.1")))), "a.xml")
    put(folder / "deeper", message(OBR, OBX).encode(), "b")
    put(folder, bundle_bytes(SAMPLE_PATIENT, lab()), "c.json")
    put(folder, b"PK\x03\x04", "d.zip")
    put(folder, bundle_bytes(SAMPLE_PATIENT, lab()), "e.pdf")
    put(folder, pdf("Lettre", OpenAction=action("JavaScript", JS=String("x"))), "f.pdf")
    put(folder, b"never read", ".hidden")
    outside = put(tmp_path, b"never read", "outside")
    (folder / "link").symlink_to(outside)
    with pytest.raises(CommandError, match="2 files were refused"):
        call_command("import_records", str(folder), "--patient", str(ref.id))
    told = capsys.readouterr()
    assert [name in told.out for name in ("a.xml", "deeper/b", "c.json")] == [True] * 3
    assert "f.pdf\n" in told.out
    assert "A script or an action that would run by itself was removed." in told.out
    assert "d.zip: Carnet does not take in this kind of file" in told.err
    assert "e.pdf: The name of this file and its content say two different things" in told.err
    assert "hidden" not in told.out + told.err
    assert "link" not in told.out + told.err
    assert "Traceback" not in told.err
    kinds = sorted(entry.facts["format"] for entry in entries_by(IMPORT.id, limit=40) if entry.event == "import.done")
    assert kinds == ["cda", "fhir", "hl7v2", "pdf"]


@needs_samples
def test_the_command_makes_a_record_for_each_file_of_a_folder(db, capsys):
    call_command("import_records", str(DATA / "hl7v2"), "--new")
    assert Dossier.objects.count() == 4
    assert "28  Observation" in capsys.readouterr().out


@needs_samples
def test_mutations_leave_a_whole_file_or_nothing(patient, tmp_path):
    """Mutated copies of files into one dossier: what is refused leaves no record behind."""
    _actor, ref = patient
    dice = random.Random(2026)
    good = (
        document(structured(observation(POTASSIUM.format("4.1"))), code="11502-2"),
        message(OBR, OBX).encode(),
        *(pdf("Fuzz"), document(embedded(pdf("Fuzz")))),
    )
    for _time in range(COUNTS.mutations // 4):
        before = set(Record.objects.values_list("id", "revision"))
        done = None
        with suppress(Unreadable):
            done = take_in(put(tmp_path, mutate(dice.choice(good), dice)), ref)
        after = set(Record.objects.values_list("id", "revision"))
        assert len(after) - len(before) == (done.created if done else 0)
        assert done is not None or after == before
        # No file without its record, no record of a file without the file.
        papers = Document.objects.filter(removed_at=None).values_list("record_id", flat=True)
        assert set(papers) <= {record_id for record_id, _revision in after}
