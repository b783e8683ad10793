"""The geometry of charts drawn by the server; ``templates/components/charts.html`` draws them.

Everything ends as numbers in attributes: no style, no script. Coordinates are those of the
``viewBox``, whole or with one decimal, y downwards. Each chart has words for those who do not see
it, and the page puts the table behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from portal.ui.formatting import number, short_month


@dataclass(frozen=True, slots=True)
class Measure:
    """One point of a curve; ``here`` marks the result the page is about."""

    at: datetime
    value: Decimal
    is_out: bool = False
    here: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn point; a diamond when out of range, so that colour is not alone to say it."""

    x: float
    y: float
    is_out: bool
    here: bool
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis with its words."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    """The reference range: a top and a height, and which of its edges are real."""

    y: float
    height: float
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A laboratory curve: its line, its points, its band and its axes."""

    title: str
    description: str
    width: int
    height: int
    left: int
    line: str
    dots: tuple[Dot, ...]
    band: Band | None
    ticks_x: tuple[Tick, ...]
    ticks_y: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``is_peak`` marks an unusual one."""

    x: float
    y: float
    width: float
    height: float
    is_peak: bool
    label: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart: one bar per step."""

    title: str
    description: str
    width: int
    height: int
    bars: tuple[Bar, ...]


_WIDTH, _HEIGHT = 480, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 14, 30


def curve(
    measures: Sequence[Measure],
    *,
    title: str,
    description: str,
    low: Decimal | None = None,
    high: Decimal | None = None,
    unit: str = "",
) -> Curve:
    """A curve over time with the reference range as a band.

    Args:
        measures: at least one, in any order, all in ``unit``.
        low, high: the reference range in the same unit; either may be missing.

    Raises:
        ValueError: ``measures`` is empty.
    """
    if not measures:
        raise ValueError("measures=(): a curve needs at least one point")
    ordered = sorted(measures, key=lambda measure: measure.at)
    steps = _steps([measure.value for measure in ordered] + [edge for edge in (low, high) if edge is not None])
    floor, roof = steps[0], steps[-1]

    def x_of(at: datetime) -> float:
        span = (ordered[-1].at - ordered[0].at).total_seconds()
        share = (at - ordered[0].at).total_seconds() / span if span else 0.5
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y_of(value: Decimal) -> float:
        return round(_HEIGHT - _BOTTOM - float((value - floor) / (roof - floor)) * (_HEIGHT - _TOP - _BOTTOM), 1)

    band = None
    if low is not None or high is not None:
        top = y_of(high) if high is not None else float(_TOP)
        bottom = y_of(low) if low is not None else float(_HEIGHT - _BOTTOM)
        band = Band(top, round(bottom - top, 1), low is not None, high is not None)
    dots = tuple(
        Dot(x_of(m.at), y_of(m.value), m.is_out, m.here, f"{short_month(m.at)}: {number(m.value)} {unit}".strip())
        for m in ordered
    )
    return Curve(
        title=title,
        description=description,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        dots=dots,
        band=band,
        ticks_x=_time_ticks(ordered, x_of),
        ticks_y=tuple(Tick(y_of(step), number(step)) for step in steps),
    )


def _steps(values: Sequence[Decimal]) -> list[Decimal]:
    """Three to six round numbers that enclose ``values``."""
    least, most = min(values), max(values)
    if least == most:
        margin = abs(least) / 10 or Decimal(1)
        least, most = least - margin, most + margin
    rough = (most - least) / 4
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first = (least / step).to_integral_value(ROUND_FLOOR)
    last = (most / step).to_integral_value(ROUND_CEILING)
    return [_plain(step * index) for index in range(int(first), int(last) + 1)]


def _plain(value: Decimal) -> Decimal:
    """The same number without an exponent or trailing zeros: ``1E+1`` becomes ``10``."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def _time_ticks(ordered: Sequence[Measure], x_of: Callable[[datetime], float]) -> tuple[Tick, ...]:
    """First, last and at most two moments between, none closer than a label is wide."""
    moments = [ordered[0].at]
    span = ordered[-1].at - ordered[0].at
    moments += [ordered[0].at + span / 3 * third for third in (1, 2)] if span.days > 180 else []
    moments += [ordered[-1].at] if span.days > 31 else []
    return tuple(Tick(x_of(at), short_month(at)) for at in moments)


def sparkline(
    measures: Sequence[Measure], *, title: str, low: Decimal | None = None, high: Decimal | None = None
) -> Curve:
    """A line of 112 by 32 without axes, for a row of a list.

    Raises:
        ValueError: fewer than two measures: a point is not a line.
    """
    if len(measures) < 2:
        raise ValueError(f"measures={len(measures)}: a line needs at least two points")
    ordered = sorted(measures, key=lambda measure: measure.at)
    edges = [edge for edge in (low, high) if edge is not None]
    values = [measure.value for measure in ordered] + edges
    floor, roof = min(values), max(values)
    span = (ordered[-1].at - ordered[0].at).total_seconds()

    def y_of(value: Decimal) -> float:
        return round(28 - 24 * (float((value - floor) / (roof - floor)) if roof > floor else 0.5), 1)

    dots = tuple(
        Dot(
            round(4 + 104 * ((m.at - ordered[0].at).total_seconds() / span if span else 0.5), 1),
            y_of(m.value),
            m.is_out,
            m is ordered[-1],
            number(m.value),
        )
        for m in ordered
    )
    band = None
    if edges:
        top = y_of(high) if high is not None else 0.0
        bottom = y_of(low) if low is not None else 32.0
        band = Band(top, round(bottom - top, 1), low is not None, high is not None)
    line = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    return Curve(title, "", 112, 32, 0, line, dots, band, (), ())


def bars(
    counts: Sequence[tuple[str, int]],
    *,
    title: str,
    description: str,
    peaks: frozenset[int] = frozenset(),
    every: int = 3,
) -> Bars:
    """One bar per step (24 hours, 30 days), the unusual ones marked.

    Args:
        counts: a short label and a count for each step.
        peaks: the positions of the unusual steps.
        every: name one step out of so many under the axis.
    """
    width, height, floor = 576, 128, 104
    most = max([count for _, count in counts], default=0) or 1
    slot = width / max(len(counts), 1)
    return Bars(
        title=title,
        description=description,
        width=width,
        height=height,
        bars=tuple(
            Bar(
                x=round(index * slot + slot * 0.12, 1),
                y=round(floor - 88 * count / most, 1),
                width=round(slot * 0.76, 1),
                height=round(88 * count / most, 1),
                is_peak=index in peaks,
                label=label,
                is_named=index % every == 0,
            )
            for index, (label, count) in enumerate(counts)
        ),
    )
