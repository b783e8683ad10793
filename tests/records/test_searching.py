"""Looking through a whole record: what is found, by whom, what is never counted, what stays behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.events import Event
from audit.log import append
from consent.categories import Category
from records.drawers import PAGE
from records.headers import Header
from records.reading import Leaf, open_category, open_overview
from records.searching import Sought, Unknown, Where, search
from records.writing import deposit, mask
from tests.records.scenes import CANARY, SEED, Household, last_entry


def put(household: Household, title: str, category: Category = Category.LABORATORY, **more: object):
    header = Header(**{"kind": "Observation", "title": title, "date": datetime(2024, 3, 5, tzinfo=UTC)} | more)
    return deposit(
        actor=SEED, dossier_id=household.ref.id, category=category, header=header, resource=b'{"resourceType":"Basic"}'
    )


def find(household: Household, words: str = "", actor=None, **more: object):
    sought = Sought(words=words, **more)
    return search(actor=actor or household.patient, dossier_id=household.ref.id, sought=sought)


def titles(found) -> list[str]:
    return [hit.item.header.title for hit in found.hits]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("HEMOGLOBINE", {Where.TITLE, Where.PLAIN}),
        ("globine glyq", {Where.TITLE, Where.PLAIN}),
        ("lefevre", {Where.AUTHOR}),
        ("l'hopital oeil", {Where.PLACE}),
        ("4548-4", {Where.CODE}),
        ("7,4", {Where.VALUE}),
        ("7.4 %", {Where.VALUE}),
        ("2024", {Where.DATE}),
        ("05/03/2024", {Where.DATE}),
        ("laboratory", {Where.CATEGORY}),
        ("sugar lefevre", {Where.PLAIN, Where.AUTHOR}),
    ],
)
def test_a_row_is_found_by_each_of_its_parts(household: Household, words: str, where: set[Where]) -> None:
    put(
        household,
        "Hémoglobine glyquée",
        author_name="Dr Nadia Lefèvre",
        place="L’Hôpital de l’Œil",
        code="4548-4",
        system="http://loinc.org",
        value=Decimal("7.4"),
        unit="%",
    )
    put(household, "Autre chose", Category.IMAGING, date=datetime(2019, 1, 1, tzinfo=UTC))
    found = find(household, words)
    assert titles(found) == ["Hémoglobine glyquée"]
    assert where <= set(found.hits[0].where)
    assert (found.total, found.searched) == (1, 2)


@pytest.mark.parametrize("words", ["hémoglobine quetzal", "548-4", "4.4", "12/03/2024", "31/02/2024", "2023"])
def test_every_word_must_be_there(household: Household, words: str) -> None:
    put(household, "Hémoglobine", code="4548-4", value=Decimal("7.4"))
    assert find(household, words).total == 0


def test_filters_narrow_what_is_found(household: Household) -> None:
    put(household, "Low", value=Decimal(1), low=Decimal(2), date=datetime(2020, 5, 1, tzinfo=UTC))
    put(household, "Within", value=Decimal(3), low=Decimal(2), author_name="Dr Blanc")
    put(household, "Picture", Category.IMAGING, place="Clinique Blanche")
    assert titles(find(household, outside=True)) == ["Low"]
    assert set(titles(find(household, author="blanc"))) == {"Within", "Picture"}
    assert titles(find(household, categories=frozenset({Category.IMAGING}))) == ["Picture"]
    assert titles(find(household, until=datetime(2021, 1, 1, tzinfo=UTC))) == ["Low"]
    assert find(household, since=datetime(2021, 1, 1, tzinfo=UTC)).total == 2
    year = find(household, year=2020)
    assert (titles(year), year.years) == (["Low"], ((2024, 2), (2020, 1)))
    assert dict(find(household).by_category) == {Category.LABORATORY: 2, Category.IMAGING: 1}


def test_what_is_hidden_or_closed_is_neither_found_nor_counted(household: Household) -> None:
    hidden = put(household, "Cachée")
    put(household, "Montrée")
    put(household, "Notes", Category.PERSONAL_NOTES)
    mask(actor=household.patient, record_id=hidden)
    seen = find(household, actor=household.doctor)
    assert titles(seen) == ["Montrée"]
    assert (seen.total, seen.searched, dict(seen.by_category)) == (1, 1, {Category.LABORATORY: 1})
    assert find(household, "cachee", actor=household.doctor).total == 0
    assert Category.PERSONAL_NOTES not in seen.open_to_reader
    own = find(household)
    assert (own.total, own.searched) == (3, 3)
    with pytest.raises(Unknown):
        find(household, actor=household.stranger)
    with pytest.raises(Unknown):
        search(actor=household.neighbour, dossier_id=household.ref.id, sought=Sought(words="x"))


def test_a_closed_drawer_asked_for_by_name_gives_nothing(household: Household) -> None:
    put(household, "Humeur", Category.MENTAL_HEALTH)
    asked = find(household, actor=household.nurse, categories=frozenset({Category.MENTAL_HEALTH}))
    assert (asked.total, asked.searched, asked.hits) == (0, 0, ())


def test_one_search_is_one_line_without_its_words(household: Household) -> None:
    put(household, f"Bilan {CANARY}")
    found = find(household, CANARY, actor=household.doctor)
    assert found.total == 1
    entry = last_entry(household.doctor)
    assert (entry.event, entry.outcome, entry.dossier) == ("dossier.searched", "allowed", household.ref.pseudonym)
    assert set(entry.facts) == {"count", "categories"}
    assert CANARY.lower() not in str(entry.facts).lower()
    assert CANARY not in repr(found) + repr(found.hits[0]) + repr(Sought(words=CANARY))


def test_pages_follow_each_other_without_gap_or_repeat(household: Household) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(PAGE + 5):
        put(household, f"n{number:03d}", date=start + timedelta(days=number))
    first = find(household)
    second = find(household, after=first.following)
    assert titles(first) + titles(second) == [f"n{number:03d}" for number in reversed(range(PAGE + 5))]
    assert second.following is None
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY)
    assert (len(drawer.items), drawer.total, drawer.years) == (PAGE, PAGE + 5, ((2020, PAGE + 5),))
    rest = open_category(
        actor=household.patient,
        dossier_id=household.ref.id,
        category=Category.LABORATORY,
        leaf=Leaf(after=drawer.following),
    )
    assert [item.header.title for item in rest.items] == [f"n{number:03d}" for number in reversed(range(5))]


def test_the_number_of_queries_does_not_grow(household: Household) -> None:
    """What `benchmarks/showing.py` measures in time is pinned here in queries."""

    def count(act) -> int:
        with CaptureQueriesContext(connection) as caught:
            act()
        # Once a second a process asks whether a key was destroyed meanwhile, whatever it does.
        return sum("records_keys_destroyed" not in query["sql"] for query in caught)

    def category():
        return open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY)

    put(household, "one", value=Decimal(1), code="718-7", system="http://loinc.org")
    find(household), category()
    few = count(lambda: find(household, "one")), count(category)
    for number in range(30):
        put(household, f"n{number}", value=Decimal(number), code="718-7", system="http://loinc.org")
    assert (count(lambda: find(household, "n")), count(category)) == few
    assert few == (7, 6)


def test_appointments_to_come_stand_apart_and_soonest_first(household: Household) -> None:
    for days in (3, 1, -2):
        when = timezone.now() + timedelta(days=days)
        put(household, f"in {days}", Category.CONSULTATION_REPORT, kind="Appointment", date=when)
    found = find(household)
    assert [hit.item.header.title for hit in found.ahead] == ["in 1", "in 3"]
    assert titles(found) == ["in -2"]
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.CONSULTATION_REPORT)
    assert [item.header.title for item in drawer.ahead] == ["in 1", "in 3"]
    assert [item.header.title for item in drawer.items] == ["in -2"]


def test_allergies_and_current_medicines_stand_first(household: Household) -> None:
    allergy = household.file_allergy()
    put(household, "Grippe", Category.MEDICAL_SUMMARY, kind="Condition")
    put(household, "Old", Category.PRESCRIPTION, kind="MedicationRequest", status="stopped")
    put(household, "On", Category.PRESCRIPTION, kind="MedicationRequest", status="active")
    summary = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.MEDICAL_SUMMARY)
    assert [item.record_id for item in summary.first] == [allergy]
    assert [item.header.title for item in summary.items] == ["Grippe"]
    medicines = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.PRESCRIPTION)
    assert [item.header.title for item in medicines.first] == ["On"]
    assert [item.header.title for item in medicines.items] == ["Old"]
    assert medicines.total == 2


# --- new since the last visit --------------------------------------------------------------------


def come_in(actor) -> None:
    with transaction.atomic():
        append(Event.ACCOUNT_SIGNED_IN, actor=actor)


def test_new_is_what_was_filed_since_the_visit_before_this_one(household: Household) -> None:
    put(household, "before")
    come_in(household.patient)
    first = open_overview(actor=household.patient)
    assert (first.last_visit, first.new) == (None, 0)
    assert titles(find(household, only_new=True)) == []
    put(household, "during")
    assert open_overview(actor=household.patient).last_visit is None
    come_in(household.patient)
    put(household, "after")
    again = open_overview(actor=household.patient)
    assert again.last_visit is not None
    assert again.new == 1
    assert titles(find(household, only_new=True)) == ["after"]


def test_the_last_visit_is_ones_own(household: Household) -> None:
    come_in(household.doctor)
    open_overview(actor=household.doctor, dossier_id=household.ref.id)
    come_in(household.doctor)
    come_in(household.nurse)
    put(household, "since")
    assert open_overview(actor=household.doctor, dossier_id=household.ref.id).new == 1
    assert open_overview(actor=household.nurse, dossier_id=household.ref.id).last_visit is None
