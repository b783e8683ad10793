"""What a medical summary holds of a record, chosen from its headers (pure: no clock, no database).

The sections are those of the International Patient Summary (IPS, HL7 FHIR IG 1.1; ISO 27269), in the order in which
somebody who treats a stranger reads them: allergies first, always. Drawers of delicate matters are left out as a whole:
a page that goes from hand to hand says only what any of them may read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from consent.categories import Category
from records.shown import Item


class Section(StrEnum):
    """One part of a summary, in its order on the page."""

    ALLERGIES = "allergies"
    PROBLEMS = "problems"
    TREATMENTS = "treatments"
    DEVICES = "devices"
    RESULTS = "results"
    VACCINATIONS = "vaccinations"
    BLOOD_GROUP = "blood_group"
    DIRECTIVES = "directives"
    CARE_TEAM = "care_team"

    @property
    def drawer(self) -> Category:
        """The only drawer that this section is chosen from."""
        return _DRAWERS[self]


_DRAWERS = {
    Section.ALLERGIES: Category.MEDICAL_SUMMARY,
    Section.PROBLEMS: Category.MEDICAL_SUMMARY,
    Section.TREATMENTS: Category.PRESCRIPTION,
    Section.DEVICES: Category.MEDICAL_SUMMARY,
    Section.RESULTS: Category.LABORATORY,
    Section.VACCINATIONS: Category.PREVENTION,
    Section.BLOOD_GROUP: Category.LABORATORY,
    Section.DIRECTIVES: Category.DIRECTIVES,
    Section.CARE_TEAM: Category.CARE_PLAN,
}
DRAWERS = tuple(dict.fromkeys(_DRAWERS.values()))

# A result older than this says little of today.
RECENT = timedelta(days=365)
# More than fits on a page serves nobody there; the page says how many are left out.
_MOST = {Section.RESULTS: 10, Section.VACCINATIONS: 10, Section.BLOOD_GROUP: 2, Section.DIRECTIVES: 3}
_UNDATED = datetime.min.replace(tzinfo=UTC)
# Condition and AllergyIntolerance (FHIR R4, condition-clinical, allergyintolerance-clinical) that are over, or never
# were. Without a status a problem counts: one too many is read and crossed out, one too few is not seen.
_OVER = frozenset({"inactive", "resolved", "remission", "entered-in-error", "refuted"})
_ENDED = frozenset(
    {"completed", "stopped", "cancelled", "entered-in-error", "not-taken", "on-hold", "draft", "unknown"}
)
# LOINC: ABO and Rh group, ABO group, Rh group.
BLOOD_GROUPS = frozenset({"882-1", "883-9", "10331-7"})


def select(items: Iterable[Item], *, at: datetime) -> Mapping[Section, tuple[Item, ...]]:
    """What each section holds, the last event first; a section with nothing in it is an empty tuple.

    What is told several times is shown once, as it was told last: a medicine prescribed every three months is one
    treatment. A result counts only if the newest of its kind is out of range; a problem, an allergy or a treatment that
    any source still holds for current is shown.

    Args:
        items: what the reader may see, of any drawer.
        at: the moment of the summary (aware).
    """
    ordered = sorted(items, key=_when, reverse=True)
    return {section: _newest(ordered, section, rule, at) for section, rule in _RULES.items()}


def left_out(chosen: Mapping[Section, tuple[Item, ...]], section: Section) -> int:
    """How many of a section are more than its page shows."""
    return max(len(chosen[section]) - _MOST.get(section, len(chosen[section])), 0)


def shown_of(chosen: Mapping[Section, tuple[Item, ...]], section: Section) -> tuple[Item, ...]:
    """What the page of a summary shows of a section."""
    return chosen[section][: _MOST.get(section)]


_Rule = Callable[[Item, datetime], bool]


def _newest(ordered: list[Item], section: Section, rule: _Rule, at: datetime) -> tuple[Item, ...]:
    seen: set[tuple[str, ...]] = set()
    found = []
    for item in ordered:
        if item.category is not section.drawer or item.header.kind not in _KINDS[section]:
            continue
        fits, same = rule(item, at), _same(item, section)
        if same not in seen and fits:
            found.append(item)
        if fits or section is Section.RESULTS:
            seen.add(same)
    return tuple(found)


def _same(item: Item, section: Section) -> tuple[str, ...]:
    """What two tellings of the same thing have in common."""
    header = item.header
    if section is Section.DIRECTIVES or not (header.code or header.title):
        return (str(item.record_id),)
    unit = header.unit if section is Section.RESULTS else ""
    return (header.system, header.code, unit) if header.code else (header.title.casefold().strip(), unit)


def _when(item: Item) -> datetime:
    return item.header.date or _UNDATED


def _going_on(item: Item, _at: datetime) -> bool:
    return item.header.status not in _OVER


def _taken(item: Item, _at: datetime) -> bool:
    return item.header.status not in _ENDED


def _given(item: Item, _at: datetime) -> bool:
    return item.header.status in {"", "completed"}


def _kept(item: Item, _at: datetime) -> bool:
    return item.header.status not in {*_OVER, "revoked", "superseded"}


def _out_of_range(item: Item, at: datetime) -> bool:
    header = item.header
    if header.date is None or header.date < at - RECENT or header.status in {"entered-in-error", "cancelled"}:
        return False
    return header.side.outside


def _blood_group(item: Item, _at: datetime) -> bool:
    header = item.header
    return (
        header.code in BLOOD_GROUPS
        and bool(header.value_text)
        and header.status in {"", "final", "corrected", "amended"}
    )


_KINDS = {
    Section.ALLERGIES: frozenset({"AllergyIntolerance"}),
    Section.PROBLEMS: frozenset({"Condition"}),
    Section.TREATMENTS: frozenset({"MedicationRequest", "MedicationStatement"}),
    Section.DEVICES: frozenset({"Device", "DeviceUseStatement"}),
    Section.RESULTS: frozenset({"Observation"}),
    Section.VACCINATIONS: frozenset({"Immunization"}),
    Section.BLOOD_GROUP: frozenset({"Observation"}),
    Section.DIRECTIVES: frozenset({"Consent", "DocumentReference", "Composition", "QuestionnaireResponse"}),
    Section.CARE_TEAM: frozenset({"CareTeam"}),
}
_RULES: dict[Section, _Rule] = {
    Section.ALLERGIES: _going_on,
    Section.PROBLEMS: _going_on,
    Section.TREATMENTS: _taken,
    Section.DEVICES: _going_on,
    Section.RESULTS: _out_of_range,
    Section.VACCINATIONS: _given,
    Section.BLOOD_GROUP: _blood_group,
    Section.DIRECTIVES: _kept,
    Section.CARE_TEAM: _going_on,
}
