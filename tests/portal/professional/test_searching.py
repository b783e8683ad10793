"""A name is found in one's own list whatever its accents, in memory."""

from dataclasses import dataclass

import pytest

from portal.professional.searching import alphabetical, matches


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


def test_order_ignores_accents_and_case() -> None:
    people = [Person("Zola", "A"), Person("Étienne", "B"), Person("eric", "C"), Person("Dupont", "D", "Alba")]
    assert [p.given for p in alphabetical(people)] == ["D", "C", "B", "A"]
