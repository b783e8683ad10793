"""Charts are numbers in attributes; nothing falls outside the picture."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.ui import charts

START = datetime(2024, 1, 1, tzinfo=UTC)
VALUES = st.decimals(min_value="-5000", max_value="90000", places=2, allow_nan=False)


def measures(*values):
    return [charts.Measure(START + timedelta(days=90 * index), Decimal(value)) for index, value in enumerate(values)]


@settings(max_examples=60)
@given(st.lists(VALUES, min_size=1, max_size=12), st.none() | VALUES, st.none() | VALUES)
def test_every_point_and_the_band_lie_inside_the_picture(values, low, high):
    if low is not None and high is not None and low > high:
        low, high = high, low
    chart = charts.curve(measures(*values), title="t", description="d", low=low, high=high)
    for dot in chart.dots:
        assert 0 <= dot.x <= chart.width
        assert 0 <= dot.y <= chart.height
    assert 2 <= len(chart.ticks_y) <= 7
    assert (chart.band is None) == (low is None and high is None)
    if chart.band:
        assert chart.band.height >= 0
        assert 0 <= chart.band.y <= chart.height


def test_the_curve_runs_from_old_to_new_whatever_the_order_given():
    points = measures("7.4", "6.8", "5.9")
    chart = charts.curve(points[::-1], title="t", description="d")
    assert [dot.x for dot in chart.dots] == sorted(dot.x for dot in chart.dots)


def test_the_axis_carries_round_numbers():
    chart = charts.curve(measures("4.1", "7.9"), title="t", description="d")
    assert [tick.label.replace(",", ".") for tick in chart.ticks_y] == ["4", "5", "6", "7", "8"]


def test_one_point_and_equal_values_still_make_a_picture():
    assert charts.curve(measures("5"), title="t", description="d").dots[0].y > 0
    assert charts.curve(measures("0", "0", "0"), title="t", description="d").line
    assert charts.sparkline(measures("5", "5"), title="t").line


def test_no_point_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="at least one point"):
        charts.curve([], title="t", description="d")
    with pytest.raises(ValueError, match="at least two points"):
        charts.sparkline(measures("5"), title="t")


def test_the_highest_bar_fills_the_height_and_the_peak_is_marked():
    chart = charts.bars([("0 h", 1), ("1 h", 4)], title="t", description="d", peaks=frozenset({1}))
    assert [bar.height for bar in chart.bars] == [22.0, 88.0]
    assert [bar.is_peak for bar in chart.bars] == [False, True]


def test_a_day_without_access_has_flat_bars():
    assert {bar.height for bar in charts.bars([("0 h", 0)] * 24, title="t", description="d").bars} == {0}
