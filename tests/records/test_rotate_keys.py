"""``manage.py rotate_keys``: plain sentences, and a way on after every stop."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.actor import Actor
from records.models import Dossier, PatientKey, Record
from records.rotation import GRACE, begin
from tests.records.scenes import Household, age_key


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def test_one_then_all_then_the_former_keys_go(household: Household) -> None:
    for _ in range(3):
        household.file()
    household.file(ref=household.neighbour_ref)
    assert told("--patient", str(household.ref.id)) == (
        "1 health record under a new key, 3 rows sealed again. "
        "0 former keys destroyed; those retired now follow after 60 minutes.\n"
    )
    assert told("--all").startswith("2 health records under a new key, 4 rows sealed again.")
    assert list(Dossier.objects.order_by("active_key_version").values_list("active_key_version", flat=True)) == [2, 3]
    PatientKey.objects.filter(retired_at__isnull=False).update(retired_at=timezone.now() - GRACE)
    assert "3 former keys destroyed" in told("--all", "--older-than", "365")


def test_only_keys_older_than_that(household: Household) -> None:
    age_key(household.ref.id, days=366)
    assert told("--all", "--older-than", "365").startswith("1 health record under a new key, 0 rows")
    assert told("--all", "--older-than", "365").startswith("0 health records under a new key, 0 rows")


def test_what_had_begun_goes_on_and_is_not_turned_twice(household: Household) -> None:
    household.file()
    begin(actor=Actor.system("rotation"), dossier_id=household.ref.id)
    assert told("--all", "--older-than", "365").startswith("1 health record under a new key, 1 row sealed")
    assert Dossier.objects.get(id=household.ref.id).active_key_version == 2


def test_how_the_keys_stand(household: Household) -> None:
    household.file()
    age_key(household.ref.id, days=400)
    begin(actor=Actor.system("rotation"), dossier_id=household.neighbour_ref.id)
    lines = told("--status").splitlines()
    assert lines[0] == "2 health records with a key in force."
    assert lines[1].endswith("400 days ago.")
    assert lines[2] == "1 key turning now, 0 rows left to seal again."
    assert lines[3] == "0 former keys retired and waiting to be destroyed, 0 destroyed."
    assert lines[4].endswith("wrapped by local:test, the current one.")
    assert told("--kek").startswith("0 keys wrapped again under local:test.")


def test_what_is_wrong_is_said(household: Household) -> None:
    with pytest.raises(CommandError, match="no such health record"):
        told("--patient", str(uuid4()))
    for wrong in ("--patient=maude", "--all --older-than=year"):
        with pytest.raises(CommandError, match="expected"):
            told(*wrong.split())
    record = household.file()
    Record.objects.filter(id=record).update(body=bytes(200))
    with pytest.raises(CommandError, match="1 row left"):
        told("--patient", str(household.ref.id))
