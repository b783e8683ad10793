"""Rules that the database keeps, whoever writes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from consent.models import (
    AccessRequest,
    CareRelationship,
    Choice,
    Emergency,
    MatrixRow,
    MatrixVersion,
    Membership,
    Opposition,
    Organisation,
    Professional,
)
from tests.consent.conftest import DAY

NOW = timezone.now()
PAST, OPEN = (NOW - 3 * DAY, NOW - DAY), (NOW - 2 * DAY, None)


def refused(constraint):
    """The statement breaks on this constraint and nothing else."""
    return pytest.raises(IntegrityError, match=f'"{constraint}"')


@pytest.fixture
def make(practice):
    """One valid row of each kind; keywords change a column."""
    doctor, nurse = practice.hire("Lefevre", at="Maison"), practice.hire("Roy", "nurse")
    place = practice.places["Maison"]
    dossier = practice.ref.id

    def build(kind, **columns):
        rows = {
            Membership: {"professional": nurse, "organisation": place},
            CareRelationship: {"dossier": dossier, "professional": doctor},
            Choice: {
                "dossier": dossier, "professional": doctor, "category": "laboratory", "right": "read", "allowed": True
            },
            Opposition: {"dossier": dossier, "professional": nurse, "author": doctor},
            Emergency: {
                "dossier": dossier, "professional": doctor, "reason_code": "unconscious", "sealed_reason": b"x",
                "key_version": 1, "digest": bytes(32), "during": (NOW, NOW + timedelta(minutes=30)),
            },
        }  # fmt: skip
        return kind.objects.create(**({"during": OPEN} | rows[kind] | columns))

    build.doctor, build.nurse, build.place = doctor, nurse, place
    return build


DATED = [
    (Membership, "membership"),
    (CareRelationship, "relationship"),
    (Choice, "choice"),
    (Opposition, "opposition"),
    (Emergency, "emergency"),
]
ONCE = {
    Membership: "membership_once",
    CareRelationship: "relationship_once",
    Choice: "choice_once_per_professional",
    Opposition: "opposition_once_per_professional",
    Emergency: "emergency_once",
}


@pytest.mark.parametrize(("kind", "name"), DATED)
def test_a_period_has_a_start_and_ends_after_it(make, kind, name):
    for during in (
        TimestamptzRange(None, NOW),
        TimestamptzRange(NOW, NOW),
        TimestamptzRange(NOW, NOW + timedelta(minutes=1), "[]"),
        TimestamptzRange(empty=True),
    ):
        with refused(f"{name}_during|{name}_ends"), transaction.atomic():
            make(kind, during=during)
    with pytest.raises(DatabaseError), transaction.atomic():
        make(kind, during=TimestamptzRange(NOW, NOW - DAY))


@pytest.mark.parametrize("kind", ONCE)
def test_the_same_thing_does_not_hold_twice_at_once(make, kind):
    half = timedelta(minutes=15)
    make(kind, during=(NOW, NOW + half))
    with refused(ONCE[kind]), transaction.atomic():
        make(kind, during=(NOW + half - timedelta(microseconds=1), NOW + 2 * half))
    make(kind, during=(NOW + half, NOW + 2 * half))


def test_a_choice_is_about_exactly_one_target(make):
    for columns in (
        {"professional": None},
        {"organisation": make.place},
        {"profession": "nurse"},
        {"professional": None, "organisation": make.place, "profession": "nurse"},
    ):
        with refused("choice_one_target"), transaction.atomic():
            make(Choice, **columns)


def test_choices_for_a_team_or_a_profession_do_not_overlap_either(make):
    for columns, constraint in (
        ({"professional": None, "organisation": make.place}, "choice_once_per_organisation"),
        ({"professional": None, "profession": "nurse"}, "choice_once_per_profession"),
    ):
        make(Choice, **columns)
        with refused(constraint), transaction.atomic():
            make(Choice, allowed=False, **columns)


def test_choices_of_other_people_rights_and_categories_live_side_by_side(make):
    for columns in (
        {},
        {"right": "deposit"},
        {"category": "imaging"},
        {"professional": make.nurse},
        {"dossier": uuid4()},
    ):
        make(Choice, **columns)
    assert Choice.objects.live(NOW).count() == 5


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"category": "personal_notes"}, "choice_category"),
        ({"category": "tarot"}, "choice_category"),
        ({"right": "export"}, "choice_right"),
    ],
)
def test_a_choice_is_about_what_can_be_shared(make, columns, constraint):
    with refused(constraint):
        make(Choice, **columns)


def test_an_opposition_is_against_one_and_not_oneself(make):
    for columns, constraint in (
        ({"professional": None}, "opposition_one_target"),
        ({"organisation": make.place}, "opposition_one_target"),
        ({"professional": make.doctor}, "opposition_not_oneself"),
    ):
        with refused(constraint), transaction.atomic():
            make(Opposition, **columns)


def test_a_general_opposition_and_one_about_an_author_live_side_by_side(make):
    make(Opposition, author=None)
    make(Opposition)
    with refused("opposition_once_per_professional"), transaction.atomic():
        make(Opposition, author=None)
    make(Opposition, professional=None, organisation=make.place, author=None)
    with refused("opposition_once_per_organisation"):
        make(Opposition, professional=None, organisation=make.place, author=None)


def test_an_emergency_ends(make):
    for during in (OPEN, (NOW, NOW + timedelta(hours=12, microseconds=1))):
        with refused("emergency_ends"), transaction.atomic():
            make(Emergency, during=during)
    make(Emergency, during=(NOW, NOW + timedelta(hours=12)))


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [({"reason_code": "curiosity"}, "emergency_reason"), ({"digest": b"short"}, "emergency_digest")],
)
def test_an_emergency_has_a_reason_and_a_digest(make, columns, constraint):
    with refused(constraint):
        make(Emergency, **columns)


def test_people_and_places(db):
    for columns, constraint in (
        ({"family": ""}, "professional_named"),
        ({"family": "Roy", "rpps": "123"}, "professional_rpps"),
        ({"family": "Roy", "profession": "Médecin"}, "professional_profession"),
    ):
        with refused(constraint), transaction.atomic():
            Professional.objects.create(**({"given": "A", "profession": "nurse"} | columns))
    for columns, constraint in (
        ({"name": ""}, "organisation_named"),
        ({"name": "A", "finess": "1"}, "organisation_finess"),
    ):
        with refused(constraint), transaction.atomic():
            Organisation.objects.create(**columns)
    person = Professional.objects.create(
        title="Dr", family="Lefèvre", given="Hélène", profession="doctor", rpps="1" * 11
    )
    assert (str(person), person.name) == ("Dr Hélène Lefèvre",) * 2
    assert str(Organisation.objects.create(name="Maison", finess="2A0000012")) == "Maison"


def test_a_request_is_answered_once_and_asked_once(make, practice):
    columns = {
        "dossier": practice.ref.id, "professional": make.doctor, "category": "genetics", "purpose": "diagnosis",
        "asked_at": NOW,
    }  # fmt: skip
    for wrong, constraint in (
        ({"category": "personal_notes"}, "request_category"),
        ({"purpose": "curiosity"}, "request_purpose"),
        ({"answer": "allowed", "answered_at": NOW}, "request_answer"),
        ({"answer": "refused"}, "request_answer"),
        ({"answered_at": NOW}, "request_answer"),
        ({"answer": "perhaps"}, "request_answer"),
    ):
        with refused(constraint), transaction.atomic():
            AccessRequest.objects.create(**(columns | wrong))
    AccessRequest.objects.create(**(columns | {"answer": "refused", "answered_at": NOW}))
    AccessRequest.objects.create(**columns)
    with refused("request_pending_once"), transaction.atomic():
        AccessRequest.objects.create(**columns)
    assert AccessRequest.objects.about(practice.ref.id).pending().count() == 1


def test_two_versions_of_the_matrix_are_never_in_force_at_once(owner):
    make_version = "INSERT INTO consent_matrixversion (id, name, during) VALUES (gen_random_uuid(), %s, %s)"
    make_row = (
        "INSERT INTO consent_matrixrow"
        " (id, version_id, profession, profession_fr, category, access, basis, note, source)"
        " SELECT gen_random_uuid(), id, %s, '', %s, %s, 'official', '', '' FROM consent_matrixversion"
    )
    for statement, values, constraint in (
        (make_version, ["2026-12", TimestamptzRange(NOW, None)], "matrixversion_alone"),
        (make_version, ["Décembre", TimestamptzRange(NOW - 9999 * DAY, NOW - 9998 * DAY)], "matrixversion_name"),
        (make_row, ["doctor", "laboratory", "read"], "matrixrow_once"),
        (make_row, ["astrologer", "tarot", "read"], "matrixrow_category"),
        (make_row, ["astrologer", "laboratory", "perhaps"], "matrixrow_access"),
        (make_row, ["astrologer", "personal_notes", "read"], "matrixrow_patient_only"),
    ):
        with pytest.raises(Exception, match=constraint):
            owner.execute(statement, values)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        MatrixVersion.objects.update(name="2027-01")
    assert str(MatrixVersion.objects.get()) == "2026-11"
    assert MatrixRow.objects.filter(category="personal_notes").exclude(access="none").count() == 0


def test_live_and_about(make, practice):
    made = make(CareRelationship, during=PAST)
    assert CareRelationship.objects.about(practice.ref.id).live(PAST[0]).get() == made
    assert not CareRelationship.objects.live(PAST[1]).exists()
    assert not CareRelationship.objects.about(uuid4()).exists()
    assert not Membership.objects.filter(professional=make.nurse).exists()


@pytest.mark.parametrize(
    "table", ["carerelationship", "choice", "opposition", "emergency", "accessrequest", "membership"]
)
def test_the_application_ends_and_never_erases(db, table):
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM consent_{table}")


def test_whoever_appears_in_a_consent_stays(make):
    make(CareRelationship)
    with pytest.raises(ProtectedError):
        make.doctor.delete()
