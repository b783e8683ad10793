"""An older record put back opens without an error; the log tells."""

import io

import pytest
from django.core.management import CommandError, call_command

from consent.categories import Category
from records.comparing import Difference, compare_records
from tests.portal.ward import a_patient, a_result, filed


def test_a_record_that_is_not_what_was_written_last(db, superuser):
    patient = a_patient()
    ids = [filed(patient, Category.LABORATORY, a_result()) for _ in range(4)]
    found = compare_records(at_once=2)
    assert (found.ok, found.compared) == (True, 4)
    superuser.execute("UPDATE records_record SET revision = 0 WHERE id = %s", [ids[0]])
    superuser.execute(
        "UPDATE records_record SET body = set_byte(body, 90, 1 + get_byte(body, 90) %% 255) WHERE id = %s", [ids[1]]
    )
    superuser.execute("DELETE FROM records_record WHERE id = %s", [ids[2]])
    superuser.execute("UPDATE records_record SET revision = 9 WHERE id = %s", [ids[3]])
    found = compare_records(at_once=2)
    assert dict(found.examples) == {
        Difference.ROLLED_BACK: ids[0], Difference.ALTERED: ids[1],
        Difference.GONE: ids[2], Difference.UNLOGGED: ids[3],
    }  # fmt: skip
    with pytest.raises(
        CommandError, match="3 records compared with the log: 1 altered, 1 gone, 1 rolled_back, 1 unlogged"
    ):
        call_command("verify_records", stderr=io.StringIO())
    with pytest.raises(CommandError, match="3 records compared with the log"):
        call_command("verify_audit", "--records", stdout=io.StringIO(), stderr=io.StringIO())
