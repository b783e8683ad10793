"""The matrix in the migration is the matrix that was handed over."""

import csv
import warnings
from pathlib import Path

import pytest
from django.db import connection

from consent.categories import Category
from consent.matrix import Access, by_default, can_ever, cut, row_from_text
from consent.models import MatrixRow, MatrixVersion
from consent.professions import Profession, profession_label
from consent.rights import Right
from tests.consent.worlds import MATRIX, MIGRATION

GIVEN = Path(__file__).resolve().parents[3] / "shared" / "matrix.csv"


def test_the_migration_carries_every_fact_that_was_given():
    if not GIVEN.exists():
        warnings.warn(f"SKIPPED: {GIVEN} is not here, the matrix was not compared with it", stacklevel=1)
        pytest.skip(f"{GIVEN} is not here")
    with GIVEN.open(encoding="utf-8", newline="") as file:
        given = [tuple(line) for line in list(csv.reader(file))[1:]]
    assert len(given) == 266
    assert list(MIGRATION.facts()) == given


def test_the_database_holds_it(db):
    version = MatrixVersion.objects.get()
    assert version.name == "2026-11"
    columns = ("profession", "profession_fr", "category", "access", "basis", "note", "source")
    assert set(version.rows.values_list(*columns)) == set(MIGRATION.facts())
    assert MatrixRow.objects.count() == len(Profession) * len(Category) == 266


def test_the_application_cannot_write_it(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(current_user, name, privilege), name, privilege"
            " FROM unnest(ARRAY['consent_matrixversion', 'consent_matrixrow']) AS name,"
            " unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS privilege"
        )
        assert not [(name, privilege) for held, name, privilege in cursor.fetchall() if held]


def test_no_profession_reaches_every_category_even_if_the_patient_opened_everything():
    for profession, row in MATRIX.items():
        assert any(not can_ever(row[category], Right.READ) for category in Category), profession


def test_every_profession_has_a_name_and_a_line_of_19():
    assert set(MATRIX) == set(Profession)
    assert all(set(row) == set(Category) for row in MATRIX.values())
    assert {profession_label(code) for code in MATRIX} == {each.label for each in Profession}
    assert profession_label("astrologer") == "astrologer"


def test_the_four_words():
    assert [by_default(access, Right.READ) for access in Access] == [False, False, True, True]
    assert [by_default(access, Right.DEPOSIT) for access in Access] == [False, False, False, True]
    assert [can_ever(access, Right.READ) for access in Access] == [False, True, True, True]
    assert [can_ever(access, Right.DEPOSIT) for access in Access] == [False, True, False, True]
    assert not any(can_ever(access, Right.EXPORT) or by_default(access, Right.EXPORT) for access in Access)


def test_a_cut_is_the_lesser_of_two():
    for one in Access:
        assert cut(one, one) is one
        assert cut(Access.NONE, one) is cut(one, Access.NONE) is Access.NONE
        assert cut(Access.WRITE, one) is cut(one, Access.WRITE) is one
    assert cut(Access.ON_CONSENT, Access.READ) is Access.ON_CONSENT


def test_a_row_is_read_from_text():
    assert row_from_text("") == {}
    assert row_from_text("laboratory=read,imaging=none") == {
        Category.LABORATORY: Access.READ,
        Category.IMAGING: Access.NONE,
    }
    with pytest.raises(ValueError, match="tarot"):
        row_from_text("tarot=read")
