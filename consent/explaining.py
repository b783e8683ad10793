"""Who sees what, and why: the real engine, asked for every professional and every category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit.actor import Actor, Role
from audit.events import Event
from audit.log import append
from consent.acting import may_share, now
from consent.categories import Category
from consent.decisions import Decision, Facts, Ground, Refused, Right, decide
from consent.declaring import Lookup, declared, find
from consent.dossiers import DossierRef
from consent.facts import load_facts, load_facts_of
from consent.models import (
    AccessRequest,
    CareRelationship,
    Choice,
    Delegation,
    Emergency,
    Membership,
    Opposition,
    Professional,
    TeamCare,
)
from consent.models.request import Purpose
from consent.professions import profession_label
from consent.screening import as_if_unsaid, decided_by, untold


class State(StrEnum):
    """What a switch shows: open, closed, or never open whatever the patient wants."""

    OPEN = "open"
    CLOSED = "closed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Person:
    """A professional as pages show them; their name is public."""

    id: UUID
    name: str
    profession: str
    places: tuple[str, ...] = ()
    title: str = ""

    @property
    def profession_label(self) -> str:
        """The profession in the language in force."""
        return profession_label(self.profession, self.title)


@dataclass(frozen=True, slots=True)
class Cell:
    """One category for one professional: what the engine says of reading and of adding.

    ``until`` is when reading closes, or opens again, by itself.
    """

    category: Category
    read: Decision
    deposit: Decision
    until: datetime | None

    @property
    def state(self) -> State:
        """What the switch of reading shows."""
        if self.read.allowed:
            return State.OPEN
        return State.NEVER if self.read.ground.is_never else State.CLOSED

    @property
    def ground(self) -> Ground:
        """Why reading is open or closed."""
        return self.read.ground


@dataclass(frozen=True, slots=True)
class ProfessionalSharing:
    """One professional who takes care of the patient, with a cell for each of the 19 categories."""

    person: Person
    since: datetime
    until: datetime | None
    cells: tuple[Cell, ...]

    @property
    def open_categories(self) -> tuple[Category, ...]:
        """The categories this professional can read at this moment."""
        return tuple(cell.category for cell in self.cells if cell.read.allowed)

    def cell(self, category: Category) -> Cell:
        """The cell of one category."""
        return next(cell for cell in self.cells if cell.category is category)


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A professional waits for the patient's answer."""

    id: UUID
    person: Person
    category: Category
    purpose: Purpose
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class LiveOpposition:
    """Whom the patient keeps out; with ``author``, only of what that person wrote."""

    id: UUID
    person: Person | None
    organisation_id: UUID | None
    organisation: str
    author: Person | None
    since: datetime


@dataclass(frozen=True, slots=True)
class WideChoice:
    """A choice about a team, a profession or newcomers rather than about one person."""

    id: UUID
    organisation: str
    profession: str
    newcomers: bool
    category: Category
    right: Right
    allowed: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LiveEmergency:
    """An emergency access that is open at this moment."""

    id: UUID
    person: Person
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody whom care by a team covers; ``joined`` after the patient agreed."""

    person: Person
    since: datetime
    joined_since: bool


@dataclass(frozen=True, slots=True)
class TeamSharing:
    """A team that takes care of the patient, and whom that covers."""

    organisation_id: UUID
    organisation: str
    since: datetime
    until: datetime | None
    members: tuple[TeamMember, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Everything the patient's page about sharing needs, at one instant."""

    at: datetime
    professionals: tuple[ProfessionalSharing, ...]
    requests: tuple[PendingRequest, ...]
    oppositions: tuple[LiveOpposition, ...]
    choices: tuple[WideChoice, ...]
    emergencies: tuple[LiveEmergency, ...]
    teams: tuple[TeamSharing, ...] = ()

    def professional(self, professional: UUID) -> ProfessionalSharing | None:
        """The line of one professional, if they take care of the patient."""
        return next((line for line in self.professionals if line.person.id == professional), None)


def read_sharing(*, actor: Actor, ref: DossierRef) -> Sharing:
    """Door: who sees what in the patient's dossier, at this moment.

    The number of queries does not depend on how many professionals, choices or requests there are.

    Raises:
        Refused: the actor is not the patient.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_READ)
        if decision.allowed:
            sharing = _sharing(ref, load_facts(actor, ref))
            append(Event.SHARING_READ, actor=actor, dossier=ref.pseudonym, ground=decision.ground)
            return sharing
    raise Refused(decision)


def patients_of(actor: Actor) -> list[UUID]:
    """The dossiers of the patients this professional takes care of, the most recent first.

    Empty for anybody else. Nothing is logged here: a dossier's identifier says nothing of anybody.
    """
    if actor.role is not Role.PROFESSIONAL or actor.professional is None:
        return []
    named = actor.on_behalf_of or actor.professional
    if actor.on_behalf_of is not None and not _acts_for(named, actor.professional):
        return []
    teams = Membership.objects.live(Now()).filter(professional=named).values("organisation")
    by_name = CareRelationship.objects.live(Now()).filter(professional=named)
    by_team = TeamCare.objects.live(Now()).filter(organisation__in=teams)
    both = by_name.values_list("during", "dossier").union(by_team.values_list("during", "dossier"))
    with declared():
        find(Lookup.CARED_FOR, named)
        return list(dict.fromkeys(dossier for _, dossier in both.order_by("-during", "dossier")))


def _acts_for(named: UUID, delegate: UUID) -> bool:
    return Delegation.objects.live(Now()).filter(professional=named, delegate=delegate).exists()


def _sharing(ref: DossierRef, mine: Facts) -> Sharing:
    at = now()
    shown, silent = decided_by(mine), untold(mine)
    told = set(shown) - silent
    relationships = list(CareRelationship.objects.about(ref.id).live(at).select_related("professional"))
    requests = list(AccessRequest.objects.about(ref.id).pending().select_related("professional"))
    oppositions = list(
        Opposition.objects.about(ref.id).live(at).select_related("professional", "organisation", "author")
    )
    emergencies = list(Emergency.objects.about(ref.id).live(at).select_related("professional"))
    carers = [each.professional for each in relationships]
    named = [
        *carers,
        *(each.professional for each in requests),
        *(whom for each in oppositions for whom in (each.professional, each.author) if whom is not None),
        *(each.professional for each in emergencies),
    ]
    people = people_at(named, at)
    loaded = load_facts_of([carer.id for carer in carers], ref, at=at)
    facts = {carer: as_if_unsaid(known, silent) for carer, known in loaded.items()}
    return Sharing(
        at=at,
        professionals=_lines(relationships, people, facts, shown),
        # Who no longer takes care of the patient is not answered: the answer could open nothing.
        requests=tuple(
            _request(each, people)
            for each in requests
            if each.professional_id in facts and Category(each.category) in told
        ),
        oppositions=tuple(_opposition(each, people) for each in oppositions),
        choices=tuple(each for each in _wide_choices(ref, at) if each.category in told),
        teams=_teams(ref, at),
        emergencies=tuple(
            LiveEmergency(each.id, people[each.professional_id], each.during.lower, each.during.upper)
            for each in emergencies
        ),
    )


def _teams(ref: DossierRef, at: datetime) -> tuple[TeamSharing, ...]:
    cares = list(TeamCare.objects.about(ref.id).live(at).select_related("organisation").order_by("organisation__name"))
    places = {care.organisation_id for care in cares}
    live = Membership.objects.live(at).filter(organisation__in=places).select_related("professional")
    members = list(live.order_by("professional__family", "id"))
    people = people_at([each.professional for each in members], at) if members else {}
    return tuple(
        TeamSharing(
            organisation_id=care.organisation_id,
            organisation=care.organisation.name,
            since=care.during.lower,
            until=care.during.upper,
            members=tuple(
                TeamMember(people[each.professional_id], each.during.lower, care.during.lower < each.during.lower)
                for each in members
                if each.organisation_id == care.organisation_id
            ),
        )
        for care in cares
    )


def people_at(professionals: Iterable[Professional], at: datetime) -> dict[UUID, Person]:
    """The professionals as pages show them, with where they work at that time: one query."""
    known = {each.id: each for each in professionals}
    places: dict[UUID, list[str]] = {id_: [] for id_ in known}
    live = Membership.objects.live(at).filter(professional__in=known).order_by("organisation__name")
    for professional, organisation in live.values_list("professional_id", "organisation__name"):
        places[professional].append(organisation)
    return {
        id_: Person(id=id_, name=each.name, profession=each.profession, places=tuple(places[id_]), title=each.title)
        for id_, each in known.items()
    }


def _lines(
    relationships: Iterable[CareRelationship],
    people: dict[UUID, Person],
    facts: dict[UUID, Facts],
    shown: Iterable[Category],
) -> tuple[ProfessionalSharing, ...]:
    lines = [
        ProfessionalSharing(
            person=people[each.professional_id],
            since=each.during.lower,
            until=each.during.upper,
            cells=tuple(_cell(facts[each.professional_id], category) for category in shown),
        )
        for each in relationships
    ]
    return tuple(sorted(lines, key=lambda line: (line.since, line.person.name)))


def _cell(facts: Facts, category: Category) -> Cell:
    read = decide(facts, category=category, right=Right.READ)
    deposit = decide(facts, category=category, right=Right.DEPOSIT)
    return Cell(category, read, deposit, _until(facts, read))


def _until(facts: Facts, decision: Decision) -> datetime | None:
    """When this decision lapses by itself: with what it rests on, or with the care it needs."""
    ends = [each.during.end for each in facts.choices if each.id == decision.choice]
    if decision.ground is Ground.EMERGENCY:
        ends += [each.during.end for each in facts.emergencies if each.id == decision.choice]
    elif decision.allowed:
        ends += [span.end for span in facts.relationships]
    return min((end for end in ends if end is not None), default=None)


def _request(request: AccessRequest, people: dict[UUID, Person]) -> PendingRequest:
    return PendingRequest(
        id=request.id,
        person=people[request.professional_id],
        category=Category(request.category),
        purpose=Purpose(request.purpose),
        asked_at=request.asked_at,
    )


def _opposition(opposition: Opposition, people: dict[UUID, Person]) -> LiveOpposition:
    return LiveOpposition(
        id=opposition.id,
        person=people[opposition.professional_id] if opposition.professional_id else None,
        organisation_id=opposition.organisation_id,
        organisation=opposition.organisation.name if opposition.organisation else "",
        author=people[opposition.author_id] if opposition.author_id else None,
        since=opposition.during.lower,
    )


def _wide_choices(ref: DossierRef, at: datetime) -> tuple[WideChoice, ...]:
    live = Choice.objects.about(ref.id).live(at).filter(professional=None).select_related("organisation")
    return tuple(
        WideChoice(
            id=each.id,
            organisation=each.organisation.name if each.organisation else "",
            profession=profession_label(each.profession) if each.profession else "",
            newcomers=each.newcomers,
            category=Category(each.category),
            right=Right(each.right),
            allowed=each.allowed,
            since=each.during.lower,
            until=each.during.upper,
        )
        for each in live.order_by("category", "id")
    )
