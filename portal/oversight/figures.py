"""Figures of the house that one can publish: emergencies, explanations, names opened. Small counts are hidden.

Of a group whose parts add up, either every part is shown or none: what is hidden could be subtracted otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from audit.models import Entry
from consent.declaring import over_every_dossier
from consent.models import EmergencyReview, Verdict
from portal.oversight.models import AlertReview, AlertState, Case, Conclusion, Unsealing

# As for data of health insurance published in France: fewer than eleven people are never shown.
SMALLEST = 11


@dataclass(frozen=True, slots=True)
class Group:
    """A whole and its parts, as they may be published; ``None`` stands for what is too small."""

    total: int | None
    parts: tuple[int | None, ...]

    @property
    def share(self) -> float | None:
        """The first part of the whole, between 0 and 1."""
        return self.parts[0] / self.total if self.total and self.parts and self.parts[0] is not None else None


@dataclass(frozen=True, slots=True)
class Figures:
    """A year, or what has passed of it. Delays are medians in days, of eleven at least."""

    year: int
    emergencies: Group
    reviews: Group
    review_days: float | None
    cases: Group
    answer_days: float | None
    alerts: Group
    names: Group


def read_figures(*, actor: Actor, year: int) -> Figures:
    """The figures of one year; the reading is remembered.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
    since, until = _new_year(year), _new_year(year + 1)
    with transaction.atomic(durable=True):
        figures = _figures(year, since, until)
        append(Event.FIGURES_READ, actor=actor, facts={"period_from": f"{since:%Y-%m-%d}"})
    return figures


def publishable(total: int, parts: Sequence[int] = ()) -> Group:
    """The group with what is too small hidden: a count from 1 to 10, and then its fellows too."""
    if 0 < total < SMALLEST:
        return Group(None, tuple(None for _ in parts))
    hidden = any(0 < part < SMALLEST for part in parts)
    return Group(total, tuple(None if hidden else part for part in parts))


def median_days(spans: Iterable[timedelta]) -> float | None:
    """The median in days, to a tenth; nothing of fewer than eleven."""
    days = [span / timedelta(days=1) for span in spans]
    return round(median(days), 1) if len(days) >= SMALLEST else None


def _figures(year: int, since: datetime, until: datetime) -> Figures:
    opened = Entry.objects.filter(event=Event.EMERGENCY_OPENED.dotted, at__gte=since, at__lt=until)
    happened = opened.filter(outcome__in=[Outcome.ALLOWED.value, Outcome.DONE.value]).count()
    refused = opened.filter(outcome=Outcome.REFUSED.value).count()
    with over_every_dossier():
        reviewed = EmergencyReview.objects.filter(reviewed_at__gte=since, reviewed_at__lt=until)
        reviews = list(reviewed.values_list("verdict", "reviewed_at", "emergency__during"))
        questioned = Case.objects.filter(opened_at__gte=since, opened_at__lt=until)
        cases = list(questioned.values_list("conclusion", "opened_at", "answered_at"))
    alerts = list(
        AlertReview.objects.filter(changed_at__gte=since, changed_at__lt=until)
        .exclude(state=AlertState.TAKEN)
        .values_list("state", flat=True)
    )
    names = Unsealing.objects.filter(asked_at__gte=since, asked_at__lt=until)
    agreed = names.filter(agreed_by__isnull=False).count()
    concluded = [conclusion for conclusion, _opened, _answered in cases if conclusion]
    verdicts = [verdict for verdict, _at, _during in reviews]
    return Figures(
        year=year,
        emergencies=publishable(happened + refused, (happened, refused)),
        reviews=_counted(verdicts, list(Verdict)),
        review_days=median_days(at - during.lower for _verdict, at, during in reviews),
        cases=_counted(concluded, Conclusion.values),
        answer_days=median_days(answered - opened_at for _conclusion, opened_at, answered in cases if answered),
        alerts=_counted(alerts, [AlertState.EXPLAINED, AlertState.CONFIRMED]),
        names=publishable(names.count(), (agreed, names.count() - agreed)),
    )


def _counted(found: Sequence[str], kinds: Sequence[str]) -> Group:
    return publishable(len(found), [found.count(kind) for kind in kinds])


def _new_year(year: int) -> datetime:
    return timezone.make_aware(datetime.combine(date(year, 1, 1), time()))
