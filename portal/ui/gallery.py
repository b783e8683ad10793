"""Every component on one page, for those who build pages; it exists in the demo only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.ui import charts

_LAST = datetime(2026, 11, 20, 9, tzinfo=UTC)
_VALUES = ("7.4", "7.1", "7.2", "6.9", "6.6", "6.4", "5.8")
_HOURS = (4, 3, 2, 2, 3, 5, 12, 30, 58, 70, 66, 60, 38, 52, 64, 61, 55, 40, 28, 18, 12, 9, 48, 6)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="A line", help_text="A hint stands under its label.", max_length=40)
    length = forms.ChoiceField(label="A choice", choices=[("short", "Short"), ("long", "Long")])
    text = forms.CharField(label="A text", widget=forms.Textarea)
    agreed = forms.BooleanField(label="A box to tick")


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The page of all components, with sample values that belong to nobody."""
    measures = [
        charts.Measure(_LAST - timedelta(days=120 * back), Decimal(value), Decimal(value) > 6, here=back == 0)
        for back, value in enumerate(reversed(_VALUES))
    ]
    low, high = Decimal("4.0"), Decimal("6.0")
    words = "7.4 then 5.8 %; the usual range is 4.0 to 6.0"
    context = {
        "form": SampleForm({"name": ""} if "errors" in request.GET else None),
        "curve": charts.curve(measures, title="HbA1c", description=words, low=low, high=high, unit="%"),
        "spark": charts.sparkline(measures, title="Falling: 7.4 then 5.8 %", low=low, high=high),
        "bars": charts.bars(
            [(f"{hour} h", count) for hour, count in enumerate(_HOURS)],
            title="Accesses per hour",
            description="An unusual peak at 22 h",
            peaks=frozenset({22}),
        ),
    }
    return render(request, "components/gallery.html", context)
