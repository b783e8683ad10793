"""One query brings what a decision needs, as it is at that very moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.actor import Actor, Role
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Ground, Right, Switches, Target, decide
from consent.facts import load_facts, load_facts_of
from consent.models import (
    CareRelationship,
    Choice,
    Delegation,
    Emergency,
    Membership,
    Opposition,
    Representation,
    TeamCare,
    Wish,
)
from portal.accounts.models import Account
from tests.consent.conftest import DAY, acting, strangers, tomorrow, yesterday
from tests.consent.worlds import MATRIX

LAB = Category.LABORATORY


def queries(count):
    """Exactly this number of queries."""

    class Counting(CaptureQueriesContext):
        def __exit__(self, *error):
            super().__exit__(*error)
            if error[0] is None:
                assert len(self) == count, [query["sql"] for query in self.captured_queries]

    return Counting(connection)


def choose(practice, allowed=True, category=LAB, during=None, **target):
    return Choice.objects.create(
        dossier=practice.ref.id,
        category=category,
        right=Right.READ,
        allowed=allowed,
        during=during or (yesterday(), None),
        **target,
    )


def test_one_query_for_a_professional_or_a_patient_none_for_others(practice):
    doctor = practice.hire("Lefevre", at="Maison", cares=True)
    for number in range(5):
        practice.hire(f"Autre{number}", cares=True)
    # As in a door: the dossier is declared together with the beginning of its transaction.
    with transaction.atomic(), queries(1):
        load_facts(acting(doctor), practice.ref)
    with transaction.atomic(), queries(1):
        load_facts_of([doctor.id, uuid4()], practice.ref)
    with transaction.atomic(), queries(1):
        assert load_facts(practice.patient, practice.ref).own
    others = [each for each in strangers(practice) if each.role not in {Role.PROFESSIONAL, Role.PATIENT}]
    with queries(0):
        assert not any(load_facts(each, practice.ref).own for each in others)


def test_everything_arrives(practice):
    doctor, author = practice.hire("Lefevre", at="Maison", cares=True), practice.hire("Auteur")
    place = practice.places["Maison"]
    mine = choose(practice, professional=doctor)
    ours = choose(practice, organisation=place, allowed=False)
    trade = choose(practice, profession="doctor", during=(yesterday(), tomorrow()))
    against = Opposition.objects.create(
        dossier=practice.ref.id, organisation=place, author=author, during=(yesterday(), None)
    )
    broken = Emergency.objects.create(
        dossier=practice.ref.id, professional=doctor, reason_code="unconscious", sealed_reason=b"x", key_version=1,
        digest=bytes(32), during=(datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=9)),
    )  # fmt: skip
    facts = load_facts(acting(doctor), practice.ref)
    assert (facts.professional, facts.profession, facts.matrix) == (doctor.id, "doctor", "2026-11")
    assert (dict(facts.row), dict(facts.emergency_row)) == (MATRIX["doctor"], MATRIX["emergency_regulator"])
    assert abs(facts.at - datetime.now(UTC)) < timedelta(seconds=30)
    assert facts.in_care
    assert [each.id for each in facts.emergencies] == [broken.id]
    assert (facts.emergencies[0].during.start, facts.emergencies[0].during.end) == broken.during
    assert [(each.id, each.by_organisation, each.author) for each in facts.oppositions] == [
        (against.id, True, author.id)
    ]
    assert {each.id: (each.target, each.allowed) for each in facts.choices} == {
        mine.id: (Target.PERSON, True),
        ours.id: (Target.TEAM, False),
        trade.id: (Target.PROFESSION, True),
    }
    assert {each.during.end for each in facts.choices} == {None, trade.during[1]}


def test_what_concerns_somebody_else_stays_away(practice):
    doctor, other = practice.hire("Lefevre", at="Maison"), practice.hire("Autre", "nurse", at="Hôpital", cares=True)
    choose(practice, professional=other)
    choose(practice, organisation=practice.places["Hôpital"])
    choose(practice, profession="nurse")
    Opposition.objects.create(dossier=practice.ref.id, professional=other, during=(yesterday(), None))
    Opposition.objects.create(dossier=uuid4(), professional=doctor, during=(yesterday(), None))
    CareRelationship.objects.create(dossier=uuid4(), professional=doctor, during=(yesterday(), None))
    facts = load_facts(acting(doctor), practice.ref)
    assert (facts.relationships, facts.oppositions, facts.emergencies, facts.choices) == ((), (), (), ())


def test_what_is_over_or_to_come_stays_away(practice):
    doctor = practice.hire("Lefevre")
    for during in ((yesterday() - DAY, yesterday()), (tomorrow(), None)):
        choose(practice, professional=doctor, during=during)
        CareRelationship.objects.create(dossier=practice.ref.id, professional=doctor, during=during)
        Opposition.objects.create(dossier=practice.ref.id, professional=doctor, during=during)
    facts = load_facts(acting(doctor), practice.ref)
    assert (facts.relationships, facts.oppositions, facts.choices) == ((), (), ())


def test_a_team_counts_while_the_person_belongs_to_it(practice):
    doctor = practice.hire("Lefevre", at="Maison", cares=True)
    place = practice.places["Maison"]
    Opposition.objects.create(dossier=practice.ref.id, organisation=place, during=(yesterday(), None))
    assert decide(load_facts(acting(doctor), practice.ref), category=LAB, right=Right.READ).ground is (
        Ground.OPPOSED_ORGANISATION
    )
    Membership.objects.update(during=(Membership.objects.get().during.lower, datetime.now(UTC)))
    assert decide(load_facts(acting(doctor), practice.ref), category=LAB, right=Right.READ).allowed


def test_the_past_has_an_answer(practice):
    doctor = practice.hire("Lefevre")
    third_of_march = datetime(2026, 3, 3, tzinfo=UTC)
    CareRelationship.objects.create(
        dossier=practice.ref.id, professional=doctor, during=(third_of_march, third_of_march + DAY)
    )
    question = {"category": LAB, "right": Right.READ}
    then = load_facts(acting(doctor), practice.ref, at=third_of_march)
    assert then.at == third_of_march
    assert decide(then, **question).ground is Ground.DEFAULT_OPEN
    assert not decide(load_facts(acting(doctor), practice.ref, at=third_of_march + DAY), **question).allowed
    before_the_matrix = load_facts(acting(doctor), practice.ref, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert (before_the_matrix.matrix, dict(before_the_matrix.row)) == ("", {})


def test_a_professional_whom_the_directory_does_not_know_reaches_nothing(practice):
    ghost = Actor(id=uuid4(), role=Role.PROFESSIONAL, professional=uuid4(), profession="doctor")
    facts = load_facts(ghost, practice.ref)
    assert facts.profession == ""
    assert not any(decide(facts, category=each, right=Right.READ).allowed for each in Category)


def test_a_dossier_without_owner_belongs_to_nobody(practice):
    orphan = type(practice.ref)(practice.ref.id, practice.ref.pseudonym, None)
    assert not load_facts(practice.patient, orphan).is_own


@pytest.mark.asvs("v5.0.0-8.3.2")
def test_a_right_changed_in_one_connection_binds_the_very_next_read_in_another(practice, owner: psycopg.Connection):
    """Even of a reader whose transaction began before the change."""
    doctor = practice.hire("Lefevre", cares=True)
    question = {"category": LAB, "right": Right.READ}
    with transaction.atomic():
        assert decide(load_facts(acting(doctor), practice.ref), **question).allowed
        owner.execute(
            "UPDATE consent_carerelationship SET during = tstzrange(lower(during), clock_timestamp())"
            " WHERE professional_id = %s",
            [doctor.id],
        )
        assert decide(load_facts(acting(doctor), practice.ref), **question).ground is Ground.NO_RELATIONSHIP


@pytest.mark.parametrize("profession", ["doctor", "social_coordinator"])
def test_the_profession_of_the_directory_counts_not_the_one_claimed(practice, profession):
    nurse = practice.hire("Roy", "nurse", cares=True)
    claiming = Actor(id=uuid4(), role=Role.PROFESSIONAL, professional=nurse.id, profession=profession)
    assert load_facts(claiming, practice.ref).profession == "nurse"


def test_who_acts_for_whom_and_what_the_patient_wishes_arrive(practice):
    """A secretary in a doctor's name, a team in care, newcomers, wishes: still one query."""
    doctor, secretary = practice.hire("Lefevre", at="Maison"), practice.hire("Petit", "secretary")
    given = Delegation.objects.create(
        professional=doctor, delegate=secretary, kind="secretary", categories=[LAB], during=(yesterday(), tomorrow())
    )
    care = TeamCare.objects.create(
        dossier=practice.ref.id, organisation=practice.places["Maison"], during=(yesterday() - DAY, None)
    )
    closed = choose(practice, allowed=False, newcomers=True)
    against = Opposition.objects.create(dossier=practice.ref.id, professional=secretary, during=(yesterday(), None))
    for kind, category in (("hide_new", ""), ("no_others", ""), ("show_masked", ""), ("discreet", LAB.value)):
        Wish.objects.create(dossier=practice.ref.id, kind=kind, category=category, during=(yesterday(), None))
    acting_for = replace(acting(secretary), on_behalf_of=doctor.id)
    with transaction.atomic(), queries(1):
        facts = load_facts(acting_for, practice.ref)
    assert (facts.professional, facts.delegate, facts.profession) == (doctor.id, secretary.id, "doctor")
    assert [(each.id, each.categories) for each in facts.delegations] == [(given.id, {LAB})]
    assert facts.in_care
    assert care.during[0] < facts.relationships[0].start, "through a team, care begins with the membership"
    assert [(each.id, each.target) for each in facts.choices] == [(closed.id, Target.NEWCOMER)]
    assert [each.id for each in facts.oppositions] == [against.id]
    assert (facts.switches, [each.category for each in facts.hidden_new]) == (Switches(True, False, True), [None])
    assert facts.discreet == frozenset()
    assert load_facts(acting(secretary), practice.ref).delegations == ()


def test_a_patient_and_who_acts_for_them_arrive(practice):
    carer = Account.objects.create(login_digest=bytes(32), role="patient", password="!")
    given = Representation.objects.create(
        dossier=practice.ref.id, account=carer, kind="carer", categories=[LAB], during=(yesterday(), None)
    )
    Wish.objects.create(dossier=practice.ref.id, kind="discreet", category=LAB, during=(yesterday(), None))
    ref = replace(practice.ref, age=Age.ADULT)
    theirs = load_facts(Actor(id=carer.id, role=Role.PATIENT), ref)
    assert ([each.id for each in theirs.representations], theirs.own) == ([given.id], False)
    assert decide(theirs, category=LAB, right=Right.READ).ground is Ground.REPRESENTATIVE
    mine = load_facts(practice.patient, ref)
    assert (mine.discreet, mine.representations) == ({LAB}, ())
    assert decide(mine, category=LAB, right=Right.READ).ground is Ground.DISCREET
    proven = load_facts(replace(practice.patient, fresh=True), ref)
    assert decide(proven, category=LAB, right=Right.READ).ground is Ground.OWN_DOSSIER
