"""A result in words and shapes: where it lies beside its range, and its curve over time.

Nothing is judged here: the flag is the source's, or the plain comparison of the value with the
range that came with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.ui import charts
from portal.ui.formatting import day, number
from records.folding import folded
from records.formats.fhir.kinds import KIND_WORDS
from records.formats.fhir.presentation import Value, Word
from records.headers import Flag, Header
from records.plain.words import Explanation, explain
from records.shown import Point, RecordView

# A shape and a colour for each flag: never the colour alone.
_SHAPES = {
    Flag.NORMAL: ("ok", "check"),
    Flag.LOW: ("warn", "arrow-down"),
    Flag.HIGH: ("warn", "arrow-up"),
    Flag.VERY_LOW: ("danger", "chevron-double-down"),
    Flag.VERY_HIGH: ("danger", "chevron-double-up"),
    Flag.ABNORMAL: ("warn", "exclamation-triangle"),
}


def flag_of(told: Header | Point) -> Flag:
    """The source's flag; without one, on which side of its range the value lies."""
    return told.standing


def flag_shape(flag: Flag) -> tuple[str, str]:
    """The kind of tag and the icon that go with a flag."""
    return _SHAPES[flag]


def range_words(header: Header) -> str:
    """The reference range as a sentence, empty when there is none."""
    low, high, unit = header.low, header.high, header.unit
    if low is not None and high is not None:
        text = _("Reference range: %(low)s to %(high)s %(unit)s") % {
            "low": number(low), "high": number(high), "unit": unit,
        }  # fmt: skip
    elif high is not None:
        text = _("Reference: up to %(high)s %(unit)s") % {"high": number(high), "unit": unit}
    elif low is not None:
        text = _("Reference: from %(low)s %(unit)s") % {"low": number(low), "unit": unit}
    else:
        return ""
    return text.strip()


def status_words(header: Header) -> tuple[str, str]:
    """A word and a kind of tag for what is still going on; empty words when there is nothing to say."""
    if header.kind in {"MedicationRequest", "MedicationStatement", "CarePlan"}:
        if header.status == "active":
            return _("Current"), "ok"
        if header.status in {"completed", "stopped", "revoked", "cancelled"}:
            return _("Past"), ""
    if header.kind == "Appointment":
        if header.status in {"cancelled", "noshow"}:
            return _("Cancelled") if header.status == "cancelled" else _("Missed"), "warn"
        return (_("Upcoming"), "ok") if is_ahead(header) else ("", "")
    if header.status == "entered-in-error":
        return _("Entered by mistake"), "warn"
    return "", ""


def titled(header: Header) -> str:
    """What the source calls it; where it gave no name, the word for its type in the language in force."""
    word = KIND_WORDS.get(header.kind)
    return _(word) if word is not None and header.title == word else header.title


def is_ahead(header: Header) -> bool:
    """Whether it is an appointment to come."""
    return header.kind == "Appointment" and header.date is not None and header.date > timezone.now()


def explained(header: Header) -> Explanation | None:
    """What this analysis is, in plain words of the language in force; ``None`` when it is not explained."""
    return explain(header.system, header.code, (get_language() or "fr").split("-")[0])


def everyday_name(header: Header) -> str:
    """The name of the analysis in everyday words, empty when it is unknown or the title already says it."""
    words = explained(header)
    return "" if words is None or folded(words.name) in folded(header.title) else words.name


def shown(value: Value) -> str:
    """A value of a presentation in the reader's language; text of the source stays as it is."""
    if isinstance(value, Word):
        return _(value) if value else ""
    if isinstance(value, datetime | date):
        return day(value)
    if isinstance(value, Decimal):
        return number(value)
    return _BOUNDS.sub(_localised, value) if _RANGE.fullmatch(value) else value


# A reference range is told as one text; its numbers are still read by people.
_BOUNDS = re.compile(r"\d+(?:\.\d+)?")
_RANGE = re.compile(rf"[≤≥] {_BOUNDS.pattern}|{_BOUNDS.pattern} – {_BOUNDS.pattern}")


def _localised(bound: re.Match[str]) -> str:
    return number(Decimal(bound[0]))


def curve_of(view: RecordView) -> charts.Curve | None:
    """The curve of a laboratory value over time; ``None`` when there is only one point or no number."""
    header = view.item.header
    if header.value is None or len(view.series) < 2:
        return None
    measures = [
        charts.Measure(point.date, point.value, point.standing.outside, point.record_id == view.item.record_id)
        for point in view.series
    ]
    first, last = measures[0], measures[-1]
    words = _("%(count)s results between %(start)s and %(end)s: from %(first)s to %(last)s %(unit)s.") % {
        "count": len(measures),
        "start": day(first.at),
        "end": day(last.at),
        "first": number(first.value),
        "last": number(last.value),
        "unit": header.unit,
    }
    return charts.curve(
        measures,
        title=_("%(title)s over time") % {"title": header.title},
        description=f"{words} {range_words(header)}".strip(),
        low=header.low,
        high=header.high,
        unit=header.unit,
    )


def sparkline(headers: Sequence[Header]) -> charts.Curve:
    """A small line for the values of one analysis, oldest first.

    Raises:
        ValueError: fewer than two of them have a value and a date.
    """
    measures = [charts.Measure(each.date, each.value) for each in headers if each.date and each.value is not None]
    words = _("From %(first)s to %(last)s %(unit)s in %(count)s results") % {
        "first": number(measures[0].value),
        "last": number(measures[-1].value),
        "unit": headers[-1].unit,
        "count": len(measures),
    }
    return charts.sparkline(measures, title=words, low=headers[-1].low, high=headers[-1].high)
