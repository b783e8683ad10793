"""A grown database in small: what the doors of the house make of it, and that nobody is buried under it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from audit.actor import Actor, Role, Strength
from audit.models import Entry, Leaf
from audit.verifying import verify_log
from consent.categories import Category
from consent.models import Choice
from portal.accounts.logins import digest_of
from portal.accounts.models import Account
from portal.demo.scale.sizes import BadSize, Size
from records.comparing import compare_records
from records.identity import find_own
from records.models import Dossier, Record
from records.reading import open_category


def seed(**sizes):
    """One process: a second one would be begun anew, which takes longer than the seeding."""
    call_command("seed_scale", processes=1, verbosity=0, **sizes)


def test_what_was_asked_for_is_there_and_verifies(db):
    seed(patients=3, records=40, choices=20, entries=200)
    assert (Dossier.objects.count(), Record.objects.count(), Choice.objects.count()) == (3, 40, 20)
    # And the few lines of the three people who can sign in.
    assert 200 <= Entry.objects.count() == Leaf.objects.count() < 215
    assert verify_log().ok
    report = compare_records()
    assert report.ok, report


def test_a_patient_of_it_reads_through_the_ordinary_door(db):
    seed(patients=2, records=30, choices=0, entries=60)
    account = Account.objects.get(login_digest=digest_of("patient-1@scale.example"))
    actor = Actor(id=account.id, role=Role.PATIENT, strength=Strength.OTP)
    dossier = find_own(actor)
    drawers = [open_category(actor=actor, dossier_id=dossier.id, category=category) for category in Category]
    assert sum(len(drawer.items) for drawer in drawers) == 15


def test_it_goes_nowhere_where_somebody_lives(db):
    seed(patients=1, records=0, choices=0, entries=10)
    with pytest.raises(CommandError, match="somebody lives"):
        seed(patients=1, records=0, choices=0, entries=10)
    assert Dossier.objects.count() == 1


def test_numbers_that_do_not_go_together_are_refused(db):
    with pytest.raises(CommandError, match="expected at least 16"):
        seed(patients=1, records=10, choices=0, entries=15)
    with pytest.raises(BadSize, match="at most"):
        Size(patients=1, records=0, choices=500, entries=1000)
    assert not connections["default"].in_atomic_block


@pytest.mark.parametrize("size", [Size(), Size(7, 100, 33, 1000)])
def test_the_shares_add_up(size):
    shares = [size.of(number) for number in range(size.patients)]
    records, choices, reads = (sum(column) for column in zip(*shares, strict=True))
    assert (records, choices) == (size.records, size.choices)
    assert reads + size.least_entries == size.entries
