"""The demo people on paper: numbers that pass their checks, lives that do not change, files that are sound."""

from collections import Counter
from datetime import date, timedelta

import pytest

from consent.categories import Category
from portal.demo.histories import history
from portal.demo.numbers import ins_key, luhn_digit
from portal.demo.people import ADMINISTRATORS, CAMILLE, ORGANISATIONS, PATIENTS, PROFESSIONALS
from records.formats.fhir.bundle import of_resources, to_json
from records.formats.fhir.patient import differs, identity_of
from records.importing import sort_out
from records.ins import spell_ins

TODAY = date(2026, 11, 23)
ids = pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.key)


def test_the_town_is_as_large_as_promised():
    assert len(PATIENTS) >= 12
    assert len(PROFESSIONALS) == 10
    assert len({person.profession for person in PROFESSIONALS}) == 7
    assert len(ORGANISATIONS) == 5
    assert len(ADMINISTRATORS) == 2
    logins = [person.login for person in (*PATIENTS, *PROFESSIONALS, *ADMINISTRATORS)]
    assert len(set(logins)) == len(logins)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("2790351215189", "89"),
        ("2770763220829", "10"),
        ("155072A004999", "03"),
        ("260112B033998", "94"),
        ("1900599999991", "10"),
        ("1800175056004", "97"),
    ],
)
def test_the_key_of_a_health_number(body, key):
    assert ins_key(body) == key


@ids
def test_health_numbers_fit_and_belong_to_one(patient):
    assert spell_ins(patient.ins) == patient.ins
    assert patient.ins[0] == ("1" if patient.sex == "male" else "2")
    assert patient.ins[1:5] == f"{patient.born:%y%m}"
    assert [other.key for other in PATIENTS if other.ins == patient.ins] == [patient.key]


def test_corsica_and_abroad_are_there():
    places = {patient.birth_place[:2] for patient in PATIENTS}
    assert {"2A", "2B", "99"} <= places


@pytest.mark.parametrize(
    "number", [person.rpps for person in PROFESSIONALS] + [place.finess for place in ORGANISATIONS]
)
def test_register_numbers_pass_luhn_and_are_in_no_register(number):
    assert luhn_digit(number[:-1]) == number[-1]
    assert number.startswith("99")


def test_luhn_itself():
    assert luhn_digit("7992739871") == "3"
    assert luhn_digit("0123456789") == "7"


@ids
def test_a_life_is_the_same_for_the_same_day(patient):
    assert to_json(history(patient, TODAY)) == to_json(history(patient, TODAY))


@ids
@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2027, 1, 1), date(2027, 8, 15)])
def test_every_resource_lands(patient, today):
    resources = history(patient, today)
    pieces, omissions = sort_out(of_resources(resources))
    assert omissions == []
    assert len(pieces) == len(resources)
    assert len({piece.source for piece in pieces}) == len(pieces)
    for piece in pieces:
        assert piece.header.title
        if piece.header.kind != "Appointment" and piece.header.date is not None:
            assert piece.header.date.date() <= today + timedelta(days=1), piece.header.title
            assert piece.header.date.date() >= patient.born - timedelta(days=1), piece.header.title


@ids
def test_the_file_is_about_its_patient(patient):
    sheet = history(patient, TODAY)[0]
    identity = identity_of(sheet)
    assert (identity.family, identity.used_name, identity.ins) == (patient.family, patient.used_name, patient.ins)
    assert differs(sheet, identity) is None


def test_camille_has_a_record_worth_visiting():
    patient = next(patient for patient in PATIENTS if patient.key == CAMILLE)
    assert patient.born == date(1985, 5, 12)
    pieces, _omissions = sort_out(of_resources(history(patient, TODAY)))
    drawers = Counter(piece.category for piece in pieces)
    assert len(pieces) > 200
    assert drawers[Category.MENTAL_HEALTH] == 3
    hba1c = [piece.header for piece in pieces if piece.header.code == "4548-4"]
    assert len(hba1c) == 20
    assert all(header.low is not None and header.high is not None and header.flag for header in hba1c)
    assert (hba1c[-1].date.date() - hba1c[0].date.date()).days > 4 * 365


def test_between_them_they_fill_every_drawer_that_a_file_can_fill():
    drawers = {piece.category for patient in PATIENTS for piece in sort_out(of_resources(history(patient, TODAY)))[0]}
    assert set(Category) - drawers == {Category.PERSONAL_NOTES}
