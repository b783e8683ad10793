"""The page of the patient says what the engine says, with a bounded number of queries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from audit.actor import Actor, Role
from consent import granting
from consent.categories import Category
from consent.decisions import Ground, Refused, Right, decide
from consent.explaining import State, patients_of, read_sharing
from consent.facts import load_facts
from consent.models import CareRelationship, Emergency
from tests.consent.conftest import DAY, acting, strangers, tomorrow, yesterday
from tests.consent.test_facts import queries

LAB, GENETICS = Category.LABORATORY, Category.GENETICS


def sharing_of(practice):
    return read_sharing(actor=practice.patient, ref=practice.ref)


def test_every_cell_is_what_the_engine_decides(practice):
    people = [
        practice.hire("Lefevre", at="Maison", cares=True),
        practice.hire("Roy", "nurse", at="Maison", cares=True),
        practice.hire("Travail", "occupational_physician", cares=True),
    ]
    home = {"actor": practice.patient, "ref": practice.ref, "right": Right.READ}
    granting.choose(**home, professional=people[0].id, category=LAB, allowed=False)
    granting.choose(**home, organisation=practice.places["Maison"].id, category=Category.IMAGING, allowed=False)
    granting.choose(**home, professional=people[2].id, category=GENETICS, allowed=True, until=tomorrow())
    granting.oppose(actor=practice.patient, ref=practice.ref, professional=people[1].id)
    sharing = sharing_of(practice)
    assert [line.person.id for line in sharing.professionals] == [person.id for person in people]
    for person, line in zip(people, sharing.professionals, strict=True):
        assert [cell.category for cell in line.cells] == list(Category)
        facts = load_facts(acting(person), practice.ref)
        for cell in line.cells:
            for right, shown in ((Right.READ, cell.read), (Right.DEPOSIT, cell.deposit)):
                asked = decide(facts, category=cell.category, right=right)
                assert (shown.allowed, shown.ground, shown.choice) == (asked.allowed, asked.ground, asked.choice)
        assert line.open_categories == tuple(cell.category for cell in line.cells if cell.state is State.OPEN)
    doctor, nurse, physician = sharing.professionals
    assert (doctor.cell(LAB).state, doctor.cell(LAB).ground) == (State.CLOSED, Ground.CHOICE_PERSON_CLOSED)
    assert doctor.cell(Category.IMAGING).ground is Ground.CHOICE_TEAM_CLOSED
    assert doctor.cell(Category.PERSONAL_NOTES).state is State.NEVER
    assert nurse.open_categories == ()
    assert physician.open_categories == (GENETICS,)
    assert doctor.person.places == ("Maison",)
    assert doctor.person.name == "Camille Lefevre"
    with override("en"):
        assert nurse.person.profession_label == "Nurse"
    assert sharing.professional(people[1].id) is nurse
    assert sharing.professional(uuid4()) is None
    assert [(each.organisation, each.category, each.allowed) for each in sharing.choices] == [
        ("Maison", Category.IMAGING, False)
    ]


def test_until_is_when_it_lapses_by_itself(practice):
    doctor = practice.hire("Lefevre")
    care, sooner, later = tomorrow() + 3 * DAY, tomorrow(), tomorrow() + 9 * DAY
    home = {"actor": practice.patient, "ref": practice.ref, "professional": doctor.id}
    granting.open_relationship(**home, until=care)
    for category, allowed, until in ((LAB, True, sooner), (GENETICS, True, later), (Category.IMAGING, False, later)):
        granting.choose(**home, category=category, right=Right.READ, allowed=allowed, until=until)
    line = sharing_of(practice).professionals[0]
    assert line.until == care
    assert line.cell(LAB).until == sooner
    assert line.cell(GENETICS).until == care, "a choice opens nothing after the care it needs"
    assert line.cell(Category.IMAGING).until == later
    assert line.cell(Category.PRESCRIPTION).until == care
    assert line.cell(Category.PERSONAL_NOTES).until is None


def test_requests_oppositions_and_emergencies(practice):
    physician, author = practice.hire("Travail", "occupational_physician", cares=True), practice.hire("Auteur")
    passer_by = practice.hire("Garde", at="Urgences")
    asked = granting.request_access(actor=acting(physician), ref=practice.ref, category=LAB, purpose="treatment")
    home = {"actor": practice.patient, "ref": practice.ref}
    one = granting.oppose(**home, professional=physician.id, author=author.id)
    other = granting.oppose(**home, organisation=practice.places["Urgences"].id)
    now = datetime.now(UTC)
    broken = Emergency.objects.create(
        dossier=practice.ref.id, professional=passer_by, reason_code="unconscious", sealed_reason=b"x", key_version=1,
        digest=bytes(32), during=(now - timedelta(minutes=1), now + timedelta(minutes=5)),
    )  # fmt: skip
    sharing = sharing_of(practice)
    assert [(each.id, each.person.id, each.category, each.purpose) for each in sharing.requests] == [
        (asked, physician.id, LAB, "treatment")
    ]
    oppositions = {each.id: each for each in sharing.oppositions}
    assert (oppositions[one].person.id, oppositions[one].author.id) == (physician.id, author.id)
    assert (oppositions[other].organisation, oppositions[other].person) == ("Urgences", None)
    assert [(each.id, each.person.id, each.until) for each in sharing.emergencies] == [
        (broken.id, passer_by.id, broken.during[1])
    ]
    granting.end_relationship(**home, professional=physician.id)
    sharing = sharing_of(practice)
    assert (sharing.professionals, sharing.requests) == ((), ())


def test_queries_do_not_grow_with_people(practice):
    def count():
        with CaptureQueriesContext(connection) as captured:
            sharing_of(practice)
        return len(captured)

    practice.hire("Un", at="Maison", cares=True)
    few = count()
    for number in range(12):
        person = practice.hire(f"Autre{number}", "occupational_physician", at="Maison", cares=True)
        granting.request_access(actor=acting(person), ref=practice.ref, category=LAB, purpose="treatment")
        granting.oppose(actor=practice.patient, ref=practice.ref, professional=person.id)
    assert count() == few


def test_only_the_patient_reads_it_and_both_are_remembered(practice):
    sharing_of(practice)
    assert (practice.last().event, practice.last().outcome) == ("sharing.read", "done")
    for actor in strangers(practice):
        with pytest.raises(Refused):
            read_sharing(actor=actor, ref=practice.ref)
        line = practice.last()
        assert (line.event, line.outcome, line.actor) == ("sharing.read", "refused", actor.id)


def test_patients_of_a_professional(practice):
    doctor = practice.hire("Lefevre", cares=True)
    newer, past = uuid4(), uuid4()
    for dossier, during in (
        (newer, (datetime.now(UTC) - timedelta(minutes=1), None)),
        (past, (yesterday() - DAY, yesterday())),
        (uuid4(), (tomorrow(), None)),
    ):
        CareRelationship.objects.create(dossier=dossier, professional=doctor, during=during)
    # Which dossiers, declared in the same step; then the list in its order.
    with transaction.atomic(), queries(2):
        assert patients_of(acting(doctor)) == [newer, practice.ref.id]
    others = [Actor(id=uuid4(), role=Role.PATIENT), Actor(id=uuid4(), role=Role.ADMINISTRATOR), Actor.anonymous()]
    with queries(0):
        assert [patients_of(each) for each in others] == [[], [], []]
