"""A short explanation of an analysis, by its LOINC code (pure): our own sentences, no diagnosis, dated data.

Sources are named with each text and described in ``docs/plain-words.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from records.folding import folded
from records.units import LOINC

LANGUAGES = ("fr", "en")
_FILE = Path(__file__).with_name("words-2026-11.json")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an analysis is called in everyday words, what it measures, why it is asked for.

    ``also`` are other words by which people look for it; ``sources`` are names of :attr:`Words.sources`.
    """

    name: str
    also: str
    measures: str
    why: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The whole collection, as it was written on a day."""

    written: date
    sources: Mapping[str, str]
    by_code: Mapping[str, Mapping[str, Explanation]]
    names: Mapping[str, str]


@lru_cache(maxsize=1)
def collection() -> Words:
    """All explanations, by LOINC code and language.

    Raises:
        KeyError: a text lacks a field: the file is part of the program, a test reads it whole.
    """
    told = json.loads(_FILE.read_text(encoding="utf-8"))
    by_code: dict[str, Mapping[str, Explanation]] = {}
    names: dict[str, str] = {}
    for analysis in told["analyses"]:
        texts = MappingProxyType({language: _explanation(analysis, language) for language in LANGUAGES})
        for code in analysis["codes"]:
            by_code[code] = texts
            names[code] = folded(" ".join(f"{text.name} {text.also}" for text in texts.values()))
    return Words(
        written=date.fromisoformat(told["written"]),
        sources=MappingProxyType(told["sources"]),
        by_code=MappingProxyType(by_code),
        names=MappingProxyType(names),
    )


def _explanation(analysis: dict[str, Any], language: str) -> Explanation:
    name, also, measures, why = analysis[language]
    return Explanation(name, also, measures, why, tuple(analysis["sources"]))


def explain(system: str, code: str, language: str) -> Explanation | None:
    """The explanation of an analysis; ``None`` when it is not one that is explained.

    Args:
        system: URI of the code system; only LOINC is known here.
        code: the code.
        language: ``fr`` or ``en``.
    """
    if system != LOINC:
        return None
    return collection().by_code.get(code, {}).get(language)


def names_for(system: str, code: str) -> str:
    """The everyday names of an analysis in both languages, folded, to be searched; empty when there is none."""
    return collection().names.get(code, "") if system == LOINC else ""
