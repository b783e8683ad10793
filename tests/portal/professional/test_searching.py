"""A name is found in one's own list whatever its accents, in memory."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from portal.professional.listing import lines_of
from portal.professional.searching import matches
from portal.professional.standing import Standing, age_on
from records.people import Identity


@dataclass
class Person:
    family: str
    given: str
    used_name: str = ""


NADIA = Person("Lefèvre-N'Diaye", "Nadia Émilie", "Moreau")


@pytest.mark.parametrize("query", ["", "lefevre", "LEF", "n'diaye", "emilie", "moreau nad", "diaye nadia", "  nadia  "])
def test_found(query: str) -> None:
    assert matches(NADIA, query)


@pytest.mark.parametrize("query", ["martin", "nadia martin", "evre", "%", "x" * 500])
def test_not_found(query: str) -> None:
    assert matches(NADIA, query) == (query == "%")


def test_the_list_is_ordered_as_a_directory_and_says_what_ends_soon() -> None:
    names = [("Zola", ""), ("Étienne", ""), ("eric", ""), ("Dupont", "Alba")]
    people = {
        UUID(int=number): Identity(family=family, given="Léa", used_name=used, birth_date=date(2000, 2, 29))
        for number, (family, used) in enumerate(names)
    }
    ends = {0: None, 1: datetime(2026, 3, 10, tzinfo=UTC), 2: datetime(2026, 3, 30, tzinfo=UTC), 3: None}
    standings = {UUID(int=n): Standing(profession="Doctor", related=True, until=end) for n, end in ends.items()}
    lines = lines_of(people, standings, query="lea", today=date(2026, 3, 1))
    assert [line.identity.used_name or line.identity.family for line in lines] == ["Alba", "eric", "Étienne", "Zola"]
    assert [line.ends_soon for line in lines] == [False, False, True, False]
    assert lines[0].age == 26


@pytest.mark.parametrize(("day", "age"), [(date(2026, 2, 28), 25), (date(2026, 3, 1), 26), (date(1999, 1, 1), None)])
def test_an_age_counts_full_years(day: date, age: int | None) -> None:
    assert age_on(date(2000, 2, 29), day) == age
