"""What docs/asvs.md says is what the tests and the list say; nothing is claimed without something behind it."""

from collections import Counter

import pytest

from tests import asvs

LINES = [each for _title, lines in asvs.requirements(asvs.LIST.read_text()) for each in lines]
MARKED = asvs.marked()


def test_the_document_is_what_the_marks_and_the_list_say():
    assert asvs.DOCUMENT.read_text() == asvs.written(asvs.LIST.read_text(), MARKED), "write it again: make asvs"


def test_every_requirement_of_levels_one_and_two_is_there_once():
    counted = sum((Counter(each.counts) for each in LINES), Counter())
    assert {level: counted[level] for level in asvs.COUNTED} == asvs.COUNTED
    assert [number for number, times in Counter(each.number for each in LINES).items() if times > 1] == []


def test_every_mark_names_a_requirement():
    assert set(MARKED) - {each.number for each in LINES} == set()


def test_behind_every_line_stands_a_test_a_reason_or_the_gap():
    assert [each.number for each in LINES if not each.said and each.number not in MARKED] == []
    assert [each.number for each in LINES if each.kind == "none" and each.number in MARKED] == []


def test_a_mark_that_is_lost_or_misspelt_is_noticed(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        '@pytest.mark.asvs("v5.0.0-6.2.1", "v5.0.0-99.1.1")\ndef test_it():\n    pass\n'
    )
    found = asvs.marked(folder)
    assert found == {"6.2.1": ["test_one.py::test_it"], "99.1.1": ["test_one.py::test_it"]}
    assert asvs.written(asvs.LIST.read_text(), found) != asvs.DOCUMENT.read_text()


@pytest.mark.parametrize("line", ["1.1.1 2", "1.1.1 2|words", "1.1.1 4|words|", "1.1.1 2|words|perhaps: a reason"])
def test_a_line_that_says_nothing_is_refused(line):
    with pytest.raises(asvs.BadList, match=r"tests/asvs\.txt"):
        list(asvs.requirements(f"# A chapter\n{line}"))
