"""Wishes: made, withdrawn, refused, and felt by the very next decision."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from consent.acting import now
from consent.categories import Category
from consent.decisions import Ground, Marks, Refused, Right, Switches, decide
from consent.facts import load_facts
from consent.models import Wish, WishKind
from consent.thresholds import decide_emergency
from consent.wishing import Invalid, result_wish, wish, withdraw_wish
from tests.consent.conftest import acting, strangers

LAB = Category.LABORATORY


def at_home(practice):
    return {"actor": practice.patient, "ref": practice.ref}


def test_only_the_patient_wishes_and_refusals_are_remembered(practice):
    for actor in strangers(practice):
        for door in (wish, withdraw_wish):
            with pytest.raises(Refused):
                door(actor=actor, ref=practice.ref, kind=WishKind.NO_OTHERS)
            assert practice.last().outcome == "refused"
    assert Wish.objects.count() == 0


def test_hiding_what_is_new_hides_it_from_the_very_next_read(practice):
    doctor = practice.hire("Lefevre", cares=True)
    earlier = Marks(filed_at=now())
    wish(**at_home(practice), kind=WishKind.HIDE_NEW)
    later = Marks(filed_at=now())

    def ground(marks):
        facts = load_facts(acting(doctor), practice.ref)
        return decide(facts, category=LAB, right=Right.READ, marks=marks).ground

    assert [ground(earlier), ground(later), ground(later._replace(shown=True))] == [
        Ground.DEFAULT_OPEN,
        Ground.HIDDEN_NEW,
        Ground.DEFAULT_OPEN,
    ]
    withdraw_wish(**at_home(practice), kind=WishKind.HIDE_NEW)
    assert ground(later) is Ground.DEFAULT_OPEN
    assert [entry.event for entry in practice.log()] == ["wish.made", "wish.withdrawn"]


def test_the_switches_of_emergencies_reach_the_decision(practice):
    doctor, regulator = practice.hire("Lefevre"), practice.hire("Samu", "emergency_regulator")
    wish(**at_home(practice), kind=WishKind.NO_OTHERS)
    assert decide_emergency(load_facts(acting(doctor), practice.ref)).ground is Ground.EMERGENCY_SWITCHED_OFF
    assert decide_emergency(load_facts(acting(regulator), practice.ref)).allowed
    wish(**at_home(practice), kind=WishKind.NO_REGULATOR)
    wish(**at_home(practice), kind=WishKind.SHOW_MASKED)
    assert load_facts(acting(regulator), practice.ref).switches == Switches(False, False, True)


def test_discretion_is_undone_only_after_a_fresh_proof_and_has_an_event_of_its_own(practice):
    wish(**at_home(practice), kind=WishKind.DISCREET, category=LAB)
    assert decide(load_facts(practice.patient, practice.ref), category=LAB, right=Right.READ).ground is Ground.DISCREET
    with override("en"), pytest.raises(Invalid, match="Confirm first who you are"):
        withdraw_wish(**at_home(practice), kind=WishKind.DISCREET, category=LAB)
    proven = replace(practice.patient, fresh=True)
    withdraw_wish(actor=proven, ref=practice.ref, kind=WishKind.DISCREET, category=LAB)
    assert {entry.event for entry in practice.log()} == {"discretion.changed"}
    assert decide(load_facts(practice.patient, practice.ref), category=LAB, right=Right.READ).allowed


def test_of_the_wishes_about_results_the_last_one_holds(practice):
    assert result_wish(practice.ref, LAB, now()) is None
    for kind in (WishKind.AT_VISIT, WishKind.AT_ONCE, WishKind.AFTER_COMMENT):
        wish(**at_home(practice), kind=kind, category=LAB)
        assert result_wish(practice.ref, LAB, now()) is kind
    assert result_wish(practice.ref, Category.GENETICS, now()) is None
    assert Wish.objects.live(now()).count() == 1


@pytest.mark.parametrize(
    ("door", "kind", "category", "words"),
    [
        (wish, WishKind.DISCREET, None, "Choose a category"),
        (wish, WishKind.NO_OTHERS, LAB, "whole record"),
        (withdraw_wish, WishKind.NO_OTHERS, None, "no longer in force"),
    ],
)
def test_bad_input_is_a_sentence_and_changes_nothing(practice, door, kind, category, words):
    with override("en"), pytest.raises(Invalid, match=words):
        door(**at_home(practice), kind=kind, category=category)
    assert (Wish.objects.count(), practice.log()) == (0, [])


def test_the_same_wish_twice(practice):
    wish(**at_home(practice), kind=WishKind.SHOW_MASKED)
    with override("en"), pytest.raises(Invalid, match="already what you wish"):
        wish(**at_home(practice), kind=WishKind.SHOW_MASKED)
    assert len(practice.log()) == 1
