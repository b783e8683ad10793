"""Vaccinations beside the calendar: cases of every age, and what holds for whatever was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.vaccines.calendar import Kind, Target, calendar
from records.vaccines.matching import targets_of
from records.vaccines.outlook import Dose, State, add_months, look_ahead, months_between

DAY = date(2026, 11, 24)
KNOWN = calendar()
HEXA = ("Hexyon", "J07CA09")


def born_ago(months: int) -> date:
    return add_months(DAY, -months)


def dose(born: date, months: int, name: str) -> Dose:
    return Dose(add_months(born, months), targets_of([], name))


def states(born: date, doses: list[Dose], day: date = DAY) -> dict[Target, State]:
    return {each.target: each.state for each in look_ahead(born=born, doses=doses, day=day, known=KNOWN)}


def test_the_calendar_names_its_sources_and_its_rules_are_dated_and_sound():
    assert KNOWN.sources
    assert KNOWN.reviewed_on <= DAY
    for rule in KNOWN.rules:
        assert rule.valid_from <= rule.valid_to
        assert list(rule.at) == sorted(rule.at)
        assert rule.kind is Kind.YEARLY or rule.grace
        assert (rule.kind is Kind.YEARLY) == bool(rule.season)
        assert rule.until is None or rule.at[-1] <= rule.until or rule.kind is Kind.BOOSTER
    assert {rule.target for rule in KNOWN.rules} == set(Target)


def test_one_rule_at_most_holds_for_somebody_and_a_protection():
    for months in (*range(0, 300, 3), *range(300, 1260, 24)):
        found = look_ahead(born=born_ago(months), doses=[], day=DAY, known=KNOWN)
        assert len({each.target for each in found}) == len(found)


def test_an_infant_of_three_months_who_had_the_first_visit():
    born = born_ago(3)
    told = states(born, [dose(born, 2, "Vaxelis"), dose(born, 2, "Prevenar 13"), dose(born, 2, "Rotarix")])
    assert told[Target.DTP] is State.LATER
    assert told[Target.PNEUMOCOCCUS] is State.LATER
    assert told[Target.MENINGOCOCCUS_B] is State.DUE
    assert told[Target.ROTAVIRUS] is State.DUE
    assert Target.HPV not in told
    assert Target.INFLUENZA not in told


def test_an_infant_of_eighteen_months_who_has_everything():
    born = born_ago(18)
    given_at = {
        "Hexyon": (2, 4, 11), "Vaxneuvance": (2, 4, 11), "Bexsero": (3, 5, 12), "Nimenrix": (6, 12), "Priorix": (12, 17)
    }  # fmt: skip
    told = states(born, [dose(born, months, name) for name, ages in given_at.items() for months in ages])
    assert {told[t] for t in (Target.HIB, Target.HEPATITIS_B, Target.PNEUMOCOCCUS, Target.MMR)} == {State.DONE}
    assert {told[t] for t in (Target.MENINGOCOCCUS_ACWY, Target.MENINGOCOCCUS_B)} == {State.DONE}
    # The booster of six years comes.
    assert told[Target.DTP] is State.LATER


def test_a_late_first_dose_against_meningococci_acwy_is_enough():
    born = born_ago(20)
    assert states(born, [dose(born, 14, "Nimenrix")])[Target.MENINGOCOCCUS_ACWY] is State.DONE
    assert states(born, [dose(born, 6, "Nimenrix")])[Target.MENINGOCOCCUS_ACWY] is State.OVERDUE


def test_an_adolescent_of_twelve():
    born = born_ago(12 * 12 + 1)
    early = [dose(born, months, "Infanrix Hexa") for months in (2, 4, 11)] + [dose(born, 73, "Infanrix Tetra")]
    told = states(born, early)
    assert told[Target.DTP] is State.DUE
    assert told[Target.HPV] is State.DUE
    assert told[Target.MENINGOCOCCUS_ACWY] is State.DUE
    assert told[Target.MMR] is State.UNKNOWN
    told = states(
        born, [*early, dose(born, 140, "Boostrixtetra"), dose(born, 134, "Gardasil 9"), dose(born, 141, "HPV")]
    )
    assert (told[Target.DTP], told[Target.HPV]) == (State.DONE, State.DONE)


def test_papillomavirus_begun_at_sixteen_takes_three_doses():
    born = born_ago(17 * 12)
    two = [dose(born, 193, "Gardasil 9"), dose(born, 195, "Gardasil 9")]
    assert states(born, two)[Target.HPV] is not State.DONE
    assert states(born, [*two, dose(born, 199, "Gardasil 9")])[Target.HPV] is State.DONE


def test_what_a_calendar_says_of_an_age_is_dated():
    """Up to 26 since 19 December 2025; up to 19 before."""
    born = date(2003, 6, 1)
    assert Target.HPV not in states(born, [], date(2025, 12, 18))
    assert states(born, [], date(2025, 12, 19))[Target.HPV] is State.UNKNOWN


@pytest.mark.parametrize(("years", "usual"), [(25, 25), (45, 45), (65, 65), (75, 75)])
def test_an_adult_at_the_age_of_a_booster(years, usual):
    born = born_ago(years * 12 + 2)
    assert states(born, [])[Target.DTP] is State.DUE
    assert states(born, [dose(born, usual * 12 - 70, "Revaxis")])[Target.DTP] is State.DUE
    assert states(born, [dose(born, usual * 12 - 50, "Revaxis")])[Target.DTP] is State.DONE
    assert states(born, [dose(born, usual * 12 + 1, "Repevax")])[Target.DTP] is State.DONE


def test_an_adult_of_fifty_one_whose_booster_is_old_is_told_apart_from_one_of_whom_nothing_is_known():
    born = born_ago(51 * 12)
    assert states(born, [])[Target.DTP] is State.UNKNOWN
    assert states(born, [dose(born, 26 * 12, "Revaxis")])[Target.DTP] is State.OVERDUE
    (dtp,) = [e for e in look_ahead(born=born, doses=[], day=DAY, known=KNOWN) if e.target is Target.DTP]
    assert dtp.on == add_months(born, 45 * 12)


def test_after_sixty_five():
    born = born_ago(70 * 12)
    told = states(born, [])
    assert (told[Target.INFLUENZA], told[Target.COVID]) == (State.DUE, State.DUE)
    assert told[Target.ZOSTER] is State.UNKNOWN
    assert Target.PERTUSSIS not in told
    assert Target.MMR not in told
    given = [dose(born, 70 * 12 - 1, "Vaxigrip"), dose(born, 69 * 12, "Shingrix"), dose(born, 69 * 12 + 3, "Shingrix")]
    told = states(born, [*given, dose(born, 68 * 12, "Prevenar 20")])
    assert (told[Target.INFLUENZA], told[Target.ZOSTER]) == (State.DONE, State.DONE)
    assert told[Target.PNEUMOCOCCUS] is State.DONE


def test_influenza_follows_its_season_across_the_new_year():
    born = date(1950, 3, 1)
    shot = [Dose(date(2026, 10, 20), frozenset({Target.INFLUENZA}))]
    for day, state in (
        (date(2026, 10, 20), State.DONE),
        (date(2027, 1, 31), State.DONE),
        (date(2027, 2, 1), State.LATER),
        (date(2027, 10, 14), State.LATER),
        (date(2027, 10, 15), State.DUE),
    ):
        assert states(born, shot, day)[Target.INFLUENZA] is state


def test_a_pregnancy_changes_nothing_because_carnet_does_not_know_of_any():
    """What is usual in a pregnancy is for a midwife or a doctor to say; the page says so."""
    names = {rule.target for rule in KNOWN.rules if rule.after <= 360 and (rule.until is None or rule.until > 360)}
    assert names == {Target.DTP, Target.PERTUSSIS, Target.MMR, Target.INFLUENZA, Target.COVID}


@pytest.mark.parametrize(
    ("codes", "words", "expected"),
    [
        ([("http://hl7.org/fhir/sid/cvx", "146")], "", {"dtp", "pertussis", "hib", "hepatitis_b"}),
        ([("http://hl7.org/fhir/sid/cvx", "08")], "", {"hepatitis_b"}),
        ([("http://www.whocc.no/atc", "J07CA02")], "", {"dtp", "pertussis"}),
        ([("http://www.whocc.no/atc", "J07BB02")], "", {"influenza"}),
        ([("http://www.whocc.no/atc", "J07BK02")], "Zostavax", set()),
        ([], "Grippe saisonnière 2026–2027", {"influenza"}),
        ([], "Vaccin diphtérie, tétanos, coqueluche et poliomyélite", {"dtp", "pertussis"}),
        ([], "Méningocoque B (Bexsero)", {"meningococcus_b"}),
        ([], "Méningocoques ACWY", {"meningococcus_acwy"}),
        ([], "ROR, rougeole-oreillons-rubéole", {"mmr"}),
        ([], "Pneumocoque conjugué 20-valent", {"pneumococcus"}),
        ([], "Beyfortus (nirsévimab), VRS", set()),
        ([], "Fièvre jaune", set()),
        ([], "", set()),
    ],
)
def test_what_a_vaccine_protects_against(codes, words, expected):
    assert {target.value for target in targets_of(codes, words)} == expected


BORN = st.dates(date(1930, 1, 1), DAY)
DOSES = st.lists(
    st.builds(
        lambda back, targets: Dose(DAY - timedelta(days=back), frozenset(targets)),
        st.integers(-40, 34_000),
        st.sets(st.sampled_from(list(Target)), min_size=1, max_size=4),
    ),
    max_size=12,
)


@given(BORN, DOSES, st.randoms(use_true_random=False))
def test_the_order_and_a_dose_told_twice_change_nothing(born, doses, random):
    told = look_ahead(born=born, doses=doses, day=DAY, known=KNOWN)
    again = [*doses, *doses]
    random.shuffle(again)
    assert look_ahead(born=born, doses=again, day=DAY, known=KNOWN) == told


@given(BORN, DOSES)
def test_what_is_told_of_a_date_agrees_with_the_state(born, doses):
    for each in look_ahead(born=born, doses=doses, day=DAY, known=KNOWN):
        assert all(born <= day <= DAY for day in each.received)
        if each.state is State.LATER:
            assert each.on is not None
            assert each.on > DAY
        if each.state in {State.DUE, State.OVERDUE, State.UNKNOWN}:
            assert each.on is not None
            assert each.on <= DAY
        if each.state is State.OVERDUE:
            assert each.received
        if each.state is State.UNKNOWN:
            assert not each.received


@given(BORN)
def test_of_whom_nothing_was_told_nothing_is_done_and_nothing_is_late(born):
    told = {each.state for each in look_ahead(born=born, doses=[], day=DAY, known=KNOWN)}
    assert told <= {State.DUE, State.UNKNOWN, State.LATER}


@given(BORN, DOSES, st.sampled_from(list(Target)))
def test_one_dose_more_today_never_leaves_the_same_protection_late(born, doses, target):
    """Of a series one more may follow; what was done stays done."""
    before = states(born, doses)
    after = states(born, [*doses, Dose(DAY, frozenset({target}))])
    if before.get(target) is State.DONE:
        assert after[target] is State.DONE
    assert after.get(target) is not State.UNKNOWN


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 1500))
def test_months_go_forth_and_back(born, months):
    there = add_months(born, months)
    assert (
        months_between(born, there) in {months, months - 1}
        if there.day < born.day
        else months_between(born, there) == months
    )


def test_a_day_before_the_birth_knows_nothing():
    assert look_ahead(born=DAY + timedelta(days=1), doses=[], day=DAY, known=KNOWN) == ()


def test_a_calendar_of_another_day_is_asked_for_that_day():
    shorter = replace(KNOWN, rules=tuple(replace(rule, valid_to=date(2020, 1, 1)) for rule in KNOWN.rules[:1]))
    assert look_ahead(born=born_ago(3), doses=[], day=DAY, known=shorter) == ()
