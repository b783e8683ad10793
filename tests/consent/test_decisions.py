"""Every ground, and the order in which the rules are asked."""

from dataclasses import replace
from uuid import UUID

import pytest

from audit.actor import Role, SystemTask
from consent.ages import Age
from consent.categories import Category
from consent.decisions import (
    Facts,
    Ground,
    HidingFact,
    Marks,
    Reason,
    Refused,
    RepresentativeKind,
    Right,
    Target,
    decide,
)
from consent.matrix import Access
from tests.consent.worlds import (
    COLLEAGUE,
    HOUR,
    INSTANT,
    LIVE,
    NOW,
    OVER,
    READER,
    SHARED,
    choice,
    delegation,
    emergency,
    opposition,
    patient,
    professional,
    representative,
    system,
)

LAB, GENETICS = Category.LABORATORY, Category.GENETICS


def ground(facts, category=LAB, right=Right.READ, marks=None):
    decision = decide(facts, category=category, right=right, marks=marks)
    return decision.allowed, decision.ground


# --- 0 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [SystemTask.IMPORT, SystemTask.SEED])
@pytest.mark.parametrize("category", Category)
def test_import_and_seed_only_deposit(task, category):
    assert ground(system(task), category, Right.DEPOSIT) == (True, Ground.SYSTEM_DEPOSIT)
    assert ground(system(task), category, Right.READ) == (False, Ground.SYSTEM_REFUSED)
    assert ground(system(task), category, Right.EXPORT) == (False, Ground.SYSTEM_REFUSED)


@pytest.mark.asvs("v5.0.0-8.3.3")
@pytest.mark.parametrize("task", sorted(set(SystemTask) - {SystemTask.IMPORT, SystemTask.SEED}))
@pytest.mark.parametrize("right", Right)
def test_no_other_task_reaches_a_record(task, right):
    assert ground(system(task), LAB, right) == (False, Ground.SYSTEM_REFUSED)


# --- 1 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("category", Category)
def test_administrators_and_visitors_never(category, right):
    world = professional(emergencies=(emergency(),))
    assert ground(replace(world, role=Role.ADMINISTRATOR), category, right) == (False, Ground.ADMINISTRATOR)
    assert ground(replace(world, role=Role.ANONYMOUS), category, right) == (False, Ground.NOT_SIGNED_IN)


@pytest.mark.parametrize("right", [Right.READ, Right.DEPOSIT])
def test_personal_notes_are_the_patients_alone(right):
    notes = Category.PERSONAL_NOTES
    open_row = dict.fromkeys(Category, Access.WRITE)
    world = professional(row=open_row, emergency_row=open_row, emergencies=(emergency(),))
    world = replace(world, choices=(choice(notes, allowed=True, right=right),))
    assert ground(world, notes, right) == (False, Ground.PATIENT_ONLY)


@pytest.mark.parametrize("category", SHARED)
def test_export_is_off_for_everybody_but_the_patient(category):
    world = professional(choices=(choice(category, allowed=True, right=Right.EXPORT),), emergencies=(emergency(),))
    assert ground(world, category, Right.EXPORT) == (False, Ground.EXPORT_PATIENT_ONLY)
    assert ground(patient(), category, Right.EXPORT) == (True, Ground.OWN_DOSSIER)


def test_a_category_closed_to_the_profession_stays_closed_whatever_the_patient_wants():
    mental = Category.MENTAL_HEALTH
    world = professional("nurse", choices=(choice(mental, allowed=True),), emergencies=(emergency(),))
    assert ground(world, mental) == (False, Ground.MATRIX_NEVER)


def test_reading_does_not_give_adding():
    world = professional("pharmacist", choices=(choice(LAB, allowed=True, right=Right.DEPOSIT),))
    assert ground(world, LAB, Right.READ) == (True, Ground.DEFAULT_OPEN)
    assert ground(world, LAB, Right.DEPOSIT) == (False, Ground.MATRIX_READ_ONLY)


def test_a_profession_without_a_line_reaches_nothing():
    world = professional("astrologer", emergencies=(emergency(),))
    assert {ground(world, category)[1] for category in SHARED} == {Ground.MATRIX_NEVER}


# --- 2 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("category", Category)
def test_the_patient_does_everything_at_home(category, right):
    assert ground(patient(), category, right, Marks(masked=True)) == (True, Ground.OWN_DOSSIER)


def test_another_patient_is_nobody():
    assert ground(patient(own=False)) == (False, Ground.NOT_OWNER)


def test_being_the_owner_counts_for_a_patient_only():
    assert ground(replace(professional(relationships=()), own=True)) == (False, Ground.NO_RELATIONSHIP)


# --- 3 -----------------------------------------------------------------------------------------


def test_an_opposition_closes_what_everything_else_opens():
    world = professional(choices=(choice(allowed=True),), emergencies=(emergency(),))
    by_person = replace(world, oppositions=(opposition(),))
    by_team = replace(world, oppositions=(opposition(by_organisation=True),))
    assert ground(by_person) == (False, Ground.OPPOSED_PERSON)
    assert ground(by_team) == (False, Ground.OPPOSED_ORGANISATION)
    assert ground(by_person, right=Right.DEPOSIT) == (False, Ground.OPPOSED_PERSON)
    assert decide(by_person, category=LAB, right=Right.READ).choice == opposition().id


def test_an_opposition_that_is_over_does_nothing():
    assert ground(professional(oppositions=(opposition(during=OVER),))) == (True, Ground.DEFAULT_OPEN)


def test_what_an_author_wrote_stays_closed_to_one_reader():
    world = professional(oppositions=(opposition(author=COLLEAGUE),), emergencies=(emergency(),))
    assert ground(world, marks=Marks(author=COLLEAGUE)) == (False, Ground.OPPOSED_AUTHOR)
    assert ground(world, marks=Marks(author=UUID(int=3)))[0]
    assert ground(world, marks=Marks(author=None))[0]
    assert ground(world)[0], "the drawer itself is open"
    over = professional(oppositions=(opposition(author=COLLEAGUE, during=OVER),))
    assert ground(over, marks=Marks(author=COLLEAGUE)) == (True, Ground.DEFAULT_OPEN)


def test_a_masked_record_is_seen_by_its_author_alone():
    world = professional(choices=(choice(allowed=True),), emergencies=(emergency(),))
    assert ground(world, marks=Marks(COLLEAGUE, masked=True)) == (False, Ground.MASKED)
    assert ground(world, marks=Marks(None, masked=True)) == (False, Ground.MASKED)
    assert ground(world, marks=Marks(READER, masked=True))[0]
    assert not ground(professional(relationships=()), marks=Marks(READER, masked=True))[0]
    nobody = replace(world, professional=None)
    assert ground(nobody, marks=Marks(None, masked=True)) == (False, Ground.MASKED), (
        "nobody wrote it, nobody is its author"
    )


# --- 4 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profession", ["doctor", "nurse", "emergency_regulator", "occupational_physician"])
@pytest.mark.parametrize("category", Category)
def test_an_emergency_opens_what_both_lines_open(profession, category):
    world = professional(profession, relationships=(), emergencies=(emergency(),))
    both = {world.row[category], world.emergency_row[category]}
    expected = both <= {Access.READ, Access.WRITE}
    assert ground(world, category)[0] is expected
    if expected:
        assert ground(world, category) == (True, Ground.EMERGENCY)
        assert decide(world, category=category, right=Right.READ).choice == emergency().id
    assert not ground(world, category, Right.DEPOSIT)[0], "an emergency reads, it does not write"


def test_an_emergency_never_writes_even_if_both_lines_did():
    writing = dict.fromkeys(SHARED, Access.WRITE)
    world = professional(row=writing, emergency_row=writing, relationships=(), emergencies=(emergency(),))
    assert ground(world) == (True, Ground.EMERGENCY)
    assert ground(world, LAB, Right.DEPOSIT) == (False, Ground.NO_RELATIONSHIP)


def test_an_emergency_comes_before_a_closed_choice_and_ends_by_itself():
    closed = (choice(allowed=False),)
    assert ground(professional(choices=closed, emergencies=(emergency(),))) == (True, Ground.EMERGENCY)
    assert ground(professional(choices=closed, emergencies=(emergency(OVER),))) == (False, Ground.CHOICE_PERSON_CLOSED)


def test_an_emergency_on_facts_of_another_role_opens_nothing():
    assert not ground(replace(professional(emergencies=(emergency(),)), role=Role.PATIENT))[0]


# --- 5 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "opened", "closed"),
    [
        (Target.PERSON, Ground.CHOICE_PERSON_OPEN, Ground.CHOICE_PERSON_CLOSED),
        (Target.TEAM, Ground.CHOICE_TEAM_OPEN, Ground.CHOICE_TEAM_CLOSED),
        (Target.PROFESSION, Ground.CHOICE_PROFESSION_OPEN, Ground.CHOICE_PROFESSION_CLOSED),
    ],
)
def test_a_choice_for_a_person_a_team_a_profession(target, opened, closed):
    physician = professional("occupational_physician", choices=(choice(allowed=True, target=target),))
    assert ground(physician) == (True, opened)
    assert ground(physician, GENETICS) == (False, Ground.ON_CONSENT), "another category"
    assert ground(physician, LAB, Right.DEPOSIT) == (False, Ground.ON_CONSENT), "another right"
    doctor = professional(choices=(choice(allowed=False, target=target),))
    assert ground(doctor) == (False, closed)
    assert decide(doctor, category=LAB, right=Right.READ).choice == doctor.choices[0].id


def test_the_most_precise_choice_counts_whatever_their_order():
    person = choice(allowed=True, target=Target.PERSON, id_=1)
    team = choice(allowed=False, target=Target.TEAM, id_=2)
    trade = choice(allowed=True, target=Target.PROFESSION, id_=3)
    for chosen in ((person, team, trade), (trade, team, person)):
        assert ground(professional(choices=chosen)) == (True, Ground.CHOICE_PERSON_OPEN)
    for chosen in ((team, trade), (trade, team)):
        assert ground(professional(choices=chosen)) == (False, Ground.CHOICE_TEAM_CLOSED)


def test_of_two_teams_the_closed_one_counts():
    one, other = choice(allowed=True, target=Target.TEAM, id_=1), choice(allowed=False, target=Target.TEAM, id_=2)
    for chosen in ((one, other), (other, one)):
        assert ground(professional(choices=chosen)) == (False, Ground.CHOICE_TEAM_CLOSED)


def test_a_choice_opens_nothing_outside_a_care_relationship():
    for target in Target:
        world = professional(relationships=(), choices=(choice(allowed=True, target=target),))
        assert ground(world) == (False, Ground.NO_RELATIONSHIP)
    world = professional(relationships=(), choices=(choice(allowed=False),))
    assert ground(world) == (False, Ground.CHOICE_PERSON_CLOSED)


def test_a_choice_holds_from_its_first_microsecond_to_before_its_last():
    physician = professional("occupational_physician", choices=(choice(allowed=True, during=LIVE),))
    endless = replace(physician, relationships=((LIVE._replace(start=NOW - 9 * HOUR, end=None)),))
    for at, expected in (
        (LIVE.start - INSTANT, False),
        (LIVE.start, True),
        (LIVE.end - INSTANT, True),
        (LIVE.end, False),
        (LIVE.end + INSTANT, False),
    ):
        assert ground(replace(endless, at=at))[0] is expected


# --- 6 and 7 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("category", SHARED)
def test_the_default_of_the_matrix(category):
    for profession in ("doctor", "nurse", "pharmacist", "psychologist", "social_coordinator"):
        world = professional(profession)
        access = world.row[category]
        assert ground(world, category, Right.READ)[0] is (access in {Access.READ, Access.WRITE})
        assert ground(world, category, Right.DEPOSIT)[0] is (access is Access.WRITE)


def test_on_consent_stays_closed_until_the_patient_chooses():
    world = professional("occupational_physician")
    assert {ground(world, category) for category in SHARED} == {(False, Ground.ON_CONSENT)}


def test_an_emergency_regulator_has_no_default():
    assert ground(professional("emergency_regulator")) == (False, Ground.EMERGENCY_ROUTE_ONLY)


def test_without_care_nothing_opens():
    assert ground(professional(relationships=())) == (False, Ground.NO_RELATIONSHIP)
    assert ground(professional(relationships=(OVER,))) == (False, Ground.NO_RELATIONSHIP)


# --- the decision itself -----------------------------------------------------------------------


def test_the_trace_keeps_every_rule_that_was_asked_in_order():
    decision = decide(professional(choices=(choice(allowed=False),)), category=LAB, right=Right.READ)
    assert [step.reason for step in decision.trace] == list(Reason)[: Reason.CHOICE + 1]
    assert all(step.ground is None and not step.allowed for step in decision.trace[:-1])
    assert decision.trace[-1].ground is decision.ground is Ground.CHOICE_PERSON_CLOSED
    refused = decide(patient(own=False), category=LAB, right=Right.READ)
    assert [step.reason for step in refused.trace] == list(Reason)


def test_a_decision_names_what_it_rests_on():
    decision = decide(professional(), category=LAB, right=Right.READ)
    assert (decision.category, decision.right, decision.matrix, decision.choice) == (LAB, Right.READ, "2026-11", None)


def test_a_refusal_says_nothing():
    decision = decide(professional(oppositions=(opposition(),)), category=GENETICS, right=Right.READ)
    error = Refused(decision)
    assert error.decision is decision
    assert "genetics" not in f"{error} {error!r}"
    assert "oppos" not in f"{error} {error!r}"


EVERY_GROUND = {
    Ground.SYSTEM_DEPOSIT: (system(SystemTask.SEED), LAB, Right.DEPOSIT),
    Ground.SYSTEM_REFUSED: (system(SystemTask.LETTERS), LAB),
    Ground.NOT_SIGNED_IN: (Facts(at=NOW, role=Role.ANONYMOUS), LAB),
    Ground.ADMINISTRATOR: (Facts(at=NOW, role=Role.ADMINISTRATOR), LAB),
    Ground.PATIENT_ONLY: (professional(), Category.PERSONAL_NOTES),
    Ground.EXPORT_PATIENT_ONLY: (professional(), LAB, Right.EXPORT),
    Ground.MATRIX_NEVER: (professional("nurse"), GENETICS),
    Ground.MATRIX_READ_ONLY: (professional("nurse"), LAB, Right.DEPOSIT),
    Ground.OWN_DOSSIER: (patient(), LAB),
    Ground.OPPOSED_PERSON: (professional(oppositions=(opposition(),)), LAB),
    Ground.OPPOSED_ORGANISATION: (professional(oppositions=(opposition(by_organisation=True),)), LAB),
    Ground.OPPOSED_AUTHOR: (
        professional(oppositions=(opposition(author=COLLEAGUE),)),
        LAB,
        Right.READ,
        Marks(COLLEAGUE),
    ),
    Ground.MASKED: (professional(), LAB, Right.READ, Marks(COLLEAGUE, masked=True)),
    Ground.EMERGENCY: (professional(emergencies=(emergency(),)), LAB),
    Ground.CHOICE_PERSON_CLOSED: (professional(choices=(choice(allowed=False),)), LAB),
    Ground.CHOICE_PERSON_OPEN: (professional(choices=(choice(allowed=True),)), LAB),
    Ground.CHOICE_TEAM_CLOSED: (professional(choices=(choice(allowed=False, target=Target.TEAM),)), LAB),
    Ground.CHOICE_TEAM_OPEN: (professional(choices=(choice(allowed=True, target=Target.TEAM),)), LAB),
    Ground.CHOICE_PROFESSION_CLOSED: (professional(choices=(choice(allowed=False, target=Target.PROFESSION),)), LAB),
    Ground.CHOICE_PROFESSION_OPEN: (professional(choices=(choice(allowed=True, target=Target.PROFESSION),)), LAB),
    Ground.EMERGENCY_ROUTE_ONLY: (professional("emergency_regulator"), LAB),
    Ground.ON_CONSENT: (professional("occupational_physician"), LAB),
    Ground.DEFAULT_OPEN: (professional(), LAB),
    Ground.CHOICE_NEWCOMER_CLOSED: (
        professional(choices=(choice(allowed=False, target=Target.NEWCOMER, during=LIVE),)),
        LAB,
    ),
    Ground.DELEGATION_OVER: (professional(delegate=COLLEAGUE), LAB),
    Ground.DELEGATION_SCOPE: (professional(delegate=COLLEAGUE, delegations=(delegation(GENETICS),)), LAB),
    Ground.HELD: (patient(), LAB, Right.READ, Marks(held_until=NOW + INSTANT)),
    Ground.DISCREET: (replace(patient(), discreet=frozenset({LAB})), LAB),
    Ground.REPRESENTATION_AGE: (representative(RepresentativeKind.PARENT, Age.ADULT), LAB),
    Ground.REPRESENTATION_SCOPE: (representative(RepresentativeKind.CARER, Age.ADULT), GENETICS),
    Ground.MINOR_SECRET: (
        representative(RepresentativeKind.PARENT, Age.FROM_15),
        LAB,
        Right.READ,
        Marks(secret=True),
    ),
    Ground.REPRESENTATIVE_OPENED: (
        representative(RepresentativeKind.GUARDIAN, Age.UNDER_15, Category.MATERNITY_SEXUAL_HEALTH),
        Category.MATERNITY_SEXUAL_HEALTH,
    ),
    Ground.REPRESENTATIVE: (representative(RepresentativeKind.PARENT, Age.FROM_15), LAB),
    Ground.HIDDEN_NEW: (
        professional(hidden_new=(HidingFact(UUID(int=60), None, LIVE),)),
        LAB,
        Right.READ,
        Marks(filed_at=NOW),
    ),
    Ground.NOT_OWNER: (patient(own=False), LAB),
    Ground.NO_RELATIONSHIP: (professional(relationships=()), LAB),
}


@pytest.mark.parametrize("expected", EVERY_GROUND, ids=str)
def test_every_ground_can_be_reached(expected):
    assert ground(*EVERY_GROUND[expected])[1] is expected


def test_no_ground_is_left_out_and_each_is_explained():
    about_the_dossier = {Ground.RELATIONSHIP, Ground.EMERGENCY_CLOSED, Ground.EMERGENCY_SWITCHED_OFF, Ground.REVIEWING}
    assert set(EVERY_GROUND) == set(Ground) - about_the_dossier
    assert all(each.explanation.endswith(".") for each in Ground)


def test_facts_default_to_nothing():
    assert ground(Facts(at=NOW, role=Role.PROFESSIONAL)) == (False, Ground.MATRIX_NEVER)
