"""What doors hand to one page: plaintext, frozen, silent about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from consent.categories import Category
from consent.decisions import Decision
from consent.dossiers import DossierRef
from records.formats.fhir.presentation import Presentation
from records.headers import Flag, Header, beside
from records.people import Identity


class Blunt:
    """Shows its class and nothing else, so that no log or traceback can carry what it holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Item(Blunt):
    """One row of a list. ``author`` is a professional of the directory, ``mine`` whether the reader is.

    ``masked``: the patient hides it; ``held_until``: it does not appear to the patient before; ``secret``:
    kept from the guardians of a minor, unless ``opened`` to them; ``brought``: the reader is its patient, and they or
    who acts for them brought it.
    """

    record_id: UUID
    category: Category
    header: Header
    filed_at: datetime
    revision: int
    masked: bool
    author: UUID | None
    mine: bool
    held_until: datetime | None = None
    secret: bool = False
    opened: bool = False
    brought: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CategoryView(Blunt):
    """One drawer as its reader sees it; ``count`` is ``None`` when it is closed to them."""

    category: Category
    decision: Decision
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Overview(Blunt):
    """A dossier at a glance: its 19 drawers, what was filed last, and the allergies.

    ``last_visit`` is when the reader was here before they came in this time, ``None`` when never; ``new`` counts what
    was filed since.
    """

    ref: DossierRef
    identity: Identity
    categories: tuple[CategoryView, ...]
    newest: tuple[Item, ...]
    alerts: tuple[Item, ...]
    last_visit: datetime | None = None
    new: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Drawer(Blunt):
    """One page of an open drawer, last events first.

    ``total`` counts all that it holds for the reader and ``years`` says where, by year, newest first. ``ahead`` are
    appointments to come, soonest first; ``first`` are allergies, and medicines that go on: none is among ``items``.
    ``following`` is the record to give as ``after`` for the next page, ``None`` at the end. ``curves`` are the values
    of the analyses whose newest result is on the page, by its record.
    """

    ref: DossierRef
    identity: Identity
    category: Category
    decision: Decision
    items: tuple[Item, ...]
    total: int = 0
    years: tuple[tuple[int, int], ...] = ()
    ahead: tuple[Item, ...] = ()
    first: tuple[Item, ...] = ()
    following: UUID | None = None
    curves: Mapping[UUID, tuple[Header, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Point(Blunt):
    """One value of a curve in ``unit``, with the range that came with it, and as it was ``measured``."""

    record_id: UUID
    date: datetime
    value: Decimal
    unit: str
    low: Decimal | None
    high: Decimal | None
    flag: Flag
    measured: Decimal
    measured_unit: str

    @property
    def standing(self) -> Flag:
        """The source's flag; without one, on which side of its range the value lies."""
        return beside(self.value, self.low, self.high) if self.flag is Flag.NONE else self.flag

    @property
    def is_converted(self) -> bool:
        """Whether the laboratory gave it in another unit."""
        return self.unit != self.measured_unit


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attached(Blunt):
    """A document kept with a record, as a page names it. ``length`` is in bytes; ``mine``: the reader sent it."""

    document_id: UUID
    name: str
    media_type: str
    length: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was replaced: its number, and when the next one took its place."""

    revision: int
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecordView(Blunt):
    """One record, whole, with the files beside it.

    ``series`` holds comparable values, oldest first; empty when there is no number. ``apart`` holds values of the same
    thing in units that do not compare.
    """

    item: Item
    category: Category
    identity: Identity
    resource: dict[str, Any]
    presentation: Presentation
    series: tuple[Point, ...]
    ref: DossierRef
    apart: tuple[Point, ...] = ()
    files: tuple[Attached, ...] = ()
    versions: tuple[Version, ...] = ()
