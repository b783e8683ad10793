"""The demo made through the doors: once, completely, with refusals that really happened."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.log import entries_about, entries_by
from consent.categories import Category
from consent.models import AccessRequest, CareRelationship, Choice, Emergency, Opposition
from portal.accounts.models import Account
from portal.demo import founding, living, seeding
from portal.demo.people import ADMINISTRATORS, ADVISERS, CAMILLE, PASSWORD, PATIENTS, PROFESSIONALS
from records.correcting import read_corrections
from records.former import open_version
from records.models import Dossier, Record
from records.reading import open_category, open_overview, open_record


def test_the_demo_is_complete_and_made_once(db, capsys):
    call_command("seed_demo")
    told = capsys.readouterr().out
    assert PASSWORD in told
    assert "camille.moreau@" in told
    records = Record.objects.count()
    entries = _entries()

    _people()
    town = _town()
    _consents(town)
    _pages_are_full(town)
    _log(town)

    call_command("seed_demo")
    assert Record.objects.count() == records
    assert _entries() <= entries + 20  # What this test read since.
    with pytest.raises(seeding.AlreadySeeded):
        seeding.seed(timezone.now())


def _entries() -> int:
    return sum(len(entries_about(dossier.pseudonym, limit=10_000)) for dossier in Dossier.objects.all())


def _people():
    assert Account.objects.count() == len((*PATIENTS, *PROFESSIONALS, *ADMINISTRATORS, *ADVISERS))
    assert Dossier.objects.count() == len(PATIENTS)
    assert all(account.check_password(PASSWORD) for account in Account.objects.all()[:2])
    assert not Account.objects.exclude(sealedtotpdevice__confirmed=True).exists()


def _town() -> living.Town:
    return living.Town(founding.found_directory(), founding.found_patients(), timezone.now())


def _consents(town: living.Town):
    now = timezone.now()
    assert CareRelationship.objects.live(now).count() > len(PATIENTS)
    assert CareRelationship.objects.filter(during__endswith__lt=now).exists()
    assert CareRelationship.objects.filter(during__endswith__gt=now).exists()
    assert Choice.objects.live(now).filter(allowed=True).exists()
    assert Choice.objects.live(now).filter(allowed=False).exists()
    assert Choice.objects.filter(during__endswith__gt=now).exists()
    assert Choice.objects.exclude(organisation=None).exists()
    assert Choice.objects.exclude(profession="").exists()
    assert Opposition.objects.exclude(author=None).exists()
    assert Opposition.objects.exclude(organisation=None).exists()
    assert {request.answer for request in AccessRequest.objects.all()} == {"pending", "allowed", "refused"}
    assert Emergency.objects.count() == 1
    assert Record.objects.exclude(masked_at=None).count() == 1
    assert Record.objects.exclude(author=None).count() > 1_000


def _pages_are_full(town: living.Town):
    camille, ref = town.patients[CAMILLE]
    overview = open_overview(actor=camille)
    assert sum(view.count for view in overview.categories) > 200
    assert overview.alerts
    assert open_category(actor=camille, dossier_id=ref.id, category=Category.PERSONAL_NOTES).items
    doctor = town.staff[living.DOCTOR]
    laboratory = open_category(actor=doctor, dossier_id=ref.id, category=Category.LABORATORY)
    assert laboratory.total > 100
    assert all(item.header.date is None or item.header.date <= timezone.now() for item in laboratory.items)
    assert len(laboratory.years) > 4
    mine = open_category(actor=doctor, dossier_id=ref.id, category=Category.CONSULTATION_REPORT).items
    assert any(item.mine for item in mine)
    # One correction waits for its author; the other was made, and what stood there before can be looked at.
    done, waiting = sorted(read_corrections(actor=camille), key=lambda asked: asked.state)
    assert (done.state, waiting.state) == ("done", "waiting")
    before = open_version(actor=doctor, record_id=done.record_id, revision=1)
    assert "genou droit" in before.presentation.narrative
    assert "genou gauche" in open_record(actor=camille, record_id=done.record_id).presentation.narrative


def _log(town: living.Town):
    about = entries_about(town.patients[CAMILLE][1].pseudonym, limit=10_000)
    events = {(entry.event, entry.outcome) for entry in about}
    assert ("category.read", "refused") in events
    assert ("dossier.opened", "refused") in events
    assert ("emergency.opened", "allowed") in events or ("emergency.opened", "done") in events
    assert ("import.done", "done") in events
    assert any(entry.outcome == "refused" for entry in entries_by(town.staff[living.HOSPITAL_NURSE].id, limit=50))


def test_an_interrupted_seeding_is_taken_up_again(db, monkeypatch):
    taken, stop = [], 3

    def interrupted(**given):
        taken.append(given)
        if len(taken) == stop:
            raise KeyboardInterrupt
        return complete(**given)

    complete = seeding.import_bundle
    monkeypatch.setattr(seeding, "import_bundle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seeding.seed(timezone.now())
    before = Record.objects.count()
    assert before
    assert not seeding.is_seeded()
    monkeypatch.setattr(seeding, "import_bundle", complete)
    seeding.seed(timezone.now())
    assert seeding.is_seeded()
    assert Account.objects.count() == len((*PATIENTS, *PROFESSIONALS, *ADMINISTRATORS, *ADVISERS))
    assert Dossier.objects.count() == len(PATIENTS)
    assert Record.objects.count() > before
