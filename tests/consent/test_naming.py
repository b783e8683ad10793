"""The treating doctor, and whole teams."""

import pytest
from django.utils.translation import override

from consent.acting import now
from consent.categories import Category
from consent.decisions import Ground, Refused, Right, decide
from consent.facts import load_facts
from consent.granting import choose
from consent.models import Membership, TeamCare, TreatingDoctor
from consent.naming import (
    Invalid,
    end_team_care,
    end_treating_doctor,
    name_treating_doctor,
    open_team_care,
    treating_doctor,
)
from tests.consent.conftest import acting, strangers, unknown, yesterday


def at_home(practice):
    return {"actor": practice.patient, "ref": practice.ref}


def ground(practice, person):
    facts = load_facts(acting(person), practice.ref)
    return decide(facts, category=Category.LABORATORY, right=Right.READ).ground


def test_only_the_patient_names(practice):
    doctor = practice.hire("Cible", at="Maison")
    for actor in strangers(practice):
        common = {"actor": actor, "ref": practice.ref}
        for door in (
            lambda c=common: name_treating_doctor(**c, professional=doctor.id),
            lambda c=common: end_treating_doctor(**c),
            lambda c=common: open_team_care(**c, organisation=practice.places["Maison"].id),
            lambda c=common: end_team_care(**c, organisation=practice.places["Maison"].id),
        ):
            with pytest.raises(Refused):
                door()
            assert practice.last().outcome == "refused"
    assert (TeamCare.objects.count(), TreatingDoctor.objects.count()) == (0, 0)


def test_one_treating_doctor_at_a_time_and_being_named_opens_nothing(practice):
    one, other = practice.hire("Un"), practice.hire("Deux")
    name_treating_doctor(**at_home(practice), professional=one.id)
    assert ground(practice, one) is Ground.NO_RELATIONSHIP
    name_treating_doctor(**at_home(practice), professional=other.id)
    assert treating_doctor(practice.ref, now()) == other
    end_treating_doctor(**at_home(practice))
    assert treating_doctor(practice.ref, now()) is None
    assert TreatingDoctor.objects.count() == 2, "the past keeps its answer"


def test_a_team_covers_its_members_while_they_belong_to_it(practice):
    doctor, later = practice.hire("Lefevre", at="Maison"), practice.hire("Tard")
    team = practice.places["Maison"]
    open_team_care(**at_home(practice), organisation=team.id)
    assert ground(practice, doctor) is Ground.DEFAULT_OPEN
    assert ground(practice, later) is Ground.NO_RELATIONSHIP
    Membership.objects.create(professional=later, organisation=team, during=(now(), None))
    assert ground(practice, later) is Ground.DEFAULT_OPEN
    since = Membership.objects.get(professional=doctor).during.lower
    Membership.objects.filter(professional=doctor).update(during=(since, now()))
    assert ground(practice, doctor) is Ground.NO_RELATIONSHIP
    end_team_care(**at_home(practice), organisation=team.id)
    assert ground(practice, later) is Ground.NO_RELATIONSHIP


def test_what_is_closed_to_newcomers_is_closed_to_who_joins_the_team_later(practice):
    early, team_mate = practice.hire("Tôt", at="Maison"), practice.hire("Tard")
    team = practice.places["Maison"]
    open_team_care(**at_home(practice), organisation=team.id)
    closing = {"category": Category.LABORATORY, "right": Right.READ, "newcomers": True}
    choose(**at_home(practice), **closing, allowed=False)
    Membership.objects.create(professional=team_mate, organisation=team, during=(now(), None))
    assert ground(practice, early) is Ground.DEFAULT_OPEN
    assert ground(practice, team_mate) is Ground.CHOICE_NEWCOMER_CLOSED
    with override("en"), pytest.raises(Invalid, match="Nothing is opened in advance"):
        choose(**at_home(practice), **closing, allowed=True)


def test_bad_input_is_a_sentence(practice):
    nurse, doctor = practice.hire("Roy", "nurse", at="Maison"), practice.hire("Lefevre")
    team = practice.places["Maison"].id
    name_treating_doctor(**at_home(practice), professional=doctor.id)
    open_team_care(**at_home(practice), organisation=team)
    remembered = len(practice.log())
    for words, door, arguments in (
        ("is not", name_treating_doctor, {"professional": nurse.id}),
        ("not in the directory", name_treating_doctor, {"professional": unknown()}),
        ("already your treating", name_treating_doctor, {"professional": doctor.id}),
        ("already takes care", open_team_care, {"organisation": team}),
        ("not in the directory", open_team_care, {"organisation": unknown()}),
        ("already past", open_team_care, {"organisation": team, "until": yesterday()}),
        ("does not take care", end_team_care, {"organisation": unknown()}),
    ):
        with override("en"), pytest.raises(Invalid, match=words):
            door(**at_home(practice), **arguments)
    end_treating_doctor(**at_home(practice))
    with override("en"), pytest.raises(Invalid, match="no treating doctor"):
        end_treating_doctor(**at_home(practice))
    assert len(practice.log()) == remembered + 1
