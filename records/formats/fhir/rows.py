"""Small bricks of a presentation: rows that vanish when there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_noop as _

from records.formats.fhir.carried import Carried
from records.formats.fhir.elements import (
    Node,
    concept_text,
    item,
    items,
    number,
    quantity,
    quantity_text,
    range_text,
    readable,
    string,
    when,
)
from records.formats.fhir.heading import money
from records.formats.fhir.presentation import Row, Section, Value, Word
from records.formats.fhir.words import concept_word, status_word
from records.headers import Flag

Rows = Iterator[Row]


def section(label: str, rows: Iterable[Row]) -> Iterator[Section]:
    """A section, unless it would be empty."""
    kept = tuple(rows)
    if kept:
        yield Section(Word(label), kept)


def row(label: str, value: Value | None, note: Value = "", flag: Flag = Flag.NONE) -> Rows:
    """A row with a label of ours, unless it would be empty."""
    if value is not None and value != "":
        yield Row(Word(label), value, note, flag)


def dated(label: str, node: Node, *keys: str) -> Rows:
    """The first date found under ``keys``, as precise as it was given."""
    for key in keys:
        *parents, last = key.split(".")
        if moment := when(item(node, *parents).get(last)):
            yield Row(Word(label), moment)
            return


def period(node: Node, key: str = "period") -> Rows:
    """A Period: from, until."""
    yield from dated(_("From"), node, f"{key}.start")
    yield from dated(_("Until"), node, f"{key}.end")


def concepts(label: str, node: Node, *keys: str) -> Rows:
    """One row per CodeableConcept, in the source's words."""
    for key in keys:
        for concept in items(node, key):
            yield from row(label, concept_text(concept))


def worded(label: str, node: Node, *keys: str) -> Rows:
    """One row per CodeableConcept whose codes are FHIR's own, in our words."""
    for key in keys:
        for concept in items(node, key):
            yield from row(label, concept_word(concept))


def status(node: Node, key: str = "status") -> Rows:
    """The status as a word."""
    yield from row(_("Status"), status_word(string(node, key)))


def names(label: str, node: Node, carried: Carried, *keys: str) -> Rows:
    """One row per person, place or thing pointed at, the patient left out."""
    for key in keys:
        *parents, last = key.split(".")
        for holder in items(node, parents[0]) if parents else [node]:
            for reference in items(holder, last):
                if "Patient/" not in string(reference, "reference"):
                    yield from row(label, carried.name(reference, node))


def reasons(node: Node, carried: Carried) -> Rows:
    """Why: in words, or by what it points at."""
    yield from concepts(_("Reason"), node, "reasonCode")
    yield from names(_("Reason"), node, carried, "reasonReference")


def amount(label: str, node: Node, key: str) -> Rows:
    """A Money: number, with the currency beside it."""
    paid = item(node, key)
    yield from row(label, money(paid), string(paid, "currency"))


def measure(label: str, node: Node, key: str) -> Rows:
    """A Quantity: number, with the unit beside it."""
    found = quantity(item(node, key))
    if found is None:
        return
    if found.comparator:
        yield Row(Word(label), found.text)
    else:
        yield Row(Word(label), readable(found.value), found.unit)


def choice(label: str, node: Node, stem: str) -> Rows:
    """A value of several possible types (``onset[x]``): date, age, period, range or text."""
    yield from dated(label, node, f"{stem}DateTime", f"{stem}Date", f"{stem}Period.start")
    for key in (f"{stem}Age", f"{stem}Quantity", f"{stem}Duration"):
        yield from row(label, quantity_text(item(node, key)))
    yield from row(label, range_text(item(node, f"{stem}Range")))
    yield from row(label, string(node, f"{stem}String"))
    yield from row(label, concept_text(item(node, f"{stem}CodeableConcept")))


def count(label: str, node: Node, key: str) -> Rows:
    """A whole number."""
    yield from row(label, number(node, key))
