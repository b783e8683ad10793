"""The text of a structured report (PS3.3, C.17.3): its tree of content, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset

MAX_LINES = 2_000
MAX_NESTED = 20
# Where a piece of content keeps its value, by its type (PS3.3, C.17.3.2).
_VALUES = {"TEXT": "TextValue", "DATE": "Date", "TIME": "Time", "DATETIME": "DateTime", "PNAME": "PersonName"}


def report_text(dataset: Dataset) -> str:
    """Headings and values of a structured report, a line each; empty when the file is none."""
    if "ValueType" not in dataset:
        return ""
    lines: list[str] = []
    for line in _lines(dataset, 0):
        lines.append(line)
        if len(lines) == MAX_LINES:
            break
    return "\n".join(lines)


def _lines(content: Dataset, depth: int) -> Iterator[str]:
    name, value = _meaning(content, "ConceptNameCodeSequence"), _value(content)
    if name or value:
        yield ": ".join(told for told in (name, value) if told)
    if depth < MAX_NESTED:
        for below in content.get("ContentSequence") or []:
            yield from _lines(below, depth + 1)


def _value(content: Dataset) -> str:
    kind = str(content.get("ValueType", ""))
    if kind == "CODE":
        return _meaning(content, "ConceptCodeSequence")
    if kind == "NUM":
        measured = next(iter(content.get("MeasuredValueSequence") or []), Dataset())
        unit = next(iter(measured.get("MeasurementUnitsCodeSequence") or []), Dataset())
        return f"{_plain(measured, 'NumericValue')} {_plain(unit, 'CodeValue')}".strip()
    return _plain(content, _VALUES.get(kind, ""))


def _meaning(content: Dataset, sequence: str) -> str:
    return _plain(next(iter(content.get(sequence) or []), Dataset()), "CodeMeaning")


def _plain(content: Dataset, name: str) -> str:
    value = content.get(name) if name else None
    told = "" if value is None or isinstance(value, Dataset) else str(value)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())
