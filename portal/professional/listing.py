"""The list of one's own patients, and one's own traces in the log, made ready for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from audit.events import Event, Outcome
from audit.log import LoggedEntry
from consent.categories import Category
from portal.professional.searching import folded, matches
from portal.professional.standing import Standing, age_on
from records.people import Identity

_SOON = 14


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One patient of the list. Plaintext: it lives as long as one page."""

    dossier_id: UUID
    identity: Identity
    age: int | None
    standing: Standing
    days_left: int | None

    def __repr__(self) -> str:
        return "<Line>"

    @property
    def ends_soon(self) -> bool:
        """Whether the relationship ends within two weeks: time to speak of it with the patient."""
        return self.days_left is not None and self.days_left <= _SOON


def lines_of(
    identities: Mapping[UUID, Identity], standings: Mapping[UUID, Standing], *, query: str, today: date
) -> list[Line]:
    """The patients whose name the query finds, in the order of a directory (pure)."""
    found = [
        Line(
            dossier_id,
            identity,
            age_on(identity.birth_date, today),
            standings[dossier_id],
            _days_left(standings[dossier_id], today),
        )
        for dossier_id, identity in identities.items()
        if matches(identity, query)
    ]
    return sorted(
        found, key=lambda line: folded(f"{line.identity.used_name or line.identity.family} {line.identity.given}")
    )


def _days_left(standing: Standing, today: date) -> int | None:
    return (timezone.localdate(standing.until) - today).days if standing.until else None


@dataclass(frozen=True, slots=True)
class Trace:
    """One act of one's own, or names seen in a row: a list of twelve patients is one line, not twelve."""

    entry: LoggedEntry
    dossiers: frozenset[UUID]

    @property
    def drawer(self) -> str:
        """The category it was about, in the language in force; empty when there was none."""
        return Category(self.entry.category).label if self.entry.category in set(Category) else self.entry.category

    @property
    def dossier(self) -> UUID | None:
        """The one dossier (pseudonym) it was about; none when it was about none or several."""
        return next(iter(self.dossiers)) if len(self.dossiers) == 1 else None


def traces_of(entries: Sequence[LoggedEntry]) -> list[Trace]:
    """The entries in their order, names seen in a row folded into one line (pure)."""
    traces: list[Trace] = []
    for entry in entries:
        about = frozenset([entry.dossier]) if entry.dossier is not None and _was_known(entry) else frozenset[UUID]()
        if traces and entry.event == traces[-1].entry.event == Event.DOSSIER_LISTED.dotted:
            traces[-1] = Trace(traces[-1].entry, traces[-1].dossiers | about)
        else:
            traces.append(Trace(entry, about))
    return traces


def _was_known(entry: LoggedEntry) -> bool:
    """Whether the reader knew whom the act was about.

    A refused page answers as if there were nothing at its address: naming the patient here would say that a
    document is there and hidden. Where a category was refused, the page itself said whose it is.
    """
    return entry.outcome != Outcome.REFUSED.value or bool(entry.category)


def dossiers_in(traces: Iterable[Trace]) -> set[UUID]:
    """The dossiers (pseudonyms) that the lines about one person speak of."""
    return {trace.dossier for trace in traces if trace.dossier is not None}
