"""The door for files: all or nothing, twice is once, and every attempt is remembered."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from audit.actor import Actor, Role, Strength
from audit.log import entries_by
from consent.categories import Category
from consent.decisions import Refused
from consent.granting import Invalid
from consent.models import Professional
from portal.accounts.models import Account
from records import exchange
from records.exchange import Unknown, Unreadable, import_bundle
from records.formats.fhir.bundle import of_resources
from records.identity import Identity, create_dossier
from records.models import Dossier, Record
from records.reading import open_category, open_record
from tests.records.formats.fhir.samples import (
    DOCTOR,
    PATIENT,
    bundle_bytes,
    coded,
    lab,
    manifest,
    needs_samples,
    sample_files,
)

IMPORT = Actor.system("import")
SEED = Actor.system("seed")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def patient(db) -> tuple[Actor, object]:
    """A patient with an account, whose identity is that of the sample Patient."""
    account = Account.objects.create(login_digest=uuid4().bytes * 2, role="patient", password="!")
    identity = Identity(family="Essai", given="Lou", birth_date=date(1984, 3, 7), sex="female")
    ref = create_dossier(actor=SEED, identity=identity, account_id=account.id)
    return Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP), ref


def last_entry(actor: Actor = IMPORT):
    return entries_by(actor.id, limit=1)[0]


def rows_of(ref) -> list[tuple]:
    return sorted(Record.objects.filter(dossier_id=ref.id).values_list("id", "category", "header", "body", "revision"))


@needs_samples
@pytest.mark.parametrize("path", sample_files("synthea/*.json"), ids=lambda path: path.name)
def test_every_synthea_bundle_goes_in_and_twice_changes_nothing(db, path):
    first = import_bundle(actor=IMPORT, source=path)
    before = rows_of(first.ref)
    assert first.counts_by_type() == Counter(manifest(path)["countsByType"])
    assert first.new
    assert first.created == len(before)
    assert (first.amended, first.unchanged) == (0, 0)
    assert {omission.kind for omission in first.left_out} <= {"Organization", "Practitioner"}
    again = import_bundle(actor=IMPORT, source=path, dossier_id=first.ref.id)
    assert (again.created, again.amended, again.unchanged) == (0, 0, len(before))
    assert rows_of(first.ref) == before
    assert last_entry().event == "import.done"
    assert last_entry().dossier == first.ref.pseudonym
    assert last_entry().facts["unchanged"] == str(len(before))


@needs_samples
@pytest.mark.parametrize(
    "path", sample_files("synthea-2025-notes/*.json", "hl7-fhir-r4/*.json", "fhir-fr/*.json"), ids=lambda p: p.name
)
def test_other_samples_go_into_an_existing_dossier(db, path):
    patients = manifest(path).get("patients", [])
    if patients and patients[0]["name"] and patients[0]["birthDate"]:
        report = import_bundle(actor=IMPORT, source=path)
    else:
        born = date.fromisoformat(patients[0]["birthDate"]) if patients else date(2000, 1, 1)
        ref = create_dossier(actor=SEED, identity=Identity(family="Essai", given="Lou", birth_date=born))
        report = import_bundle(actor=IMPORT, source=path, dossier_id=ref.id)
    assert report.counts_by_type() == Counter(manifest(path)["countsByType"])
    again = import_bundle(actor=IMPORT, source=path, dossier_id=report.ref.id)
    assert (again.created, again.amended) == (0, 0)


def test_what_went_in_is_read_as_it_came(patient):
    actor, ref = patient
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "code": coded("Bilan"),
        "result": [{"reference": "Observation/o1"}],
    }
    import_bundle(actor=IMPORT, source=of_resources([lab(), report, DOCTOR]), dossier_id=ref.id)
    drawer = open_category(actor=actor, dossier_id=ref.id, category=Category.LABORATORY)
    by_kind = {item.header.kind: item for item in drawer.items}
    assert by_kind["Observation"].header.value == Decimal("6.8")
    view = open_record(actor=actor, record_id=by_kind["DiagnosticReport"].record_id)
    assert ("HbA1c", "6.8 %") in [
        (row.label, row.value) for section in view.presentation.sections for row in section.rows
    ]


def test_a_changed_resource_becomes_a_new_revision(patient):
    actor, ref = patient
    import_bundle(actor=IMPORT, source=of_resources([lab(), lab("o2")]), dossier_id=ref.id)
    report = import_bundle(actor=IMPORT, source=of_resources([lab(value="7.1"), lab("o2")]), dossier_id=ref.id)
    assert (report.created, report.amended, report.unchanged) == (0, 1, 1)
    items = open_category(actor=actor, dossier_id=ref.id, category=Category.LABORATORY).items
    assert sorted((item.header.value, item.revision) for item in items) == [(Decimal("6.8"), 1), (Decimal("7.1"), 2)]
    entry = next(entry for entry in entries_by(IMPORT.id, limit=10) if entry.event == "record.amended")
    assert (entry.revision, entry.category) == (2, "laboratory")


def test_a_correction_may_move_a_record_to_another_drawer(patient):
    actor, ref = patient
    import_bundle(actor=IMPORT, source=of_resources([lab()]), dossier_id=ref.id)
    import_bundle(actor=IMPORT, source=of_resources([lab(code="44261-6", text="PHQ-9")]), dossier_id=ref.id)
    assert not open_category(actor=actor, dossier_id=ref.id, category=Category.LABORATORY).items
    (item,) = open_category(actor=actor, dossier_id=ref.id, category=Category.MENTAL_HEALTH).items
    assert open_record(actor=actor, record_id=item.record_id).resource["code"]["text"] == "PHQ-9"


def test_names_carried_along_are_no_change(patient):
    _actor, ref = patient
    alone = lab(performer=[{"reference": "Practitioner/d1"}])
    import_bundle(actor=IMPORT, source=of_resources([alone, DOCTOR]), dossier_id=ref.id)
    assert import_bundle(actor=IMPORT, source=of_resources([deepcopy(alone)]), dossier_id=ref.id).unchanged == 1


def test_the_same_resource_twice_in_a_file_and_two_under_one_name(patient):
    _actor, ref = patient
    report = import_bundle(actor=IMPORT, source=of_resources([lab(), lab(), lab(value="9.9")]), dossier_id=ref.id)
    assert report.created == 2
    assert [omission.position for omission in report.left_out] == [2]
    assert (
        import_bundle(actor=IMPORT, source=of_resources([lab(), lab(), lab(value="9.9")]), dossier_id=ref.id).unchanged
        == 2
    )


def test_an_author_of_the_directory_is_recognised_by_number(patient):
    _actor, ref = patient
    known = Professional.objects.create(rpps="99900000015", family="Essai", given="Ada", profession="doctor")
    import_bundle(
        actor=IMPORT,
        source=of_resources([lab(performer=[{"reference": "Practitioner/d1"}]), DOCTOR]),
        dossier_id=ref.id,
    )
    assert Record.objects.get(dossier_id=ref.id).author == known.id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"birthDate": "1984-03-08"}, "birth date differs"),
        ({"name": [{"family": "Autre", "given": ["Lou"]}]}, "name differs"),
        ({"name": [{"family": "Essai", "given": ["Max"]}]}, "name differs"),
    ],
)
def test_a_file_about_somebody_else_stops(patient, change, words):
    _actor, ref = patient
    with pytest.raises(Unreadable, match=words):
        import_bundle(actor=IMPORT, source=of_resources([PATIENT | change, lab()]), dossier_id=ref.id)
    assert not Record.objects.exists()
    assert (last_entry().event, last_entry().outcome, last_entry().dossier) == (
        "import.refused",
        "failed",
        ref.pseudonym,
    )


@pytest.mark.parametrize(
    "names",
    [
        [{"family": "éssai", "given": ["LOU", "Anne"]}],
        [{"use": "official", "family": "Mari", "given": ["Lou"]}, {"use": "maiden", "family": "Essai"}],
        [{"family": "Essai"}],
        [],
    ],
)
def test_the_same_person_spelt_otherwise_passes(patient, names):
    _actor, ref = patient
    assert import_bundle(actor=IMPORT, source=of_resources([PATIENT | {"name": names}]), dossier_id=ref.id).created == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        bundle_bytes(PATIENT, lab())[:-30],
        b'{"resourceType": "Unheard"}',
        b'{"resourceType": "Bundle", "type": "history", "entry": []}',
        bundle_bytes(PATIENT, {**PATIENT, "id": "p2", "birthDate": "1985-03-07"}),
        bundle_bytes(lab()),
        bundle_bytes({**PATIENT, "birthDate": "1984"}, lab()),
        bundle_bytes({**PATIENT, "name": []}, lab()),
    ],
)
def test_a_bad_file_leaves_no_record_and_one_entry(db, tmp_path: Path, content):
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        import_bundle(actor=IMPORT, source=path)
    assert not Record.objects.exists()
    assert not Dossier.objects.exists()
    (entry,) = entries_by(IMPORT.id, limit=5)
    assert (entry.event, entry.outcome, dict(entry.facts)) == (
        "import.refused",
        "failed",
        {"format": "fhir", "error": "unreadable"},
    )


def test_a_huge_file_leaves_one_entry(db, tmp_path: Path):
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(4 * 2**30)
    with pytest.raises(Unreadable, match="too large"):
        import_bundle(actor=IMPORT, source=path)
    assert last_entry().event == "import.refused"


@pytest.mark.asvs("v5.0.0-2.3.3")
def test_an_interruption_takes_everything_back_but_the_entry(patient):
    _actor, ref = patient

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bundle(
            actor=IMPORT, source=of_resources([lab(), lab("o2"), lab("o3")]), dossier_id=ref.id, progress=stop
        )
    assert not Record.objects.exists()
    assert last_entry().facts["error"] == "interrupted"
    assert not [entry for entry in entries_by(IMPORT.id, limit=20) if entry.event == "record.created"]


def test_no_import_without_its_entry(patient, monkeypatch):
    _actor, ref = patient
    monkeypatch.setattr(exchange, "append", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        import_bundle(actor=IMPORT, source=of_resources([lab()]), dossier_id=ref.id)
    assert not Record.objects.exists()


def test_who_may_not_import_changes_nothing(patient):
    actor, ref = patient
    stranger = Actor(id=uuid4(), role=Role.PATIENT, strength=Strength.OTP)
    for who in (stranger, Actor.anonymous(), Actor.system("letters")):
        with pytest.raises(Unknown):
            import_bundle(actor=who, source=of_resources([lab()]), dossier_id=ref.id)
        assert last_entry(who).outcome == "refused"
    with pytest.raises(Unknown):
        import_bundle(actor=IMPORT, source=of_resources([lab()]), dossier_id=uuid4())
    with pytest.raises(Unknown):
        import_bundle(actor=actor, source=of_resources([PATIENT, lab()]))
    assert not Record.objects.exists()


def test_a_closed_drawer_refuses_the_whole_file(household):
    weight = lab("o2", "29463-7", "Poids", "70")
    with pytest.raises(Refused):
        import_bundle(actor=household.nurse, source=of_resources([weight, lab()]), dossier_id=household.ref.id)
    assert not Record.objects.exists()
    entry = last_entry(household.nurse)
    assert (entry.event, entry.outcome, entry.category) == ("import.refused", "refused", "laboratory")
    assert import_bundle(actor=household.nurse, source=of_resources([weight]), dossier_id=household.ref.id).created == 1
    assert Record.objects.get().author == household.nurse.professional
    with pytest.raises(Unknown):
        import_bundle(actor=household.stranger, source=of_resources([weight]), dossier_id=household.ref.id)


def test_a_number_with_a_wrong_key_is_left_out_and_said(db):
    wrong = {"identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "221042545611404"}]}
    assert import_bundle(actor=IMPORT, source=of_resources([PATIENT | wrong])).misspelt_number


def test_a_second_dossier_for_one_number_is_refused(db):
    numbered = PATIENT | {"identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989"}]}
    import_bundle(actor=IMPORT, source=of_resources([numbered]))
    with pytest.raises(Invalid):
        import_bundle(actor=IMPORT, source=of_resources([numbered]))
    assert Dossier.objects.count() == 1
    assert last_entry().facts["error"] == "invalid"


def test_the_command_tells_counts_and_fails_when_a_file_is_refused(db, tmp_path: Path, capsys):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(bundle_bytes(PATIENT, lab(), DOCTOR))
    bad.write_bytes(b"{")
    call_command("import_fhir", str(good), "--new")
    told = capsys.readouterr().out
    assert "1  Observation" in told
    assert "Laboratory results" in told
    assert "left out" in told
    dossier = Dossier.objects.get()
    assert str(dossier.id) in told
    with pytest.raises(CommandError, match="1 file was refused"):
        call_command("import_fhir", str(bad), str(good), "--patient", str(dossier.id))
    shown = capsys.readouterr()
    assert "not valid JSON" in shown.err
    assert "0 added, 0 amended, 2 already there" in shown.out
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "arguments", [["f.json"], ["f.json", "--new", "--patient", str(uuid4())], ["f.json", "--patient", "7"]]
)
def test_the_command_needs_one_target(arguments):
    with pytest.raises(CommandError):
        call_command("import_fhir", *arguments)
