"""By which ways, and when, a person wants each kind of letter.

The engine asks once per batch (``load_planner``) and then per letter: ``planner(account_id, kind, now)``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from portal.notifications.kinds import Channel, Kind, Plan, Urgency

Planner = Callable[[UUID, Kind, datetime], tuple[Plan, ...]]


def load_planner(account_ids: Collection[UUID]) -> Planner:  # noqa: ARG001
    """The wishes of these people, read in one go."""
    return _unless_told_otherwise


def _unless_told_otherwise(_account_id: UUID, kind: Kind, now: datetime) -> tuple[Plan, ...]:
    by_mail = Plan(Channel.MAIL, now)
    return (by_mail, Plan(Channel.SMS, now)) if kind.traits.urgency is Urgency.EMERGENCY else (by_mail,)
