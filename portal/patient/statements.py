"""The statement of a month: who looked at the record, how often, what was refused; a page to print and keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.models import Entry
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.history import History, Line, folded, known_lines, name_lines, read_line, with_words
from portal.patient.narrowing import midnight
from records.identity import find_own
from records.models import Dossier

# More lines than a month of anybody's life; what is beyond is said, never cut off in silence.
MOST = 2000


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person's month: how often they looked or wrote, how often they were refused, first and last."""

    who: str
    who_detail: str
    count: int
    refused: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """A month. ``history`` holds every line of other people; ``is_whole`` is false where there were too many."""

    month: date
    visitors: tuple[Visitor, ...]
    history: History
    total: int
    refused: int
    emergencies: int
    is_whole: bool
    is_over: bool
    previous: date | None
    following: date | None


class MonthForm(forms.Form):
    """Which month, as ``2026-11``."""

    month = forms.DateField(required=False, input_formats=["%Y-%m"])


@require_safe
@only_for(Role.PATIENT)
def statement(request: Visit) -> HttpResponse:
    """The statement of one month; the last that is over unless another is asked for."""
    form = MonthForm(request.GET)
    if not form.is_valid():
        raise Http404
    told = read_statement(actor=request.actor, month=form.cleaned_data["month"])
    return render(request, "patient/statement.html", {"statement": told})


def read_statement(*, actor: Actor, month: date | None = None) -> Statement:
    """The statement of the month that begins on ``month``, or of the last that is over; reading it is remembered.

    A record that is younger than a month begins with this one.

    Raises:
        records.identity.NoDossier: this account has no record.
        Http404: the month has not begun, or lies before the record.
    """
    with transaction.atomic(durable=True):
        ref = find_own(actor)
        this = timezone.localdate().replace(day=1)
        first = Dossier.objects.values_list("created_on", flat=True).get(id=ref.id).replace(day=1)
        month = month or max(first, (this - timedelta(days=1)).replace(day=1))
        if not first <= month <= this:
            raise Http404
        following = (month + timedelta(days=32)).replace(day=1)
        rows = Entry.objects.about(ref.pseudonym).exclude(actor=actor.id)
        rows = rows.filter(at__gte=midnight(month), at__lt=midnight(following)).newest_first().with_index()
        read = [read_line(row) for row in rows[: MOST + 1]]
        known = known_lines(ref, actor, read[:MOST])
        lines = with_words(ref, known, name_lines(known, actor))
        facts: dict[str, str | int | UUID] = {"period_from": f"{month:%Y-%m-%d}", "lines": len(lines)}
        log.append(Event.HISTORY_READ, actor=actor, dossier=ref.pseudonym, purpose="statement", facts=facts)
    # What the house files is counted above: line by line it would bury what people did.
    by_people = folded([line for line in lines if not line.is_house])
    days = tuple((day, tuple(group)) for day, group in groupby(by_people, key=lambda line: line.day))
    return Statement(
        month=month,
        visitors=_visitors(lines),
        history=History(days, None),
        total=len(lines),
        refused=sum(line.refused for line in lines),
        emergencies=sum(entry.event == Event.EMERGENCY_OPENED.dotted and _happened(entry) for entry in known),
        is_whole=len(read) <= MOST,
        is_over=following <= this,
        previous=(month - timedelta(days=1)).replace(day=1) if month > first else None,
        following=following if following <= this else None,
    )


def _happened(entry: log.LoggedEntry) -> bool:
    return entry.outcome in {Outcome.ALLOWED.value, Outcome.DONE.value}


def _visitors(lines: Sequence[Line]) -> tuple[Visitor, ...]:
    """One for each person, the most frequent first."""
    by_person: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        by_person.setdefault((line.who, line.who_detail), []).append(line)
    found = [
        Visitor(who, detail, len(theirs), sum(line.refused for line in theirs), theirs[-1].at, theirs[0].at)
        for (who, detail), theirs in by_person.items()
    ]
    return tuple(sorted(found, key=lambda visitor: (-visitor.count, visitor.who)))
