"""Plain words: whole in both languages, sourced, coded right, calm; and the commonest analyses have them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

from portal.demo.analyses import ANALYSES
from records.folding import folded
from records.plain.words import LANGUAGES, collection, explain, names_for
from tests.records.formats.fhir.samples import needs_samples, sample_files

LOINC = "http://loinc.org"
NAMES = dict(
    line.split("\t") for line in Path(__file__).with_name("loinc-names.tsv").read_text(encoding="utf-8").splitlines()
)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "plain-words.md"
# What a text may never do: tell people what they have, frighten them, or give a threshold.
_NEVER = re.compile(
    r"\b(vous avez|vous souffrez|mortel|grave|you have|you suffer|fatal|serious|\d+ ?(mg|g|mmol)/)", re.I
)


def check_digit(body: str) -> str:
    """The digit after the hyphen of a LOINC code: Luhn's, over the digits before it."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def texts() -> Iterator[tuple[str, str, object]]:
    for code, by_language in collection().by_code.items():
        for language in LANGUAGES:
            yield code, language, by_language[language]


def test_at_least_a_hundred_analyses_are_explained_as_many_as_the_document_says() -> None:
    codes = len(collection().by_code)
    analyses = len({id(each) for each in collection().by_code.values()})
    assert min(codes, analyses) >= 100
    assert f"{analyses} analyses, {codes} codes" in DOCUMENT.read_text(encoding="utf-8")


def test_every_code_is_one() -> None:
    assert check_digit("4548") == "4"
    wrong = [code for code in collection().by_code if check_digit(code.split("-")[0]) != code.split("-")[1]]
    assert wrong == []


# Words of LOINC names that many analyses have.
_EVERYWHERE = frozenset(
    "in of by serum or plasma blood the mass moles volume count automated "  # noqa: SIM905
    "test strip method rate free total and units assay poor".split()
)


def stems(text: str) -> Set[str]:
    """Beginnings of the words of ``text``: enough for haemoglobin and hemoglobin, Triglyceride and Triglycerides."""
    words = re.findall(
        r"[a-z0-9]{2,}", folded(text.replace("\u200b", "")).replace("haem", "hem").replace("oest", "est")
    )
    return {word[:5] for word in words if word not in _EVERYWHERE}


def everyday(code: str) -> Set[str]:
    return set().union(
        *(stems(f"{text.name} {text.also}") for text in (collection().by_code[code][each] for each in LANGUAGES))
    )


def test_every_code_names_what_is_explained() -> None:
    """The names of LOINC, looked up one by one: a code beside the wrong words would mislead."""
    assert set(NAMES) == set(collection().by_code)
    wrong = [code for code, name in NAMES.items() if not stems(name) & everyday(code)]
    assert wrong == [], [(code, NAMES[code], collection().by_code[code]["en"].name) for code in wrong]


@pytest.mark.parametrize("specimen", ["urine", "stool"])
def test_a_specimen_other_than_blood_is_said(specimen: str) -> None:
    for code, name in NAMES.items():
        said = specimen in collection().by_code[code]["en"].name
        assert said == (specimen in name.lower()), (code, name)


@needs_samples
def test_the_samples_call_the_codes_what_they_are_called_here() -> None:
    met = 0
    for path in sample_files("synthea*/*.json", "fhir-fr/*.json", "hl7-fhir-r4/*.json"):
        for code, display in set(_displays(json.loads(path.read_text(encoding="utf-8")))):
            if code in NAMES:
                met += 1
                assert stems(display) & (stems(NAMES[code]) | everyday(code)), (code, display, path.name)
    for path in sample_files("cda-fr/*.xml"):
        for code, display in re.findall(
            r'<[^>]*\bcode="(\d+-\d)"[^>]*\bdisplayName="([^"]+)"', path.read_text(encoding="utf-8")
        ):
            if code in NAMES:
                met += 1
                assert stems(display) & (stems(NAMES[code]) | everyday(code)), (code, display, path.name)
    assert met >= 200


def _displays(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for each in node:
            yield from _displays(each)
    elif isinstance(node, dict):
        if node.get("system") == LOINC and "code" in node and "display" in node:
            yield str(node["code"]), str(node["display"])
        for each in node.values():
            yield from _displays(each)


def test_no_code_is_explained_twice() -> None:
    told = json.loads((DOCUMENT.parents[1] / "records" / "plain" / "words-2026-11.json").read_text(encoding="utf-8"))
    twice = [
        code for code, count in Counter(c for each in told["analyses"] for c in each["codes"]).items() if count > 1
    ]
    assert twice == []


def test_every_text_is_whole_in_both_languages_and_names_a_source_of_the_document() -> None:
    known = collection().sources
    document = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{name}`" in document and address in document for name, address in known.items())
    for code, language, text in texts():
        assert text.sources, code
        assert set(text.sources) <= set(known), code
        for sentence in (text.measures, text.why):
            assert 20 <= len(sentence) <= 220, (code, language, sentence)
            assert sentence.endswith("."), (code, language, sentence)
        assert "" not in (text.name, text.also), (code, language)


def test_texts_are_calm_and_set_as_their_language_is() -> None:
    for code, language, text in texts():
        whole = f"{text.name} {text.measures} {text.why}"
        assert not _NEVER.search(whole), (code, whole)
        assert "'" not in whole, (code, whole)
        if language == "fr":
            assert not re.search(r"(?<=\w) [!?;:»]|« ", whole), (code, whole)
        else:
            assert not re.search(r"\b(le|la|les|des|est)\b", whole), (code, whole)


@pytest.mark.parametrize("code", sorted(ANALYSES))
def test_the_analyses_of_the_demo_are_explained(code: str) -> None:
    assert explain(LOINC, code, "fr") is not None
    assert explain(LOINC, code, "en") is not None


def test_only_loinc_is_explained() -> None:
    assert explain("urn:oid:1.2.3", "718-7", "fr") is None
    assert names_for("", "718-7") == ""
    assert "hemoglobine" in names_for(LOINC, "718-7")
    assert explain(LOINC, "0-0", "fr") is None


@needs_samples
def test_the_commonest_laboratory_codes_of_the_samples_are_explained() -> None:
    """Numbers of the category laboratory met ten times or more, but for questionnaires filed under it."""
    met: Counter[str] = Counter()
    for path in sample_files("synthea*/*.json", "fhir-fr/*.json", "hl7-fhir-r4/*.json"):
        met.update(_laboratory_codes(json.loads(path.read_text(encoding="utf-8"))))
    common = {code for code, count in met.items() if count >= 10}
    assert len(common) >= 20
    assert common <= set(collection().by_code), common - set(collection().by_code)


def _laboratory_codes(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _laboratory_codes(each)
    elif isinstance(node, dict):
        kinds = str(node.get("category"))
        if node.get("resourceType") == "Observation" and "laboratory" in kinds and "valueQuantity" in node:
            yield from (each["code"] for each in node["code"].get("coding", ()) if each.get("system") == LOINC)
        for each in node.values():
            yield from _laboratory_codes(each)
