"""What a summary holds: the rules on headers (pure), and the door that shows it to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.events import Event
from consent.categories import Category
from records.dossiers import Unknown
from records.headers import Flag, Header
from records.shown import Item
from records.summarising import open_summary
from records.summary import RECENT, Section, left_out, select, shown_of
from tests.portal.ward import a_carer, a_patient, acts, an_allergy, closed, filed, history, in_care

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_item(category: Category, kind: str, title: str = "x", *, days: int = 1, **more: object) -> Item:
    header = Header(kind=kind, title=title, date=AT - timedelta(days=days), **more)
    return Item(
        record_id=uuid4(),
        category=category,
        header=header,
        filed_at=AT,
        revision=1,
        masked=False,
        author=None,
        mine=False,
    )


def titles(items: list[Item], section: Section) -> list[str]:
    return [item.header.title for item in select(items, at=AT)[section]]


def test_an_allergy_or_a_problem_that_is_over_or_never_was_is_left_out():
    words = ["", "active", "recurrence", "relapse", "resolved", "inactive", "remission", "refuted", "entered-in-error"]
    for kind, section in (("AllergyIntolerance", Section.ALLERGIES), ("Condition", Section.PROBLEMS)):
        items = [an_item(Category.MEDICAL_SUMMARY, kind, word or "no status", status=word) for word in words]
        assert sorted(titles(items, section)) == ["active", "no status", "recurrence", "relapse"]


def test_a_delicate_drawer_enters_no_summary():
    item = an_item(Category.MENTAL_HEALTH, "Condition", status="active")
    assert not any(select([item], at=AT).values())


def test_a_treatment_told_often_is_one_and_one_that_any_source_holds_for_current_is_shown():
    told = [
        an_item(Category.PRESCRIPTION, "MedicationRequest", "Metformine", code="A10BA02", status="active", days=days)
        for days in (200, 110, 20)
    ]
    told.append(an_item(Category.PRESCRIPTION, "MedicationRequest", "Metformine", code="A10BA02", status="stopped"))
    told.append(an_item(Category.PRESCRIPTION, "MedicationRequest", "Amoxicilline", status="completed"))
    (found,) = select(told, at=AT)[Section.TREATMENTS]
    assert found is told[2]


def a_value(value: str, days: int, **more: object) -> Item:
    numbers = {"value": Decimal(value), "low": Decimal("4.0"), "high": Decimal("6.0"), "unit": "%", "code": "4548-4"}
    return an_item(Category.LABORATORY, "Observation", f"HbA1c {value}", days=days, **{**numbers, **more})


def test_a_result_counts_when_the_newest_is_out_of_its_range_and_recent():
    assert titles([a_value("7.1", 30)], Section.RESULTS) == ["HbA1c 7.1"]
    assert titles([a_value("7.1", 90), a_value("5.4", 30)], Section.RESULTS) == []
    assert titles([a_value("5.4", 90), a_value("7.1", 30)], Section.RESULTS) == ["HbA1c 7.1"]
    assert titles([a_value("7.1", RECENT.days + 1)], Section.RESULTS) == []
    assert titles([a_value("5.0", 30, flag=Flag.HIGH)], Section.RESULTS) == ["HbA1c 5.0"]
    assert titles([a_value("7.1", 30, low=None, high=None)], Section.RESULTS) == []
    # Another unit is another measurement: it neither hides this one nor is hidden by it.
    other = a_value("36", 10, unit="mmol/mol", low=Decimal(20), high=Decimal(42))
    assert titles([a_value("7.1", 30), other], Section.RESULTS) == ["HbA1c 7.1"]


def test_the_page_says_how_many_it_leaves_out():
    items = [an_item(Category.PREVENTION, "Immunization", f"Vaccin {n}", status="completed", days=n) for n in range(14)]
    chosen = select(items, at=AT)
    assert len(shown_of(chosen, Section.VACCINATIONS)) == 10
    assert left_out(chosen, Section.VACCINATIONS) == 4
    assert left_out(chosen, Section.ALLERGIES) == 0


STATUS = st.sampled_from(["", "active", "resolved", "stopped", "completed", "entered-in-error", "final"])
KIND = st.sampled_from(
    ["AllergyIntolerance", "Condition", "MedicationRequest", "Observation", "Immunization", "Device"]
)
ITEMS = st.lists(
    st.builds(
        lambda category, kind, title, status, days: an_item(category, kind, title, status=status, days=days),
        st.sampled_from(list(Category)),
        KIND,
        st.sampled_from(["a", "A ", "b", ""]),
        STATUS,
        st.integers(0, 800),
    ),
    max_size=25,
)


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_in_which_records_were_filed_changes_nothing_but_ties(items, random):
    again = list(items)
    random.shuffle(again)
    told = {section: len(found) for section, found in select(items, at=AT).items()}
    assert told == {section: len(found) for section, found in select(again, at=AT).items()}


@given(ITEMS)
def test_everything_that_is_chosen_lies_in_the_drawer_of_its_section_and_is_told_once(items):
    for section, found in select(items, at=AT).items():
        assert all(item.category is section.drawer for item in found)
        assert len({item.record_id for item in found}) == len(found)
        assert [item.header.date for item in found] == sorted((i.header.date for i in found), reverse=True)


@given(ITEMS)
def test_no_allergy_that_may_still_hold_is_lost(items):
    kept = {item.header.title.casefold().strip() for item in select(items, at=AT)[Section.ALLERGIES]}
    for item in items:
        if (item.category, item.header.kind) == (Category.MEDICAL_SUMMARY, "AllergyIntolerance"):
            assert (
                item.header.status in {"resolved", "entered-in-error"} or item.header.title.casefold().strip() in kept
            )


def test_the_door_shows_the_patient_all_and_remembers_which_drawers(db):
    patient = a_patient()
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    view = open_summary(actor=patient.actor)
    assert [item.header.title for item in view.chosen[Section.ALLERGIES]] == ["Arachide"]
    (entry,) = [entry for entry in history(patient) if entry.event == Event.SUMMARY_READ.dotted]
    assert (entry.outcome, entry.facts["shown"], entry.facts["categories"]) == ("allowed", "1", "00001")


def test_a_closed_drawer_and_an_empty_one_look_alike_to_a_professional(db):
    patient, carer = a_patient(), a_carer()
    in_care(patient, carer)
    before = open_summary(actor=carer.actor, dossier_id=patient.ref.id)
    filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    assert open_summary(actor=carer.actor, dossier_id=patient.ref.id).chosen[Section.ALLERGIES]
    closed(patient, carer, Category.MEDICAL_SUMMARY)
    assert open_summary(actor=carer.actor, dossier_id=patient.ref.id).chosen == before.chosen


def test_a_stranger_is_told_nothing_and_is_remembered(db):
    patient, carer = a_patient(), a_carer()
    with pytest.raises(Unknown):
        open_summary(actor=carer.actor, dossier_id=patient.ref.id)
    assert acts(carer.account) == [(Event.SUMMARY_READ.dotted, "refused")]
