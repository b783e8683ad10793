"""Small worlds for the tests of decisions: facts built by hand, and facts drawn by hypothesis."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import MappingProxyType
from uuid import UUID

from hypothesis import strategies as st

from audit.actor import Role, SystemTask
from consent.ages import Age
from consent.categories import Category
from consent.decisions import (
    ChoiceFact,
    DelegationFact,
    EmergencyFact,
    Facts,
    HidingFact,
    Marks,
    OppositionFact,
    RepresentationFact,
    RepresentativeKind,
    Right,
    Span,
    Switches,
    Target,
)
from consent.matrix import Access
from consent.professions import Profession

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
LIVE = Span(NOW - HOUR, NOW + HOUR)
OVER = Span(NOW - HOUR, NOW)
READER, COLLEAGUE = UUID(int=1), UUID(int=2)
SHARED = tuple(category for category in Category if category is not Category.PERSONAL_NOTES)

MIGRATION = import_module("consent.migrations.0002_matrix_2026_11")
MATRIX: dict[str, dict[Category, Access]] = {}
for _profession, _french, _category, _access, *_ in MIGRATION.facts():
    MATRIX.setdefault(_profession, {})[Category(_category)] = Access(_access)


def professional(profession: str = "doctor", **facts: object) -> Facts:
    """A professional before a dossier, with the real matrix; in care unless told otherwise."""
    world = {
        "at": NOW,
        "role": Role.PROFESSIONAL,
        "professional": READER,
        "profession": profession,
        "matrix": "2026-11",
        "row": MappingProxyType(MATRIX.get(profession, {})),
        "emergency_row": MappingProxyType(MATRIX["emergency_regulator"]),
        "relationships": (LIVE,),
    }
    return Facts(**(world | facts))


def patient(*, own: bool = True) -> Facts:
    """A patient before their own dossier, or somebody else's."""
    return Facts(at=NOW, role=Role.PATIENT, own=own)


def system(task: SystemTask) -> Facts:
    """A task of the house."""
    return Facts(at=NOW, role=Role.SYSTEM, task=task)


def choice(
    category: Category = Category.LABORATORY,
    *,
    allowed: bool,
    right: Right = Right.READ,
    target: Target = Target.PERSON,
    during: Span = LIVE,
    id_: int = 10,
) -> ChoiceFact:
    """A choice of the patient that concerns the reader."""
    return ChoiceFact(UUID(int=id_), target, category, right, allowed, during)


def opposition(*, by_organisation: bool = False, author: UUID | None = None, during: Span = LIVE) -> OppositionFact:
    """An opposition that concerns the reader."""
    return OppositionFact(UUID(int=20), by_organisation, author, during)


def emergency(during: Span = LIVE) -> EmergencyFact:
    """An emergency access of the reader."""
    return EmergencyFact(UUID(int=30), during)


def delegation(*categories: Category, during: Span = LIVE) -> DelegationFact:
    """A professional entrusts these categories to the reader."""
    return DelegationFact(UUID(int=40), frozenset(categories), during)


def representative(kind: RepresentativeKind, age: Age, category: Category = Category.LABORATORY) -> Facts:
    """Somebody who acts for a patient of that age, in one category."""
    given = RepresentationFact(UUID(int=50), kind, frozenset({category}), LIVE)
    return Facts(at=NOW, role=Role.PATIENT, age=age, representations=(given,))


# --- drawn ------------------------------------------------------------------------------------

_instants = st.integers(-3, 3).map(lambda hours: NOW + hours * HOUR)
spans = st.builds(
    lambda start, hours: Span(start, None if hours is None else start + hours * HOUR),
    _instants,
    st.none() | st.integers(1, 4),
)
_ids = st.uuids(version=4)
people = st.sampled_from([READER, COLLEAGUE])
choices = st.builds(
    ChoiceFact, _ids, st.sampled_from(Target), st.sampled_from(Category), st.sampled_from(Right), st.booleans(), spans
)
scopes = st.frozensets(st.sampled_from(Category), max_size=19)
delegations = st.builds(DelegationFact, _ids, scopes, spans)
representations = st.builds(RepresentationFact, _ids, st.sampled_from(RepresentativeKind), scopes, spans)
switches = st.builds(Switches, st.booleans(), st.booleans(), st.booleans())
hidings = st.builds(HidingFact, _ids, st.none() | st.sampled_from(Category), spans)
oppositions = st.builds(OppositionFact, _ids, st.booleans(), st.none() | people, spans)
emergencies = st.builds(EmergencyFact, _ids, spans)
marks = st.none() | st.builds(
    Marks,
    st.none() | people,
    st.booleans(),
    st.booleans(),
    st.none() | _instants,
    st.none() | _instants,
    st.booleans(),
    st.booleans(),
)
rights = st.sampled_from(Right)
categories = st.sampled_from(Category)


def tuples_of(strategy: st.SearchStrategy, most: int) -> st.SearchStrategy:
    """A few of them, as facts hold them."""
    return st.lists(strategy, max_size=most).map(tuple)


professionals = st.builds(
    professional,
    st.sampled_from([*Profession, "astrologer"]),
    relationships=tuples_of(spans, 2),
    oppositions=tuples_of(oppositions, 2),
    emergencies=tuples_of(emergencies, 2),
    delegate=st.none() | st.just(COLLEAGUE),
    delegations=tuples_of(delegations, 2),
    switches=switches,
    hidden_new=tuples_of(hidings, 2),
    choices=tuples_of(choices, 12),
)
representatives = st.builds(
    lambda age, given: Facts(at=NOW, role=Role.PATIENT, age=age, representations=given),
    st.sampled_from(Age),
    tuples_of(representations, 3),
)
# Anybody but the patient before their own dossier.
outsiders = st.one_of(
    professionals,
    representatives,
    st.sampled_from([Role.ADMINISTRATOR, Role.ANONYMOUS]).map(lambda role: Facts(at=NOW, role=role)),
    st.just(patient(own=False)),
    st.sampled_from(SystemTask).map(system),
)
