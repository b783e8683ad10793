"""How a medicine is to be taken (https://hl7.org/fhir/R4/dosage.html)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from records.formats.fhir.elements import (
    Node,
    concept_text,
    extension,
    item,
    items,
    line,
    number,
    quantity_text,
    range_text,
    readable,
    string,
    strings,
    when,
)
from records.formats.fhir.presentation import Row, Word

_PER = {
    ("s", 1): _("per second"),
    ("min", 1): _("per minute"),
    ("h", 1): _("per hour"),
    ("d", 1): _("per day"),
    ("wk", 1): _("per week"),
    ("mo", 1): _("per month"),
    ("a", 1): _("per year"),
}
_UNITS = {
    "s": _("seconds"),
    "min": _("minutes"),
    "h": _("hours"),
    "d": _("days"),
    "wk": _("weeks"),
    "mo": _("months"),
    "a": _("years"),
}

# http://hl7.org/fhir/event-timing and http://terminology.hl7.org/CodeSystem/v3-TimingEvent
_MOMENTS = {
    "MORN": _("in the morning"),
    "MORN.early": _("early in the morning"),
    "MORN.late": _("late in the morning"),
    "NOON": _("at noon"),
    "AFT": _("in the afternoon"),
    "AFT.early": _("early in the afternoon"),
    "AFT.late": _("late in the afternoon"),
    "EVE": _("in the evening"),
    "EVE.early": _("early in the evening"),
    "EVE.late": _("late in the evening"),
    "NIGHT": _("at night"),
    "PHS": _("after sleep"),
    "HS": _("at bedtime"),
    "WAKE": _("on waking"),
    "C": _("with meals"),
    "CM": _("with breakfast"),
    "CD": _("with lunch"),
    "CV": _("with dinner"),
    "AC": _("before meals"),
    "ACM": _("before breakfast"),
    "ACD": _("before lunch"),
    "ACV": _("before dinner"),
    "PC": _("after meals"),
    "PCM": _("after breakfast"),
    "PCD": _("after lunch"),
    "PCV": _("after dinner"),
}


def dosages(resource: Node) -> list[Node]:
    """The dosages of a prescription, a dispensation, a statement or an administration."""
    return items(resource, "dosageInstruction") or items(resource, "dosage")


def dosage_text(resource: Node) -> str:
    """The dosage in one line, as the prescriber wrote it; failing that, the dose alone."""
    written = extension(resource, "renderedDosageInstruction").get("valueMarkdown")
    if text := line(written):
        return text
    listed = dosages(resource)
    texts = [string(dosage, "text") or string(dosage, "patientInstruction") for dosage in listed]
    if any(texts):
        return line("; ".join(filter(None, texts)))
    return line("; ".join(filter(None, map(dose_text, listed))))


def dose_text(dosage: Node) -> str:
    """How much at a time: ``0.5 tablet``, ``1 – 2 tablets``."""
    for dose in (item(dosage, "doseAndRate"), dosage):
        found = quantity_text(item(dose, "doseQuantity")) or range_text(item(dose, "doseRange"))
        if found := found or quantity_text(item(dose, "dose")):
            return found
    return ""


def dosage_rows(resource: Node) -> Iterator[Row]:
    """Every part of the dosage, one row each."""
    if text := dosage_text(resource):
        yield Row(Word(_("Dosage")), text)
    for dosage in dosages(resource):
        if (dose := dose_text(dosage)) and dose != dosage_text(resource):
            yield Row(Word(_("Dose")), dose)
        yield from _timing(item(dosage, "timing"))
        if route := concept_text(item(dosage, "route")):
            yield Row(Word(_("Route")), route)
        if dosage.get("asNeededBoolean") is True:
            yield Row(Word(_("When")), Word(_("when needed")))
        elif need := concept_text(item(dosage, "asNeededCodeableConcept")):
            yield Row(Word(_("When needed for")), need)
        if more := string(dosage, "patientInstruction"):
            yield Row(Word(_("Advice")), more)
        for advice in items(dosage, "additionalInstruction"):
            if text := concept_text(advice):
                yield Row(Word(_("Advice")), text)
        ceiling = item(dosage, "maxDosePerPeriod")
        if most := quantity_text(item(ceiling, "numerator")):
            yield Row(Word(_("At most")), f"{most} / {quantity_text(item(ceiling, 'denominator'))}")


def _timing(timing: Node) -> Iterator[Row]:
    repeat = item(timing, "repeat")
    times, period, unit = number(repeat, "frequency"), number(repeat, "period"), string(repeat, "periodUnit")
    if times is not None and unit in _UNITS:
        if period in (None, 1):
            yield Row(Word(_("Times")), times, Word(_PER[unit, 1]))
        elif period is not None:
            yield Row(Word(_("Times")), times)
            yield Row(Word(_("Every")), readable(period), Word(_UNITS[unit]))
    for moment in strings(repeat, "when"):
        if word := _MOMENTS.get(moment):
            yield Row(Word(_("When")), Word(word))
    if hours := strings(repeat, "timeOfDay"):
        yield Row(Word(_("At")), ", ".join(hour[:5] for hour in hours))
    if length := quantity_text(item(repeat, "boundsDuration")):
        yield Row(Word(_("For")), length)
    bounds = item(repeat, "boundsPeriod")
    for key, label in (("start", Word(_("From"))), ("end", Word(_("Until")))):
        if day := when(bounds.get(key)):
            yield Row(label, day)
    if code := concept_text(item(timing, "code")):
        yield Row(Word(_("Rhythm")), code)
