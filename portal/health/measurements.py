"""One's own measurements: the form with its bounds, and a curve of each kind with the table behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.ui import charts
from portal.ui.formatting import day, number
from records.measures import SCALES, Kind, Measured, Part
from records.measuring import MeasuresView
from records.shown import Item

_LABELS = {
    Part.WEIGHT: gettext_lazy("Weight (kg)"),
    Part.SYSTOLIC: gettext_lazy("Blood pressure, upper number (mmHg)"),
    Part.DIASTOLIC: gettext_lazy("Blood pressure, lower number (mmHg)"),
    Part.PULSE: gettext_lazy("Heart rate (per minute)"),
    Part.GLUCOSE: gettext_lazy("Blood sugar (g/L)"),
    Part.STEPS: gettext_lazy("Steps of the day"),
}
KIND_LABELS = {
    Kind.WEIGHT: gettext_lazy("Weight"),
    Kind.PRESSURE: gettext_lazy("Blood pressure"),
    Kind.PULSE: gettext_lazy("Heart rate"),
    Kind.GLUCOSE: gettext_lazy("Blood sugar"),
    Kind.STEPS: gettext_lazy("Steps"),
}
_SINGLE = {Kind.WEIGHT: Part.WEIGHT, Kind.PULSE: Part.PULSE, Kind.GLUCOSE: Part.GLUCOSE, Kind.STEPS: Part.STEPS}
_PRESSURE = re.compile(r"(\d{2,3})/(\d{2,3})")
# A clock that runs a little ahead is no mistake of the person.
_AHEAD = timedelta(minutes=5)


class NumberField(forms.DecimalField):
    """A number as people write it: with a comma or a point."""

    # The stubs derive a DecimalField from an IntegerField, and its value from that of the latter.
    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        """The number typed; ``None`` when nothing was."""
        typed = re.sub(r"[\s\u202f\u00a0]", "", str(value)) if value is not None else ""
        return super().to_python(typed.replace(",", "."))


class MeasureForm(forms.Form):
    """What was measured at one time; what was not measured stays empty."""

    day = forms.DateField(
        label=gettext_lazy("Date"),
        error_messages={
            "required": gettext_lazy("Choose a date."),
            "invalid": gettext_lazy("This date does not exist. Choose another one."),
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"),
        error_messages={
            "required": gettext_lazy("Choose a time."),
            "invalid": gettext_lazy("This time does not exist. Choose another one."),
        },
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in Part:
            mode = "decimal" if SCALES[part].places else "numeric"
            self.fields[part.value] = NumberField(
                label=_LABELS[part],
                required=False,
                error_messages={"invalid": gettext_lazy("Write a number only, such as 72 or 72.5.")},
                widget=forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"}),
            )
        self.order_fields([*(part.value for part in Part), "day", "time"])

    def clean(self) -> dict[str, Any]:
        """Numbers within their bounds, pressures in pairs, nothing of tomorrow, and something measured."""
        said = super().clean() or {}
        for part in Part:
            if said.get(part.value) is not None and (sentence := _slip(part, said[part.value])):
                self.add_error(part.value, sentence)
        self._check_pressure(said)
        if self.at > timezone.now() + _AHEAD:
            self.add_error("day", _("This moment is still to come. Check the date and the time."))
        if not self.errors and all(said.get(part.value) is None for part in Part):
            raise forms.ValidationError(_("Write at least one number."))
        return said

    def _check_pressure(self, said: dict[str, Any]) -> None:
        upper, lower = said.get(Part.SYSTOLIC.value), said.get(Part.DIASTOLIC.value)
        if (upper is None) != (lower is None) and not self.errors:
            missing = Part.SYSTOLIC if upper is None else Part.DIASTOLIC
            self.add_error(missing.value, _("A blood pressure has two numbers. Write this one too."))
        if upper is not None and lower is not None and upper <= lower:
            self.add_error(Part.SYSTOLIC.value, _("The upper number is the larger one. Check both."))

    @property
    def at(self) -> datetime:
        """The moment that was typed; now while it is not complete."""
        said = getattr(self, "cleaned_data", {})
        if said.get("day") is None or said.get("time") is None:
            return timezone.now()
        return timezone.make_aware(datetime.combine(said["day"], said["time"]))

    def measured(self) -> list[tuple[Measured, str]]:
        """What was measured, each with its label. Read it after ``is_valid()``."""
        said, found = self.cleaned_data, []
        for kind in Kind:
            parts = (Part.SYSTOLIC, Part.DIASTOLIC) if kind is Kind.PRESSURE else (_SINGLE[kind],)
            numbers = {part: said[part.value] for part in parts if said[part.value] is not None}
            if numbers:
                found.append((Measured(kind, self.at, numbers), str(KIND_LABELS[kind])))
        return found


def _slip(part: Part, value: Decimal) -> str:
    """What is wrong with a number, as a sentence; empty when nothing is."""
    scale = SCALES[part]
    exponent = value.as_tuple().exponent
    if not scale.low <= value <= scale.high:
        bounds = {"low": number(scale.low), "high": number(scale.high), "unit": scale.unit}
        return _("Expected between %(low)s and %(high)s %(unit)s. Check the number and its unit.") % bounds
    if isinstance(exponent, int) and -exponent > scale.places:
        return _("Too many digits after the comma. Round the number.")
    return ""


@dataclass(frozen=True, slots=True, repr=False)
class Board:
    """One kind on its page: its values, the newest first, and its curves (two numbers have two).

    Health content: its ``repr`` says nothing.
    """

    kind: Kind
    title: str
    items: tuple[Item, ...]
    curves: tuple[charts.Curve, ...]

    def __repr__(self) -> str:
        return "<Board>"


def boards_of(view: MeasuresView) -> list[Board]:
    """Every kind of which something is known, in the order of the page."""
    return [
        Board(kind, str(KIND_LABELS[kind]), items, tuple(_curves(kind, items)))
        for kind in Kind
        if (items := view.items.get(kind))
    ]


def _curves(kind: Kind, items: Iterable[Item]) -> Iterable[charts.Curve]:
    if kind is Kind.PRESSURE:
        pairs = [(each, found) for each in items if (found := _PRESSURE.fullmatch(each.header.value_text))]
        for group, title in ((1, _("Blood pressure, upper number")), (2, _("Blood pressure, lower number"))):
            points = [(each.header.date, Decimal(found[group])) for each, found in pairs]
            yield from _curve(points, title, SCALES[Part.SYSTOLIC].unit)
        return
    unit = SCALES[_SINGLE[kind]].unit
    # Another unit is another curve: pounds do not lie among kilograms.
    same = [each for each in items if each.header.unit == unit]
    yield from _curve([(each.header.date, each.header.value) for each in same], str(KIND_LABELS[kind]), unit)


def _curve(points: Sequence[tuple[datetime | None, Decimal | None]], title: str, unit: str) -> Iterable[charts.Curve]:
    measures = sorted(
        (charts.Measure(at, value) for at, value in points if at is not None and value is not None),
        key=lambda measure: measure.at,
    )
    if len(measures) < 2:
        return
    words = _("%(count)s results between %(start)s and %(end)s: from %(first)s to %(last)s %(unit)s.") % {
        "count": len(measures),
        "start": day(measures[0].at),
        "end": day(measures[-1].at),
        "first": number(measures[0].value),
        "last": number(measures[-1].value),
        "unit": unit,
    }
    yield charts.curve(measures, title=_("%(title)s over time") % {"title": title}, description=words, unit=unit)
