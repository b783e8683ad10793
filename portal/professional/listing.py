"""The list of one's own patients, and one's own traces in the log, made ready for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from audit.events import Event
from audit.log import LoggedEntry
from consent.categories import Category
from portal.professional.searching import folded, matches
from portal.professional.standing import Standing, age_on
from records.people import Identity


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One patient of the list. Plaintext: it lives as long as one page."""

    dossier_id: UUID
    identity: Identity
    age: int | None
    standing: Standing

    def __repr__(self) -> str:
        return "<Line>"


def lines_of(
    identities: Mapping[UUID, Identity], standings: Mapping[UUID, Standing], *, query: str, today: date
) -> list[Line]:
    """The patients whose name the query finds, in the order of a directory (pure)."""
    found = [
        Line(dossier_id, identity, age_on(identity.birth_date, today), standings[dossier_id])
        for dossier_id, identity in identities.items()
        if matches(identity, query)
    ]
    return sorted(
        found, key=lambda line: folded(f"{line.identity.used_name or line.identity.family} {line.identity.given}")
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """One act of one's own, or several of one request that say the same: a list of twelve names is one line."""

    entry: LoggedEntry
    times: int

    @property
    def drawer(self) -> str:
        """The category it was about, in the language in force; empty when there was none."""
        return Category(self.entry.category).label if self.entry.category in set(Category) else self.entry.category


def traces_of(entries: Sequence[LoggedEntry]) -> list[Trace]:
    """The entries in their order, with the names of one shown list folded into one line (pure)."""
    traces: list[Trace] = []
    for entry in entries:
        last = traces[-1].entry if traces else None
        if (
            last is not None
            and entry.event == last.event == Event.DOSSIER_LISTED.dotted
            and entry.request == last.request
        ):
            traces[-1] = Trace(last, traces[-1].times + 1)
        else:
            traces.append(Trace(entry, 1))
    return traces


def dossiers_in(traces: Iterable[Trace]) -> set[UUID]:
    """The dossiers (pseudonyms) that single lines speak of."""
    return {trace.entry.dossier for trace in traces if trace.times == 1 and trace.entry.dossier is not None}
