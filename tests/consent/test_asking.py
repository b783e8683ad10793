"""Why can Dr X see this, who can see this now, who could on 3 March."""

import pytest
from django.utils.translation import override

from consent.acting import now
from consent.asking import Invalid, who_could_see, why
from consent.categories import Category
from consent.decisions import Ground, Refused, Right
from consent.explaining import patients_of, read_sharing
from consent.granting import choose, end_relationship, open_relationship, oppose
from consent.models import Membership
from consent.naming import open_team_care
from tests.consent.conftest import acting, strangers, tomorrow, unknown

LAB = Category.LABORATORY


def at_home(practice):
    return {"actor": practice.patient, "ref": practice.ref}


def names(answers):
    return {each.person.name for each in answers}


def test_why_is_one_plain_sentence_in_both_languages(practice):
    doctor = practice.hire("Lefevre", cares=True)
    with override("en"):
        answer = why(**at_home(practice), professional=doctor.id, category=LAB)
        assert answer.sentence.startswith("Camille Lefevre can see it. This person takes care of you")
        choose(**at_home(practice), professional=doctor.id, category=LAB, right=Right.READ, allowed=False)
        closed = why(**at_home(practice), professional=doctor.id, category=LAB)
        assert closed.sentence == "Camille Lefevre cannot see it. You closed this category to this person."
    assert (answer.decision.ground, closed.decision.ground) == (Ground.DEFAULT_OPEN, Ground.CHOICE_PERSON_CLOSED)


def test_the_past_keeps_its_answer(practice):
    doctor, team_mate = practice.hire("Lefevre"), practice.hire("Petit", at="Maison")
    open_relationship(**at_home(practice), professional=doctor.id)
    open_team_care(**at_home(practice), organisation=practice.places["Maison"].id)
    then = now()
    assert names(who_could_see(**at_home(practice), category=LAB)) == {doctor.name, team_mate.name}
    oppose(**at_home(practice), professional=team_mate.id)
    end_relationship(**at_home(practice), professional=doctor.id)
    assert names(who_could_see(**at_home(practice), category=LAB)) == set()
    assert names(who_could_see(**at_home(practice), category=LAB, at=then)) == {doctor.name, team_mate.name}
    assert why(**at_home(practice), professional=doctor.id, category=LAB, at=then).decision.allowed
    before = then.replace(year=2020)
    assert why(**at_home(practice), professional=doctor.id, category=LAB, at=before).decision.ground is (
        Ground.MATRIX_NEVER
    ), "no matrix was in force"


def test_only_the_patient_asks_and_the_future_has_no_answer(practice):
    for actor in strangers(practice):
        with pytest.raises(Refused):
            who_could_see(actor=actor, ref=practice.ref, category=LAB)
        with pytest.raises(Refused):
            why(actor=actor, ref=practice.ref, professional=unknown(), category=LAB)
    with override("en"), pytest.raises(Invalid, match="already begun"):
        who_could_see(**at_home(practice), category=LAB, at=tomorrow())
    with override("en"), pytest.raises(Invalid, match="not in the directory"):
        why(**at_home(practice), professional=unknown(), category=LAB)


def test_a_team_says_who_joined_since(practice):
    early = practice.hire("Tôt", at="Maison")
    open_team_care(**at_home(practice), organisation=practice.places["Maison"].id)
    later = practice.hire("Tard")
    Membership.objects.create(professional=later, organisation=practice.places["Maison"], during=(now(), None))
    (team,) = read_sharing(**at_home(practice)).teams
    assert {member.person.id: member.joined_since for member in team.members} == {early.id: False, later.id: True}
    assert patients_of(acting(later)) == [practice.ref.id]
