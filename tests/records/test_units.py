"""Units: what converts, by how much, and what is never mixed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from consent.categories import Category
from records import units
from records.headers import Header
from records.reading import open_record
from records.units import convert, same_thing
from records.writing import deposit
from tests.records.scenes import SEED, Household


@pytest.mark.parametrize(
    ("value", "unit", "into", "code", "expected"),
    [
        # One kind of quantity converts by size, whatever was measured.
        ("0.95", "g/L", "mg/dL", "", "95.0"),
        ("250", "10*3/uL", "10*9/L", "", "250"),
        ("4410000", "/mm3", "T/L", "", "4.410000"),
        ("12.5", "g/dL", "g/L", "718-7", "125"),
        ("4.2", "µUI/mL", "mUI/L", "3016-3", "4.20"),
        ("7.1", "x10^9/l", "Giga/L", "", "7.10"),
        # Mass and amount of substance convert where the molar mass is known (values of clinical tables).
        ("100", "mg/dL", "mmol/L", "2345-7", "5.55"),
        ("5.5", "mmol/L", "g/L", "14749-6", "0.991"),
        ("200", "mg/dL", "mmol/L", "2093-3", "5.17"),
        ("150", "mg/dL", "mmol/L", "2571-8", "1.69"),
        ("1.0", "mg/dL", "µmol/L", "2160-0", "88.4"),
        ("20", "ng/mL", "nmol/L", "1989-3", "49.9"),
        # HbA1c, by the master equation.
        ("48", "mmol/mol", "%", "59261-8", "6.54"),
        ("6.5", "%", "mmol/mol", "4548-4", "47.5"),
        # The same unit, however it is written, keeps every digit.
        ("5.40", "mmol/l", "mmol/L", "2345-7", "5.40"),
    ],
)
def test_what_converts(value: str, unit: str, into: str, code: str, expected: str) -> None:
    assert convert(Decimal(value), unit, into, code=code) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "into", "code"),
    [
        ("mg/dL", "mmol/L", ""),  # of what?
        ("mg/dL", "mmol/L", "718-7"),  # no molar mass is given for it
        ("%", "mmol/mol", "4544-3"),  # a haematocrit is no HbA1c
        ("g/L", "U/L", "1742-6"),
        ("{score}", "%", ""),
        ("", "mg/L", "1988-5"),
        ("Mg/L", "mg/L", "1988-5"),
    ],
)
def test_what_does_not(unit: str, into: str, code: str) -> None:
    assert convert(Decimal(1), unit, into, code=code) is None


def test_there_and_back_is_the_same_value() -> None:
    for analyte in units._ANALYTES:
        for code in analyte.codes:
            there = convert(Decimal("1.000000"), "mmol/L", "mg/dL", code=code)
            assert there is not None
            back = convert(there, "mg/dL", "mmol/L", code=code)
            assert back is not None
            assert abs(back - 1) < Decimal("0.00001"), code


@pytest.mark.parametrize(
    ("code", "mass", "amount", "factor"),
    [
        # What one unit of mass is in the unit of amount, as clinical tables print it (AMA Manual of Style).
        ("2345-7", "mg/dL", "mmol/L", "0.0555"),
        ("2160-0", "mg/dL", "µmol/L", "88.4"),
        ("2093-3", "mg/dL", "mmol/L", "0.0259"),
        ("2085-9", "mg/dL", "mmol/L", "0.0259"),
        ("13457-7", "mg/dL", "mmol/L", "0.0259"),
        ("2571-8", "mg/dL", "mmol/L", "0.0113"),
        ("3091-6", "mg/dL", "mmol/L", "0.1665"),
        ("3094-0", "mg/dL", "mmol/L", "0.357"),
        ("3084-1", "mg/dL", "µmol/L", "59.48"),
        ("1975-2", "mg/dL", "µmol/L", "17.10"),
        ("1968-7", "mg/dL", "µmol/L", "17.10"),
        ("17861-6", "mg/dL", "mmol/L", "0.2495"),
        ("2498-4", "µg/dL", "µmol/L", "0.179"),
        ("19123-9", "mg/dL", "mmol/L", "0.4114"),
        ("2777-1", "mg/dL", "mmol/L", "0.323"),
        ("1989-3", "ng/mL", "nmol/L", "2.496"),
        ("2132-9", "pg/mL", "pmol/L", "0.738"),
        ("2284-8", "ng/mL", "nmol/L", "2.266"),
        ("3024-7", "ng/dL", "pmol/L", "12.87"),
        ("3051-0", "pg/mL", "pmol/L", "1.536"),
        ("2143-6", "µg/dL", "nmol/L", "27.59"),
        ("2986-8", "ng/dL", "nmol/L", "0.0347"),
        ("2243-4", "pg/mL", "pmol/L", "3.671"),
        ("2839-9", "ng/mL", "nmol/L", "3.18"),
    ],
)
def test_factors_are_those_of_clinical_tables(code: str, mass: str, amount: str, factor: str) -> None:
    converted = convert(Decimal("1.00000"), mass, amount, code=code)
    assert converted is not None
    assert abs(converted / Decimal(factor) - 1) < Decimal("0.003")


def test_codes_of_one_thing_name_each_other() -> None:
    assert same_thing("2345-7") == same_thing("14749-6") == ("2345-7", "14749-6")
    assert same_thing("4548-4") == ("4548-4", "59261-8")
    assert same_thing("3016-3") == ("3016-3",)
    codes = [code for analyte in units._ANALYTES for code in analyte.codes]
    assert len(codes) == len(set(codes))


# --- on a curve ---------------------------------------------------------------------------------


def put(household: Household, value: str, unit: str, day: int, code: str = "2345-7", high: str | None = None):
    header = Header(
        kind="Observation",
        title="Glucose",
        date=datetime(2025, 1, day, tzinfo=UTC),
        code=code,
        system="http://loinc.org",
        value=Decimal(value),
        unit=unit,
        high=Decimal(high) if high else None,
    )
    resource = {"resourceType": "Observation", "status": "final", "code": {"text": "Glucose"}}
    return deposit(
        actor=SEED,
        dossier_id=household.ref.id,
        category=Category.LABORATORY,
        header=header,
        resource=json.dumps(resource).encode(),
    )


def test_a_curve_holds_one_unit_and_tells_the_rest_apart(household: Household) -> None:
    put(household, "0.90", "g/L", 1, high="1.10")
    put(household, "95", "mg/dL", 2)
    put(household, "5.5", "mmol/L", 3, code="14749-6")
    put(household, "3", "{score}", 4)
    put(household, "7", "mmol/L", 5, code="2823-3")
    last = put(household, "1.00", "g/L", 6)
    view = open_record(actor=household.patient, record_id=last)
    assert [(point.value, point.unit, point.is_converted) for point in view.series] == [
        (Decimal("0.90"), "g/L", False),
        (Decimal("0.950"), "g/L", True),
        (Decimal("0.991"), "g/L", True),
        (Decimal("1.00"), "g/L", False),
    ]
    assert [(point.measured, point.measured_unit) for point in view.series][1:3] == [
        (Decimal(95), "mg/dL"),
        (Decimal("5.5"), "mmol/L"),
    ]
    assert [(point.value, point.unit) for point in view.apart] == [(Decimal(3), "{score}")]


def test_the_range_of_a_point_is_converted_with_it(household: Household) -> None:
    put(household, "120", "mg/dL", 1, high="110")
    last = put(household, "0.90", "g/L", 2)
    view = open_record(actor=household.patient, record_id=last)
    assert view.series[0].high == Decimal("1.10")
    assert view.series[0].standing.outside
