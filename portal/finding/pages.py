"""Pages of a record as a whole, and of one category: what their templates need, whoever reads them.

An address may say which page, which year, and that only what is new is wanted: none of that is about health.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from consent.categories import Category, Tier
from portal.acting import Visit
from portal.finding.forms import FindForm
from portal.ui.results import sparkline
from records.reading import Drawer, Item, Leaf
from records.searching import Found, Hit, Sought, search
from records.seeking import words_of

# What is about money and papers stands apart from what is about health.
PAPERS = frozenset(category for category in Category if category.tier is Tier.ADMINISTRATIVE)
HEALTH = frozenset(Category) - PAPERS


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: a year, the record after which to go on, papers, values out of range, what is new."""

    year: int | None = None
    after: UUID | None = None
    papers: bool = False
    outside: bool = False
    new: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        """What the address of a request says; what makes no sense counts as nothing."""
        said = request.GET
        year = said.get("year", "")
        return cls(
            year=int(year) if len(year) == 4 and year.isascii() and year.isdigit() and year >= "1880" else None,
            after=_uuid(said.get("after", "")),
            papers=said.get("shelf") == "papers",
            outside=said.get("outside") == "yes",
            new=said.get("new") == "yes",
        )

    def query(self, **changes: object) -> str:
        """The tail of an address with these changes: ``?year=2024&after=…``, or empty."""
        said = {
            "shelf": "papers" if self.papers else None,
            "year": self.year,
            "outside": "yes" if self.outside else None,
            "new": "yes" if self.new else None,
        } | changes
        kept = {name: value for name, value in said.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def leaf(self) -> Leaf:
        """The page of one category."""
        return Leaf(year=self.year, outside=self.outside, after=self.after)

    def sought(self) -> Sought:
        """The page of the whole record."""
        return Sought(
            categories=PAPERS if self.papers else HEALTH,
            year=self.year,
            outside=self.outside,
            only_new=self.new,
            after=self.after,
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def found_for(request: Visit, dossier_id: UUID) -> dict[str, Any]:
    """What the page by time and the results of a search show of a dossier, in one call of a door.

    Raises:
        Unknown: there is no such dossier for this actor.
        Unreadable: sealed data do not open.
    """
    asked = Asked.of(request)
    form = FindForm(request.POST if request.method == "POST" else None)
    posted = form.sought() if form.is_bound else None
    found = search(actor=request.actor, dossier_id=dossier_id, sought=posted or asked.sought())
    # Only what is open to the reader can be chosen: the others are not even named.
    form.offer(found.open_to_reader)
    return {
        "form": form,
        "found": found,
        "asked": asked,
        "is_search": posted is not None,
        "words": words_of(posted.words) if posted else (),
        "said": {name: value for name, value in request.POST.items() if name in form.fields and name != "after"},
        "years": _hits_by_year(found) if posted is None else [],
        "hits": [hit for hit in found.hits if posted is not None and hit.item.category not in PAPERS],
        "papers": [hit for hit in found.hits if posted is not None and hit.item.category in PAPERS],
    }


def _hits_by_year(found: Found) -> list[tuple[int, list[Hit]]]:
    return [(year, list(group)) for year, group in groupby(found.hits, key=lambda hit: _year(hit.item))]


def drawer_for(request: Visit, drawer: Drawer) -> dict[str, Any]:
    """What the page of one category shows of an open drawer."""
    return {
        "drawer": drawer,
        "asked": Asked.of(request),
        "years": by_year(drawer.items),
        "lines": {record_id: sparkline(headers) for record_id, headers in drawer.curves.items() if len(headers) > 2},
    }


def by_year(items: Sequence[Item]) -> list[tuple[int, list[Item]]]:
    """The rows of a page by the year they happened, in their order; without a date, by the day they were filed."""
    return [(year, list(group)) for year, group in groupby(items, key=_year)]


def _year(item: Item) -> int:
    return timezone.localtime(item.header.date or item.filed_at).year
