"""The page of figures that one can publish: a table to print."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.figures import SMALLEST, Figures, Group, read_figures
from portal.ui.formatting import number

_FIRST_YEAR = 2025


@dataclass(frozen=True, slots=True)
class Row:
    """One figure in words."""

    label: str
    value: str


@only_for(Role.ADMINISTRATOR)
@require_safe
def figures(request: Visit) -> HttpResponse:
    """The figures of a year, this one unless another is asked for."""
    this = timezone.localdate().year
    asked = request.GET.get("year", str(this))
    if not (asked.isdecimal() and len(asked) == 4 and _FIRST_YEAR <= int(asked) <= this):
        raise Http404
    year = int(asked)
    context = {
        "year": year,
        "sections": _sections(read_figures(actor=request.actor, year=year)),
        "smallest": SMALLEST,
        "previous": year - 1 if year > _FIRST_YEAR else None,
        "following": year + 1 if year < this else None,
    }
    return render(request, "administration/figures.html", context)


def _sections(told: Figures) -> list[tuple[str, str, list[Row]]]:
    """Title, identifier and rows of each table."""
    emergencies = _rows(told.emergencies, _("Emergency accesses asked for"), _("opened"), _("refused"))
    reviews = _rows(told.reviews, _("Emergencies reviewed"), _("justified"), _("questioned"))
    cases = _rows(
        told.cases, _("Questioned accesses concluded"), _("justified"), _("not justified"), _("without an answer")
    )
    return [
        (_("Emergencies"), "emergencies", emergencies),
        (
            _("Reviews"),
            "reviews",
            [
                *reviews,
                _share(told.reviews, _("Share justified")),
                _days(told.review_days, _("Median delay to review")),
            ],
        ),
        (
            _("Questioned accesses"),
            "cases",
            [*cases, _share(told.cases, _("Share justified")), _days(told.answer_days, _("Median delay to answer"))],
        ),
        (_("Alerts"), "alerts", _rows(told.alerts, _("Alerts concluded"), _("explained"), _("confirmed"))),
        (
            _("Names behind pseudonyms"),
            "names",
            _rows(told.names, _("Names asked for"), _("opened by two administrators"), _("not opened")),
        ),
    ]


def _rows(group: Group, label: str, *parts: str) -> list[Row]:
    return [
        Row(label, _count(group.total)),
        *(Row(part, _count(count)) for part, count in zip(parts, group.parts, strict=True)),
    ]


def _count(count: int | None) -> str:
    return _("not shown") if count is None else number(count)


def _share(group: Group, label: str) -> Row:
    share = group.share
    return Row(label, _("not shown") if share is None else _("%(share)s %%") % {"share": number(round(share * 100))})


def _days(days: float | None, label: str) -> Row:
    return Row(label, _("not shown") if days is None else _("%(count)s days") % {"count": number(days)})
