"""Commands of the operator: staff declared from a file, a reviewing doctor named; mistakes name the line, no value."""

import pytest
from django.core.management import CommandError, call_command

from consent.models import ReviewingDoctor
from records.models import Likeness, StaffLikeness
from tests.portal.ward import a_carer, a_patient


@pytest.fixture
def doctor(db):
    carer = a_carer()
    carer.person.rpps = "10000000001"
    carer.person.save(update_fields=["rpps"])
    carer.organisation.finess = "290000017"
    carer.organisation.save(update_fields=["finess"])
    return carer


def test_staff_is_declared_from_a_file_and_records_get_what_they_lack(doctor, tmp_path, capsys):
    a_patient()
    Likeness.objects.all().delete()
    file = tmp_path / "staff.csv"
    file.write_text("rpps,address,ins\n10000000001,3 impasse du Lavoir,\n")
    call_command("declare_staff", str(file))
    assert "1 records" in capsys.readouterr().out
    assert len(bytes(StaffLikeness.objects.get(account=doctor.account).address)) == 32
    assert Likeness.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rpps,address\n", "expected the columns"),
        ("rpps,address,ins\n99999999999,secret street,\n", "line 2: no professional"),
        ("rpps,address,ins\n10000000001,secret street,123\n", "line 2: the national health number is wrong"),
    ],
)
def test_a_wrong_file_gets_a_sentence_that_quotes_nothing(doctor, tmp_path, text, sentence):
    file = tmp_path / "staff.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=sentence) as raised:
        call_command("declare_staff", str(file))
    assert "secret" not in str(raised.value)
    assert not StaffLikeness.objects.exists()


def test_a_reviewing_doctor_is_named_and_ended(doctor):
    call_command("name_reviewer", "10000000001", "290000017")
    assert ReviewingDoctor.objects.get().professional == doctor.person
    with pytest.raises(CommandError, match="already"):
        call_command("name_reviewer", "10000000001", "290000017")
    call_command("name_reviewer", "10000000001", "290000017", "--end")
    with pytest.raises(CommandError, match="Nobody"):
        call_command("name_reviewer", "10000000001", "290000017", "--end")
    with pytest.raises(CommandError, match="FINESS"):
        call_command("name_reviewer", "10000000001", "999999999")
