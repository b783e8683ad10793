"""What went in comes out: import, export, import gives the same record, and no resource is damaged on the way."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from time import monotonic

import pytest
import simplejson
from django.utils import timezone, translation

from audit.actor import Actor, Role, Strength
from portal.accounts.models import Account
from portal.takeaway.bundling import bundle, shares
from records.documents import open_document
from records.exchange import About, import_bundle, read_bytes, read_file
from records.formats.fhir.carried import original
from records.formats.fhir.patient import identity_of
from records.headers import Header
from records.identity import create_dossier
from records.importing import only_patient
from records.listing import open_row
from records.models import Document, Dossier, Record
from records.people import Identity
from records.sharing_out import enter
from tests.counts import IS_SOAK
from tests.fhir_r4 import needs_validator, problems_of
from tests.records.formats.fhir.samples import DOCTOR, PATIENT, lab, needs_samples, sample_files
from tests.records.formats.papers import OBR, OBX, document, embedded, message, observation, structured
from tests.records.formats.pdfs import pdf

IMPORT, SEED = Actor.system("import"), Actor.system("seed")
FHIR = sample_files("synthea*/*.json", "hl7-fhir-r4/*.json", "fhir-fr/*.json")
OTHERS = sample_files("cda-fr/*.xml", "cda-intl/*.xml", "hl7v2/*.hl7", "dicom/*.dcm", "pdf/graph.pdf", "images/*")
# What the last round trip held, for a closer look.
HELD_LAST = Counter()


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def somebody(identity: Identity):
    """A patient with a record of their own; the number goes, so that the same person may come twice."""
    count = Account.objects.count()
    account = Account.objects.create(login_digest=f"{count:032d}".encode(), role="patient", password="!")
    ref = create_dossier(actor=SEED, identity=identity, account_id=account.id)
    Dossier.objects.filter(id=ref.id).update(ins_digest=None)
    return Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP, fresh=True), ref


def identity_in(came):
    told = only_patient(came) or {}
    names = (told.get("name") or [{}])[0]
    return identity_of(told) or Identity(
        family=names.get("family", "ESSAI"),
        given=" ".join(names.get("given", ["Lou"])),
        birth_date=date.fromisoformat(told.get("birthDate", "1984-03-07")),
    )


def exported(actor, ref) -> bytes:
    return b"".join(bundle(actor, ref.id, timezone.now(), shares(actor, ref.id, lambda _done: None)))


def held(actor, ref):
    """Every record of a dossier as anybody would compare it: drawer, header, resource, and the files beside it."""
    entered = enter(actor, ref.id)
    assert entered is not None
    found = Counter()
    for row in Record.objects.filter(dossier_id=ref.id):
        item, resource = open_row(entered, row)
        files = tuple(
            sorted(Document.objects.filter(record=row, removed_at=None).values_list("sealed_size", flat=True))
        )
        found[(row.category, item.header.to_bytes(), told(original(resource)), files)] += 1
    return found


def told(resource) -> str:
    """A resource with the order of its elements and the digits of its numbers."""
    return simplejson.dumps(resource, use_decimal=True)


def came(raw: bytes):
    return read_bytes(raw, "copy.json", About(title="copy"))


def in_file(raw: bytes):
    content = simplejson.loads(raw.decode("utf-8-sig"), use_decimal=True)
    if content["resourceType"] != "Bundle":
        return [content]
    return [entry["resource"] for entry in content.get("entry", []) if "resource" in entry]


def round_trip(first, name):
    """Import what ``first`` is, export, import into the same record and into a new one; the export."""
    actor, ref = somebody(identity_in(first))
    import_bundle(actor=IMPORT, source=first, dossier_id=ref.id)
    before = held(actor, ref)
    out = exported(actor, ref)
    again = import_bundle(actor=IMPORT, source=came(out), dossier_id=ref.id)
    assert (again.created, again.amended) == (0, 0), name
    other, new = somebody(identity_in(first))
    import_bundle(actor=IMPORT, source=came(out), dossier_id=new.id)
    assert held(other, new) == before, name
    HELD_LAST.clear()
    HELD_LAST.update(before)
    return out


def new_problems(out: bytes, source: bytes):
    """What an independent reader finds wrong with an export, and did not find wrong with the file it came from."""
    then, now = problems_of(source, out)
    known = {problem.partition(": ")[2] for problem in then}
    return [problem for problem in now if problem.partition(": ")[2] not in known]


# What tells of other resources, or of how they were handled, is told to whoever imports, and does not go in.
STAYS_OUTSIDE = {"AuditEvent", "List", "Parameters"}


def small():
    """A bundle of our own: addresses of every kind, digits, things unknown, people beside it, a name told nowhere."""
    sample = {"resourceType": "Specimen", "id": "s1", "type": {"text": "Sang"}}
    result = lab(
        "o1", value="6.80", specimen={"reference": "Specimen/s1"}, performer=[{"reference": "Practitioner/d1"}]
    )
    result["extension"] = [{"url": "https://example.org/b", "valueDecimal": Decimal("0.10")}]
    result["modifierExtension"] = [{"url": "https://example.org/a", "valueBoolean": True}]
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "Metformine 500 mg"}}
    order = {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "contained": [medicine],
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "#m"},
        "subject": {"reference": "Patient/p1"},
        "requester": {"reference": "Practitioner/d1"},
    }
    resources = [PATIENT, result, order, sample, DOCTOR]
    entries = [
        {"fullUrl": f"https://a.example/{one['resourceType']}/{one['id']}", "resource": one} for one in resources
    ]
    # The same numbers at another house, and one without any address.
    other = {**lab("o1", value="5.10"), "performer": [{"reference": "Practitioner/d1"}]}
    colleague = {**DOCTOR, "name": [{"family": "Autre", "given": ["Bea"]}], "identifier": []}
    del colleague["identifier"]
    entries += [
        {"fullUrl": f"https://b.example/{one['resourceType']}/{one['id']}", "resource": one}
        for one in (other, colleague)
    ]
    entries.append({"resource": lab("o9", value="7.0", subject={"reference": "Patient/p1"})})
    return simplejson.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": entries}, use_decimal=True
    ).encode()


@needs_validator
def test_a_bundle_of_our_own_comes_back(db):
    source = small()
    out = round_trip(came(source), "small")
    assert Counter(map(told, in_file(source))) - Counter(map(told, in_file(out))) == Counter()
    assert new_problems(out, source) == []
    entries = {entry["fullUrl"]: entry["resource"] for entry in json.loads(out)["entry"]}
    assert entries["https://b.example/Practitioner/d1"]["name"] == [{"family": "Autre", "given": ["Bea"]}]
    assert entries["https://a.example/Specimen/s1"]["type"] == {"text": "Sang"}
    # Each house's own doctor wrote its own result.
    authors = {Header.from_bytes(header).author_name for (_drawer, header, _told, _files) in HELD_LAST}
    assert {"Dr Ada Essai", "Bea Autre"} <= authors


def own_files():
    """Files of every other kind, made here."""
    inside = pdf("Lettre")
    yield (
        document(structured(observation('<value xsi:type="PQ" value="4.10" unit="mmol/L"/>')), code="11502-2"),
        "a.xml",
    )
    yield document(embedded(inside)), "b.xml"
    yield message(OBR, OBX).encode(), "c.hl7"
    yield pdf("Compte rendu"), "d.pdf"
    yield "Un texte à garder".encode(), "e.txt"


def kept_bytes(actor, ref):
    """The files of a dossier, byte for byte."""
    found = []
    for document_id in Document.objects.filter(dossier_id=ref.id, removed_at=None).values_list("id", flat=True):
        with open_document(actor=actor, document_id=document_id) as opened:
            found.append(b"".join(opened.pieces()))
    return Counter(found)


def other_file_comes_back(raw, name):
    first = read_bytes(raw, name, About(title="Papier", day=date(2026, 3, 1)))
    actor, ref = somebody(identity_in(first))
    import_bundle(actor=IMPORT, source=first, dossier_id=ref.id)
    before, files = held(actor, ref), kept_bytes(actor, ref)
    out = exported(actor, ref)
    assert problems_of(out) == [[]], name
    kinds = Counter(resource["resourceType"] for resource in in_file(out))
    assert kinds["Provenance"] == sum(before.values())
    assert kinds["Binary"] == sum(files.values())
    again = import_bundle(actor=IMPORT, source=came(out), dossier_id=ref.id)
    assert (again.created, again.amended, again.shut) == (0, 0, 0), name
    other, new = somebody(identity_in(first))
    import_bundle(actor=IMPORT, source=came(out), dossier_id=new.id)
    assert held(other, new) == before, name
    assert kept_bytes(other, new) == files, name


@needs_validator
def test_what_came_in_another_format_comes_back(db):
    for raw, name in own_files():
        other_file_comes_back(raw, name)


@needs_samples
@needs_validator
def test_every_file_of_another_format_comes_back(db):
    for path in OTHERS:
        other_file_comes_back(path.read_bytes(), path.name)


@needs_samples
@needs_validator
@pytest.mark.parametrize("folder", sorted({path.parent.name for path in FHIR}))
def test_every_fhir_file_comes_back_resource_by_resource(db, folder, capsys):
    table = []
    # The five largest lives take as long as all the others together: they are for the soak.
    most = 10**9 if IS_SOAK else 1_200_000
    for path in [path for path in FHIR if path.parent.name == folder and path.stat().st_size < most]:
        source, begun = path.read_bytes(), monotonic()
        out = round_trip(read_file(path), path.name)
        then, now = (Counter(map(told, in_file(raw))) for raw in (source, out))
        # The same resource twice in a file is one resource.
        lost = {json.loads(each)["resourceType"] for each in then.keys() - now.keys()}
        assert lost <= STAYS_OUTSIDE | ({"Binary"} if path.name.startswith("Binary") else set()), path.name
        assert new_problems(out, source) == [], path.name
        table.append((path.name, len(then), len(then.keys() & now.keys()), len(now), monotonic() - begun))
    with capsys.disabled():
        print(f"\n{folder:60s} {'in':>5s} {'back':>5s} {'out':>5s} {'s':>6s}")
        for name, *numbers, seconds in table:
            print(f"{name[:60]:60s} {' '.join(f'{number:5d}' for number in numbers)} {seconds:6.2f}")
