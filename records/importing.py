"""What an import found and did: the pieces in hand before anything is written, and the report after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from consent.dossiers import DossierRef
from records.formats.beside import File
from records.formats.fhir.bundle import Bundle, Entry, Unreadable, to_json
from records.formats.fhir.came import FORMAT, Addresses, Came, alongside, provenances_of, with_came
from records.formats.fhir.carried import carry, original
from records.formats.fhir.kinds import PART_OF_NOTHING, TWICE
from records.formats.fhir.mapping import LeftOut, category_of, land
from records.formats.fhir.patient import differs, identity_of
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
    past = _Past(bundle)
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
        carried = carry(plain, bundle.references, landing.category, sources)
        resource = to_json(with_came(carried, past.of(entry, source)))
        authors = tuple(author_numbers(plain, bundle.references))
        files = bundle.files.get(entry.position, ())
        pieces.append(Piece(entry.position, landing.category, landing.header, resource, plain, source, authors, files))
    # Lists show what was filed last first: filing in order of date makes that the newest.
    pieces.sort(key=lambda piece: (piece.header.date is not None, piece.header.date or 0, piece.position))
    return pieces, omissions


class _Past:
    """How the resources of a bundle came, for the day when they leave."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        listed = [(entry.full_url, entry.resource) for entry in bundle.entries if entry.resource]
        resources = [resource for _url, resource in listed]
        self._addresses = Addresses(listed)
        self._filed = {
            id(one): one for one in resources if not isinstance(category_of(one, bundle.references), LeftOut)
        }
        self._provenances = provenances_of(resources, bundle.references, self._filed)

    def of(self, entry: Entry, source: bytes) -> Came:
        """How the resource of one entry came."""
        resource = entry.resource or {}
        return Came(
            entry.links.get(FORMAT) or self._bundle.format,
            self._addresses.of(resource),
            source.decode(),
            alongside(resource, self._bundle.references, self._addresses, self._provenances, self._filed),
        )


def only_patient(bundle: Bundle) -> dict[str, object] | None:
    """The one Patient of a bundle, ``None`` without any.

    Raises:
        Unreadable: the bundle speaks of several people.
    """
    found = [
        entry.resource for entry in bundle.entries if entry.resource and entry.resource["resourceType"] == "Patient"
    ]
    if bundle.subject is not None:
        found.insert(0, bundle.subject)
    if _differ(found, bundle.subject):
        raise Unreadable(_("This file speaks of several people. Split it, one person a file, and try again."))
    return found[0] if found else None


def _differ(patients: Sequence[Mapping[str, object]], subject: Mapping[str, object] | None) -> bool:
    """Whether these are several people. Two houses that treat one person number them each in their own way.

    What a Patient does not say is no difference from a ``subject``, who is known to be the person of the file.
    """
    if len({str(patient.get("id", position)) for position, patient in enumerate(patients)}) < 2:
        return False
    known = identity_of(patients[0])
    told = [other for other in patients[1:] if subject is None or other is not subject]
    return known is None or any(
        (subject is None and identity_of(other) is None) or differs(other, known) for other in told
    )
