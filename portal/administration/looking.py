"""Doors of the log: whoever reads it leaves a line in it, before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor, Role, SystemTask
from audit.cosigning import WitnessView, witness_views
from audit.events import Event, Outcome
from audit.log import append
from audit.pseudonyms import uuid_range
from audit.reviewing import (
    CheckpointView,
    HourCount,
    accesses_per_hour,
    latest_checkpoint,
    recent_checkpoints,
)
from audit.searching import LogFilter, Page, search_log
from audit.verifying import Report, verify_log

_CHECKPOINTS = 10
_VERIFICATIONS = 5
# How far back the integrity page looks for entries that wait for their number: about a second's worth.
_TAIL = 200


@dataclass(frozen=True, slots=True)
class LogView:
    """What the page of the log shows: some lines, the accesses of a day, the last signed checkpoint."""

    page: Page
    hours: list[HourCount]
    checkpoint: CheckpointView | None


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness as the page tells it; ``late`` when a checkpoint waits for it for more than five minutes."""

    view: WitnessView
    late: bool


@dataclass(frozen=True, slots=True)
class IntegrityView:
    """What the integrity page shows: checkpoints, newest first, verifications, the unnumbered tail, witnesses."""

    checkpoints: list[CheckpointView]
    verifications: Page
    waiting: int
    witnesses: list[WitnessState]


def read_log(*, actor: Actor, wanted: LogFilter, day: date, before: str | None = None) -> LogView:
    """Lines of the log and the rhythm of one day; the reading is committed before it returns.

    Raises:
        PermissionDenied: the actor is no administrator.
        BadPseudonym, BadCursor: see :func:`audit.searching.search_log`.
    """
    _administrators_only(actor)
    with transaction.atomic(durable=True):
        view = LogView(search_log(wanted, before=before), accesses_per_hour(day), latest_checkpoint())
        append(Event.LOG_READ, actor=actor, outcome=Outcome.DONE, facts=facts_of(wanted, len(view.page.lines)))
    return view


def read_integrity(*, actor: Actor) -> IntegrityView:
    """Checkpoints and past verifications; the reading is committed before it returns.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    _administrators_only(actor)
    wanted, now = LogFilter(event=Event.LOG_VERIFIED.dotted), timezone.now()
    with transaction.atomic(durable=True):
        newest = search_log(LogFilter(), limit=_TAIL)
        view = IntegrityView(
            checkpoints=recent_checkpoints(limit=_CHECKPOINTS),
            verifications=search_log(wanted, limit=_VERIFICATIONS),
            waiting=sum(line.index is None for line in newest.lines),
            witnesses=[WitnessState(view, view.is_late(now)) for view in witness_views()],
        )
        append(Event.LOG_READ, actor=actor, outcome=Outcome.DONE, facts=facts_of(wanted, len(view.verifications.lines)))
    return view


def ask_for_verification(*, actor: Actor) -> None:
    """Remember that this administrator asked for a verification that the house will do by itself.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    _administrators_only(actor)
    with transaction.atomic(durable=True):
        append(Event.LOG_VERIFICATION_ASKED, actor=actor, outcome=Outcome.DONE)


def verify(*, actor: Actor) -> Report:
    """Read the whole log again, then remember what was found.

    Raises:
        PermissionDenied: the actor is neither an administrator nor the house itself.
    """
    if actor.task is not SystemTask.VERIFICATION:
        _administrators_only(actor)
    report = verify_log()
    facts: dict[str, str | int | UUID] = {"size": report.size, "verdict": verdict_of(report)}
    if report.first_bad is not None:
        facts["first_bad"] = report.first_bad
    with transaction.atomic(durable=True):
        append(Event.LOG_VERIFIED, actor=actor, outcome=Outcome.DONE if report.ok else Outcome.FAILED, facts=facts)
    return report


def verdict_of(report: Report) -> str:
    """``whole``, ``broken`` when an entry can no longer be trusted, ``late`` when some wait too long for a number."""
    if report.ok:
        return "whole"
    return "late" if report.late and report.first_bad is None else "broken"


def _administrators_only(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied


def facts_of(wanted: LogFilter, count: int) -> dict[str, str | int | UUID]:
    """What was looked for, so that a reading can be judged; a short pseudonym stands as the first it may mean."""
    facts: dict[str, str | int | UUID] = {"count": count}
    if wanted.since:
        facts["period_from"] = wanted.since.strftime("%Y-%m-%d")
    if wanted.until:
        facts["period_to"] = wanted.until.strftime("%Y-%m-%d")
    if wanted.actor:
        facts["filter_actor"] = uuid_range(wanted.actor)[0]
    if wanted.dossier:
        facts["filter_dossier"] = uuid_range(wanted.dossier)[0]
    if wanted.event:
        facts["filter_event"] = wanted.event
    if wanted.outcome:
        facts["filter_outcome"] = wanted.outcome
    if wanted.organisation:
        facts["organisation"] = uuid_range(wanted.organisation)[0]
    if wanted.profession:
        facts["profession"] = wanted.profession
    if wanted.ground:
        facts["reason"] = wanted.ground
    return facts
