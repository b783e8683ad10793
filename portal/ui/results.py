"""A result in words and shapes: where it lies beside its range, and its curve over time.

Nothing is judged here: the flag is the source's, or the plain comparison of the value with the
range that came with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from portal.ui import charts
from portal.ui.formatting import day, number
from records.formats.fhir.presentation import Value, Word
from records.headers import Flag, Header, beside

# A shape and a colour for each flag: never the colour alone.
_SHAPES = {
    Flag.NORMAL: ("ok", "check"),
    Flag.LOW: ("warn", "arrow-down"),
    Flag.HIGH: ("warn", "arrow-up"),
    Flag.VERY_LOW: ("danger", "chevron-double-down"),
    Flag.VERY_HIGH: ("danger", "chevron-double-up"),
    Flag.ABNORMAL: ("warn", "exclamation-triangle"),
}


def flag_of(header: Header) -> Flag:
    """The source's flag; without one, on which side of its range the value lies."""
    if header.flag is not Flag.NONE or header.value is None:
        return header.flag
    return beside(header.value, header.low, header.high)


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
    if header.status == "entered-in-error":
        return _("Entered by mistake"), "warn"
    return "", ""


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


def curve_of(view: Any) -> charts.Curve | None:
    """The curve of a laboratory value over time; ``None`` when there is only one point or no number.

    Args:
        view: a ``records.reading.RecordView``; its series holds comparable results only (same code, same unit).
    """
    header = view.item.header
    if header.value is None or len(view.series) < 2:
        return None
    measures = _measures(view.series, view.item.record_id)
    if len(measures) < 2:
        return None
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


def _measures(series: Sequence[Any], here: object) -> list[charts.Measure]:
    """The points of a series, oldest first."""
    return sorted(
        (
            charts.Measure(
                point.date, point.value, beside(point.value, point.low, point.high).outside, point.record_id == here
            )
            for point in series
        ),
        key=lambda measure: measure.at,
    )


def sparklines(items: Sequence[Any]) -> dict[Any, charts.Curve]:
    """A small line for the newest result of each analysis that a list holds at least three times.

    Args:
        items: ``records.reading.Item`` objects of one drawer.

    Returns:
        The line of each such item, by its ``record_id``.
    """
    series: dict[tuple[str, str, str], list[Any]] = {}
    for item in items:
        header = item.header
        if header.value is not None and header.date is not None and header.code:
            series.setdefault((header.system, header.code, header.unit), []).append(item)
    return {group[-1].record_id: _spark(group) for group in map(_oldest_first, series.values()) if len(group) > 2}


def _oldest_first(group: list[Any]) -> list[Any]:
    return sorted(group, key=lambda item: item.header.date)


def _spark(group: list[Any]) -> charts.Curve:
    headers = [item.header for item in group]
    words = _("From %(first)s to %(last)s %(unit)s in %(count)s results") % {
        "first": number(headers[0].value),
        "last": number(headers[-1].value),
        "unit": headers[-1].unit,
        "count": len(headers),
    }
    measures = [charts.Measure(header.date, header.value) for header in headers]
    return charts.sparkline(measures, title=words, low=headers[-1].low, high=headers[-1].high)
