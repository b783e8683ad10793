"""What stands out in the log, each with its reason: never a score, never a name.

Every rule is one query over a period. An alert says what was counted and against what, so that a person can judge it;
it accuses nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from audit.actor import Role
from audit.events import Event, Outcome

REFUSED_IN_A_ROW = 5
BULK_AT_LEAST = 20
BULK_TIMES = 3
SEQUEL_WITHIN = timedelta(hours=2)
USUAL_DAYS = 30
USUAL_AT_LEAST = 40
_MOST = 100


class Kind(StrEnum):
    """The rules."""

    EMERGENCY_WITHOUT_SEQUEL = "emergency_without_sequel"
    NO_RELATIONSHIP = "no_relationship"
    REFUSED_IN_A_ROW = "refused_in_a_row"
    BULK_READING = "bulk_reading"
    UNUSUAL_HOUR = "unusual_hour"
    # Found by the rooms above, who know whom an account and a pseudonym stand for.
    ONESELF = "treating_oneself"
    COLLEAGUE = "colleague"
    SAME_SURNAME = "same_surname"
    SAME_ADDRESS = "same_address"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that stands out: ``count`` of what the rule counts, ``usual`` what it is compared with."""

    kind: Kind
    at: datetime
    actor: UUID
    dossier: UUID | None
    count: int
    usual: int = 0

    @property
    def key(self) -> str:
        """The same for the same alert computed again: who, what, whom, on which day."""
        named = f"{self.kind}|{self.actor}|{self.dossier}|{self.at:%Y-%m-%d}"
        return sha256(named.encode()).hexdigest()[:32]


_LOOKS = (
    Event.DOSSIER_OPENED.dotted,
    Event.CATEGORY_READ.dotted,
    Event.RECORD_READ.dotted,
    Event.DOSSIER_SEARCHED.dotted,
    Event.SUMMARY_READ.dotted,
)

_EMERGENCIES = """
SELECT e.at, e.actor, e.dossier, 1, 0 FROM public.audit_entry e
WHERE e.event = %(emergency)s AND e.outcome = ANY (%(granted)s) AND e.at >= %(since)s AND e.at < %(until)s
    AND e.at < now() - %(sequel)s
    AND NOT EXISTS (SELECT FROM public.audit_entry l WHERE l.actor = e.actor AND l.dossier = e.dossier
        AND l.at >= e.at AND l.at < e.at + %(sequel)s
        AND l.event = ANY (%(contents)s) AND l.outcome = ANY (%(granted)s))
"""
_STRANGERS = """
SELECT min(at), actor, dossier, count(*), 0 FROM public.audit_entry
WHERE outcome = %(refused)s AND ground = 'no_relationship' AND role = %(professional)s
    AND at >= %(since)s AND at < %(until)s AND dossier IS NOT NULL
GROUP BY actor, dossier, date_trunc('day', at)
"""
_IN_A_ROW = """
SELECT min(at), actor, NULL::uuid, count(*), 0 FROM public.audit_entry
WHERE outcome = %(refused)s AND role = %(professional)s AND at >= %(since)s AND at < %(until)s
GROUP BY actor, date_bin('10 minutes', at, timestamptz '2000-01-01') HAVING count(*) >= %(in_a_row)s
"""
_BULK = """
WITH days AS (
    SELECT actor, date_trunc('day', at) AS day, min(at) AS at, count(DISTINCT dossier) AS seen
    FROM public.audit_entry
    WHERE role = %(professional)s AND event = ANY (%(looks)s) AND outcome = ANY (%(granted)s)
        AND at >= %(since)s AND at < %(until)s
    GROUP BY actor, date_trunc('day', at) HAVING count(DISTINCT dossier) >= %(bulk)s),
before AS (
    SELECT actor, count(DISTINCT dossier) AS seen FROM public.audit_entry
    WHERE actor IN (SELECT actor FROM days)
        AND role = %(professional)s AND event = ANY (%(looks)s) AND outcome = ANY (%(granted)s)
        AND at >= %(before)s AND at < date_trunc('day', %(since)s::timestamptz)
    GROUP BY actor, date_trunc('day', at)),
usual AS (SELECT actor, avg(seen) AS mean FROM before GROUP BY actor)
SELECT d.at, d.actor, NULL::uuid, d.seen, coalesce(u.mean, 0)::int FROM days d LEFT JOIN usual u USING (actor)
WHERE d.seen >= %(times)s * coalesce(u.mean, 0)
"""
_HOURS = """
WITH acts AS (
    SELECT actor, at, extract(hour FROM at)::int AS hour FROM public.audit_entry
    WHERE role = %(professional)s AND event = ANY (%(looks)s) AND at >= %(since)s AND at < %(until)s),
usual AS (
    SELECT actor, count(*) AS total, array_agg(DISTINCT extract(hour FROM at)::int) AS hours FROM public.audit_entry
    WHERE actor IN (SELECT actor FROM acts)
        AND role = %(professional)s AND event = ANY (%(looks)s) AND at >= %(before)s AND at < %(since)s
    GROUP BY actor HAVING count(*) >= %(enough)s)
SELECT min(a.at), a.actor, NULL::uuid, count(*), min(u.total)::int FROM acts a JOIN usual u USING (actor)
WHERE NOT EXISTS (SELECT FROM unnest(u.hours) AS b WHERE abs(b - a.hour) <= 1 OR abs(b - a.hour) = 23)
GROUP BY a.actor, date_trunc('day', a.at)
"""
_LOOKS_BY_DAY = """
SELECT min(at), actor, dossier, count(*) FROM public.audit_entry
WHERE role = %(professional)s AND event = ANY (%(looks)s) AND outcome = ANY (%(granted)s)
    AND at >= %(since)s AND at < %(until)s AND dossier IS NOT NULL
GROUP BY actor, dossier, date_trunc('day', at)
"""
_RULES = {
    Kind.EMERGENCY_WITHOUT_SEQUEL: _EMERGENCIES,
    Kind.NO_RELATIONSHIP: _STRANGERS,
    Kind.REFUSED_IN_A_ROW: _IN_A_ROW,
    Kind.BULK_READING: _BULK,
    Kind.UNUSUAL_HOUR: _HOURS,
}


def find_alerts(since: datetime, until: datetime) -> list[Alert]:
    """What stands out from ``since`` until ``until``, newest first; at most a hundred of each rule."""
    values = _values(since, until)
    found: list[Alert] = []
    with connection.cursor() as cursor:
        for kind, query in _RULES.items():
            cursor.execute(f"{query} ORDER BY 1 DESC LIMIT {_MOST}", values)
            found += [Alert(kind, *row) for row in cursor.fetchall()]
    return newest_first(found)


def looks_by_day(since: datetime, until: datetime) -> list[tuple[datetime, UUID, UUID, int]]:
    """Who of the professionals looked into which record on which day: when first, who, which, how many times."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS_BY_DAY, _values(since, until))
        looks: list[tuple[datetime, UUID, UUID, int]] = cursor.fetchall()
        return looks


def newest_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts in the order in which they are read."""
    return sorted(alerts, key=lambda alert: (alert.at, alert.key), reverse=True)


def _values(since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "since": since,
        "until": until,
        "before": since - timedelta(days=USUAL_DAYS),
        "sequel": SEQUEL_WITHIN,
        "emergency": Event.EMERGENCY_OPENED.dotted,
        "granted": [Outcome.ALLOWED.value, Outcome.DONE.value],
        "refused": Outcome.REFUSED.value,
        "professional": Role.PROFESSIONAL.value,
        "looks": list(_LOOKS),
        "contents": [*_LOOKS[1:], Event.RECORD_CREATED.dotted],
        "in_a_row": REFUSED_IN_A_ROW,
        "bulk": BULK_AT_LEAST,
        "times": BULK_TIMES,
        "enough": USUAL_AT_LEAST,
    }
