"""How long entries are kept, and how what is gone is still accounted for.

Entries are kept for ten years, what is merely technical (sign-ins, verifications) for one. What has expired leaves its
leaves: the tree, its proofs and every checkpoint stay as they were. That a month expired is itself an entry
(``log.expired``), with the number of leaves whose entry is gone and one digest over all of them, so that verification
tells an entry that expired from one that somebody removed. Such entries are never removed themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256

from audit.entry import Entry
from audit.events import Event

# The database holds the same list and the same years, and removes nothing else (migration 0005).
TECHNICAL = frozenset(
    event.dotted
    for event in (
        Event.ACCOUNT_PASSWORD_ACCEPTED,
        Event.ACCOUNT_SIGNED_IN,
        Event.ACCOUNT_SIGN_IN_REFUSED,
        Event.ACCOUNT_FACTOR_REFUSED,
        Event.ACCOUNT_SIGNED_OUT,
        Event.LOG_VERIFIED,
    )
)
FIRST_LINK = bytes(32)


class Kind(StrEnum):
    """What of a month expires."""

    TECHNICAL = "technical"
    ALL = "all"

    @property
    def years(self) -> int:
        """For how long after the end of its month an entry is kept."""
        return 1 if self is Kind.TECHNICAL else 10


@dataclass(frozen=True, slots=True)
class Expiry:
    """What the log says of a month: ``count`` of its leaves have no entry any more; ``digest`` is over all of them."""

    month: date
    count: int
    digest: bytes

    @classmethod
    def of(cls, entry: Entry) -> Expiry | None:
        """What an entry ``log.expired`` says; ``None`` if it came before its time or cannot be read."""
        facts = entry.facts
        try:
            month, kind = datetime.strptime(facts["period_from"], "%Y-%m-%d").date(), Kind(facts["kind"])
            count = int(facts["count"])
        except (KeyError, ValueError):
            return None
        if entry.at < expires_at(month, kind) or len(entry.digest) != len(FIRST_LINK):
            return None
        return cls(month, count, entry.digest)


def month_of(at: datetime) -> date:
    """The month (UTC) of an entry, as its first day."""
    return at.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def expires_at(month: date, kind: Kind) -> datetime:
    """From when on entries of ``month`` (its first day) are no longer kept."""
    end = next_month(month)
    return datetime(end.year + kind.years, end.month, 1, tzinfo=UTC)


def link(digest: bytes, leaf: bytes) -> bytes:
    """The digest over some leaves and one more, in the order of their numbers; it begins with :data:`FIRST_LINK`."""
    return sha256(digest + leaf).digest()
