"""What holds in every world: nobody reaches everything, and taking away never opens."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from audit.actor import Role
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Facts, Ground, Marks, Right, Step, decide
from consent.thresholds import decide_sharing
from tests.consent.worlds import (
    COLLEAGUE,
    HOUR,
    INSTANT,
    NOW,
    categories,
    emergencies,
    marks,
    oppositions,
    outsiders,
    patient,
    professionals,
    representatives,
    rights,
)


def opened(facts: Facts, seen=None) -> set[tuple[Category, Right]]:
    """Everything these facts open."""
    return {
        (category, right)
        for category in Category
        for right in Right
        if decide(facts, category=category, right=right, marks=seen).allowed
    }


@given(outsiders)
def test_nobody_but_the_patient_reaches_every_category(facts):
    reached = {category for category, right in opened(facts) if right is Right.READ}
    assert Category.PERSONAL_NOTES not in reached
    assert reached < set(Category)


@given(outsiders)
def test_nobody_but_the_patient_and_who_acts_for_them_exports_anything(facts):
    assert facts.represents or Right.EXPORT not in {right for _, right in opened(facts)}


@given(representatives, marks)
def test_ending_a_representation_never_opens_anything(facts, seen):
    for each in facts.representations:
        fewer = replace(facts, representations=tuple(other for other in facts.representations if other is not each))
        assert opened(fewer, seen) <= opened(facts, seen)


@given(representatives, st.booleans(), st.booleans())
def test_no_secret_of_a_minor_reaches_a_guardian(facts, masked, shown):
    """Neither what was filed under secrecy nor sexual health, until it is opened to them."""
    minor = replace(facts, age=Age.FROM_15 if masked else Age.UNDER_15)
    assert opened(minor, Marks(masked=masked, shown=shown, secret=True)) == set()
    delicate = {Category.MATERNITY_SEXUAL_HEALTH}
    assert not {category for category, _ in opened(minor, Marks())} & delicate


@given(professionals, marks)
def test_ending_a_delegation_never_opens_anything(facts, seen):
    named = replace(facts, delegate=COLLEAGUE)
    assert opened(named, seen) <= opened(replace(named, delegate=None), seen), "never more than the one named"
    assert opened(replace(named, delegations=()), seen) == set()


@given(professionals, marks)
def test_a_switch_of_emergencies_turned_off_never_opens_anything(facts, seen):
    for name in ("regulator", "others", "masked"):
        off, on = (replace(facts, switches=facts.switches._replace(**{name: value})) for value in (False, True))
        assert opened(off, seen) <= opened(on, seen)


@given(professionals, marks)
def test_hiding_new_documents_never_opens_anything(facts, seen):
    assert opened(facts, seen) <= opened(replace(facts, hidden_new=()), seen)


@given(st.sampled_from(Category), marks)
def test_what_is_held_or_discreet_is_not_for_the_patients_screen(category, seen):
    at_home = replace(patient(), discreet=frozenset({category}))
    assert not decide(at_home, category=category, right=Right.READ, marks=seen).allowed
    proven = replace(at_home, fresh=True)
    held = seen is not None and seen.held_until is not None and seen.held_until > NOW
    assert decide(proven, category=category, right=Right.READ, marks=seen).allowed is not held


def test_the_patient_reaches_everything():
    assert len(opened(patient())) == len(Category) * len(Right)


@given(professionals, marks, st.data())
def test_taking_a_consent_away_never_opens_anything(facts, seen, data):
    consents = [each for each in facts.choices if each.allowed]
    assume(consents)
    taken = data.draw(st.sampled_from(consents))
    fewer = replace(facts, choices=tuple(each for each in facts.choices if each is not taken))
    assert opened(fewer, seen) <= opened(facts, seen)
    turned = replace(
        facts, choices=tuple(each._replace(allowed=False) if each is taken else each for each in facts.choices)
    )
    assert opened(turned, seen) <= opened(facts, seen)


@given(outsiders, oppositions, marks)
def test_adding_an_opposition_never_opens_anything(facts, opposition, seen):
    more = replace(facts, oppositions=(*facts.oppositions, opposition))
    assert opened(more, seen) <= opened(facts, seen)


@given(professionals, marks)
def test_ending_care_or_an_emergency_never_opens_anything(facts, seen):
    assert opened(replace(facts, relationships=()), seen) <= opened(facts, seen)
    assert opened(replace(facts, emergencies=()), seen) <= opened(facts, seen)


@given(professionals, marks)
def test_masking_never_opens_anything(facts, seen):
    assume(seen is not None)
    assert opened(facts, seen._replace(masked=True)) <= opened(facts, seen._replace(masked=False))


@given(professionals, emergencies)
def test_an_emergency_opens_no_more_than_its_ceiling(facts, emergency):
    """Never for adding, never beyond the line of the profession or the emergency line."""
    more = opened(replace(facts, emergencies=(emergency,))) - opened(replace(facts, emergencies=()))
    for category, right in more:
        assert right is Right.READ
        assert {facts.row[category], facts.emergency_row[category]} <= {"read", "write"}


@given(professionals, categories, rights, marks)
def test_an_expired_choice_opens_nothing_from_its_end_on(facts, category, right, seen):
    """At the end of a choice and a microsecond later, the world is as if it had never been."""
    for each in facts.choices:
        if each.during.end is None:
            continue
        without = replace(facts, choices=tuple(other for other in facts.choices if other is not each))
        for at in (each.during.end, each.during.end + INSTANT):
            with_it, without_it = replace(facts, at=at), replace(without, at=at)
            question = {"category": category, "right": right, "marks": seen}
            assert decide(with_it, **question).ground is decide(without_it, **question).ground


@given(outsiders, categories, rights, marks)
def test_a_decision_is_the_last_step_of_its_trace(facts, category, right, seen):
    decision = decide(facts, category=category, right=right, marks=seen)
    last: Step = decision.trace[-1]
    assert (last.ground, last.allowed, last.rests_on) == (decision.ground, decision.allowed, decision.choice)
    assert [step.reason for step in decision.trace] == sorted({step.reason for step in decision.trace})
    assert decision == decide(facts, category=category, right=right, marks=seen), "the same facts, the same decision"


@given(professionals, st.integers(-2, 2))
def test_nothing_opens_without_care_or_an_emergency_in_force(facts, hours):
    world = replace(facts, at=NOW + hours * HOUR)
    if not world.in_care and world.emergency is None:
        assert opened(world) == set()


@given(professionals, categories, rights)
def test_a_never_is_never_undone(facts, category, right):
    """Grounds that no choice can change stay when every choice says yes."""
    decision = decide(facts, category=category, right=right)
    assume(decision.ground.is_never)
    generous = replace(facts, choices=tuple(each._replace(allowed=True) for each in facts.choices))
    assert decide(generous, category=category, right=right).ground is decision.ground


def test_roles_that_are_no_professional_have_no_use_for_facts_of_one():
    for role in (Role.ADMINISTRATOR, Role.ANONYMOUS):
        assert opened(Facts(at=NOW, role=role, own=True)) == set()
    assert (
        decide(Facts(at=NOW, role=Role.PATIENT), category=Category.LABORATORY, right=Right.READ).ground
        is Ground.NOT_OWNER
    )


@given(representatives, categories)
def test_who_acts_for_a_patient_shares_no_more_than_they_see_themselves(facts, category):
    """And nothing at all from fifteen on, nor what is guarded."""
    if decide_sharing(facts, category=category).allowed:
        assert facts.age is Age.UNDER_15
        assert decide(facts, category=category, right=Right.READ).ground is Ground.REPRESENTATIVE
        assert decide_sharing(facts).allowed


@given(outsiders, categories)
def test_nobody_else_says_who_sees(facts, category):
    assert facts.represents or not decide_sharing(facts, category=category).allowed
