"""Every sample file through the door: what goes in, what stays outside, within time and memory; a table is printed."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import date
from time import monotonic

import pytest
from django.utils import translation

from audit.actor import Actor
from records.exchange import Unreadable, import_bundle, read_file
from records.formats.fhir.patient import identity_of
from records.identity import Identity, create_dossier
from records.importing import only_patient
from records.models import Document, Dossier, Record
from tests.records.formats.fhir.samples import DATA, manifest, needs_samples, sample_files
from tests.records.memory import largest_reader

IMPORT, SEED = Actor.system("import"), Actor.system("seed")
MOST_SECONDS, MOST_MEMORY = 10, 512 * 2**20
LOCKED = {"qpdf-20-pages.pdf", "qpdf-encrypted-R6-user-view.pdf"}
GOOD = [
    path for path in sample_files("*/*") if path.parent.name not in ("hostile", "LICENSES") and path.name not in LOCKED
]
# What each hostile file comes to: words of the refusal, or nothing when it goes in harmless.
HOSTILE = {
    "cda-script-in-narrative.xml": "",
    "cda-xxe-external-entity.xml": "DOCTYPE",
    "dicom-preamble-MZ-polyglot.dcm": "",
    "fhir-xss-narrative.json": "",
    "pdf-flate-bomb-50MiB.pdf": "",
    "pdf-javascript-openaction.pdf": "",
    "pdf-launch-action.pdf": "would start a program",
    "png-bomb-20000x20000.png": "more than 60 million pixels",
    "polyglot-gif-html.gif": "stay outside",
    "qpdf-bad-xref.pdf": "",
}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def somebody(bundle):
    """A dossier for the person of the file, or for anybody when it names nobody."""
    patient = only_patient(bundle)
    known = identity_of(patient) if patient else None
    if known is None:
        names = (patient or {}).get("name", [{}])[0]
        known = Identity(
            family=names.get("family", "Essai"),
            given=" ".join(names.get("given", ["Lou"])),
            birth_date=date.fromisoformat((patient or {}).get("birthDate", "1984-03-07")),
            sex="female",
        )
    return create_dossier(actor=SEED, identity=known)


def rows():
    return (
        set(Record.objects.values_list("id", "revision")),
        set(Document.objects.filter(removed_at=None).values_list("id", "sealed_size")),
        set(Dossier.objects.values_list("id", flat=True)),
    )


@contextmanager
def nothing_changes():
    before = rows()
    yield
    assert rows() == before


@needs_samples
def test_every_good_file_goes_in(db, capsys):
    table = []
    with largest_reader() as largest:
        for path in GOOD:
            begun = monotonic()
            bundle = read_file(path)
            ref = somebody(bundle)
            report = import_bundle(actor=IMPORT, source=bundle, dossier_id=ref.id)
            seconds = monotonic() - begun
            assert seconds < MOST_SECONDS, path.name
            counts = report.counts_by_type()
            _as_the_manifest_says(path, counts, report)
            files = Document.objects.filter(dossier_id=ref.id, removed_at=None).count()
            table.append((path, seconds, counts, files, len(report.left_out)))
            Dossier.objects.filter(id=ref.id).update(ins_digest=None)
    assert 0 < largest.bytes < MOST_MEMORY
    assert len(table) == 63
    with capsys.disabled():
        print(f"\n{'file':58s} {'s':>5s} {'files':>5s} {'left out':>8s}  structured items")
        for path, seconds, counts, files, left_out in table:
            told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if count)
            print(f"{str(path.relative_to(DATA))[:58]:58s} {seconds:5.2f} {files:5d} {left_out:8d}  {told}")
        print(f"memory of the largest reader: {largest.bytes // 2**20} MiB")


def _as_the_manifest_says(path, counts, report):
    """What an independent script counted is what came, one by one."""
    facts = manifest(path)
    if facts["format"] == "fhir-json":
        # Resources that appear twice in a file are left out with that reason, and counted with the others.
        assert counts == Counter(facts.get("countsByType") or {facts["resourceType"]: 1}), path.name
    elif facts["format"] == "hl7v2":
        assert counts["Observation"] == facts["segments"]["OBX"]
        assert counts["DiagnosticReport"] == facts["segments"]["OBR"]
    elif facts["format"] == "cda-r2":
        assert counts["DocumentReference"] == 1
        assert Document.objects.filter(dossier_id=report.ref.id).count() == len(facts["embedded"])
    elif facts["format"] == "dicom":
        assert (counts["ImagingStudy"], counts["DocumentReference"]) == (1, 1)
    else:
        assert counts == {"DocumentReference": 1}


@needs_samples
@pytest.mark.parametrize("name", sorted(LOCKED))
def test_a_pdf_that_needs_a_password_stays_outside(db, name):
    ref = create_dossier(
        actor=SEED, identity=Identity(family="Essai", given="Lou", birth_date=date(1984, 3, 7), sex="female")
    )
    with nothing_changes(), pytest.raises(Unreadable, match="needs a password"):
        import_bundle(actor=IMPORT, source=DATA / "pdf" / name, dossier_id=ref.id, reader=read_file)


@pytest.mark.asvs("v5.0.0-5.2.2", "v5.0.0-5.2.3", "v5.0.0-5.2.5", "v5.0.0-5.2.6")
@needs_samples
def test_every_hostile_file_meets_its_verdict(db, capsys):
    assert {path.name for path in sample_files("hostile/*")} == set(HOSTILE)
    table = []
    with largest_reader() as largest:
        for path in sample_files("hostile/*"):
            words, begun = HOSTILE[path.name], monotonic()
            if words:
                ref = create_dossier(
                    actor=SEED,
                    identity=Identity(family="Essai", given="Lou", birth_date=date(1984, 3, 7), sex="female"),
                )
                with nothing_changes(), pytest.raises(Unreadable, match=words) as refusal:
                    import_bundle(actor=IMPORT, source=path, dossier_id=ref.id, reader=read_file)
                told = f"refused: {refusal.value}"
                assert "/etc" not in told
                assert "Traceback" not in told
            else:
                bundle = read_file(path)
                report = import_bundle(actor=IMPORT, source=bundle, dossier_id=somebody(bundle).id)
                told = "taken in" + (f", removed: {', '.join(sorted(report.cleaned))}" if report.cleaned else "")
            assert monotonic() - begun < MOST_SECONDS
            table.append((path.name, told, manifest(path)["expected"]))
    assert 0 < largest.bytes < MOST_MEMORY
    with capsys.disabled():
        print()
        for name, told, expected in table:
            print(f"{name:36s} {told}\n{'':36s} (expected: {expected})")
