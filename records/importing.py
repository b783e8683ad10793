"""What an import found and did: the pieces in hand before anything is written, and the report after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from consent.dossiers import DossierRef
from records.formats.beside import File
from records.formats.fhir.bundle import Bundle, Unreadable, to_json
from records.formats.fhir.carried import carry, original
from records.formats.fhir.kinds import PART_OF_NOTHING, TWICE
from records.formats.fhir.mapping import LeftOut, land
from records.formats.fhir.sources import author_numbers, source_of
from records.headers import Header


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """One resource ready to be filed: where it lies, what names its source, who may have written it."""

    position: int
    category: Category
    header: Header
    resource: bytes
    plain: Mapping[str, object]
    source: bytes
    authors: tuple[str, ...]
    files: tuple[File, ...] = ()

    def __repr__(self) -> str:
        return f"<Piece {self.position}>"


@dataclass(frozen=True, slots=True)
class Omission:
    """An entry of the file that lies in no drawer, with its type and the reason (an English msgid)."""

    position: int
    kind: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the resources of one type in one drawer."""

    created: int = 0
    amended: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.amended + self.unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did; it names no one and quotes nothing.

    Attributes:
        ref: the dossier.
        new: whether the dossier was made by this import.
        landed: per (FHIR type, category).
        left_out: what lies in no drawer, and why.
        misspelt_number: whether a national health number was left out because its key does not fit.
        cleaned: what was removed from files (``script``, ``file``, ``surroundings``, ``preamble``).
        shut: how many files inside others were left unopened.
    """

    ref: DossierRef
    new: bool
    landed: Mapping[tuple[str, Category], Tally] = field(default_factory=dict)
    left_out: tuple[Omission, ...] = ()
    misspelt_number: bool = False
    cleaned: frozenset[str] = frozenset()
    shut: int = 0

    @property
    def created(self) -> int:
        """Records that were not there before."""
        return sum(tally.created for tally in self.landed.values())

    @property
    def amended(self) -> int:
        """Records that were there with another content."""
        return sum(tally.amended for tally in self.landed.values())

    @property
    def unchanged(self) -> int:
        """Records that were there already."""
        return sum(tally.unchanged for tally in self.landed.values())

    def counts_by_type(self) -> Counter[str]:
        """Resources per FHIR type, landed and left out alike: the counts of the file."""
        counts = Counter(omission.kind for omission in self.left_out if omission.kind)
        for (kind, _category), tally in self.landed.items():
            counts[kind] += tally.total
        return counts


def sort_out(bundle: Bundle) -> tuple[list[Piece], list[Omission]]:
    """Every entry of the bundle as a piece to file, oldest first, or as an omission: none is lost.

    Raises:
        Unreadable: a text holds a character that cannot be written.
    """
    pieces: list[Piece] = []
    omissions: list[Omission] = []
    seen: dict[bytes, list[Mapping[str, object]]] = {}
    sources = {
        id(entry.resource): source_of(entry, original(entry.resource)) for entry in bundle.entries if entry.resource
    }
    for entry in bundle.entries:
        if entry.resource is None:
            omissions.append(Omission(entry.position, "", PART_OF_NOTHING))
            continue
        plain = original(entry.resource)
        kind = str(plain["resourceType"])
        landing = land(plain, bundle.references)
        if isinstance(landing, LeftOut):
            omissions.append(Omission(entry.position, kind, landing.reason))
            continue
        source = sources[id(entry.resource)]
        earlier = seen.setdefault(source, [])
        if plain in earlier:
            omissions.append(Omission(entry.position, kind, TWICE))
            continue
        earlier.append(plain)
        if len(earlier) > 1:
            # Two different resources under one name: both are kept, told apart by their order in the file.
            source += f"#{len(earlier)}".encode()
        resource = to_json(carry(plain, bundle.references, landing.category, sources))
        authors = tuple(author_numbers(plain, bundle.references))
        files = bundle.files.get(entry.position, ())
        pieces.append(Piece(entry.position, landing.category, landing.header, resource, plain, source, authors, files))
    # Lists show what was filed last first: filing in order of date makes that the newest.
    pieces.sort(key=lambda piece: (piece.header.date is not None, piece.header.date or 0, piece.position))
    return pieces, omissions


def only_patient(bundle: Bundle) -> dict[str, object] | None:
    """The one Patient of a bundle, ``None`` without any.

    Raises:
        Unreadable: the bundle speaks of several people.
    """
    if bundle.subject is not None:
        return bundle.subject
    found = [
        entry.resource for entry in bundle.entries if entry.resource and entry.resource["resourceType"] == "Patient"
    ]
    if _differ(found):
        raise Unreadable(_("This file speaks of several people. Split it, one person a file, and try again."))
    return found[0] if found else None


def _differ(patients: Iterable[Mapping[str, object]]) -> bool:
    return len({str(patient.get("id", position)) for position, patient in enumerate(patients)}) > 1
