"""Who looked, in words: names and sentences put on the lines of the log.

The log knows neither names nor sentences. Names come from the public directory, the reason from
the ground that was written down at the time of the act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.models import Entry
from audit.reviewing import ACCESSES
from consent.categories import Category
from consent.decisions import Ground
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.models import Organisation, Professional
from consent.professions import profession_label
from portal.patient.narrowing import Narrowed
from records.concealing import known_entries
from records.dossiers import enter
from records.on_behalf import find_dossier
from records.reasons import open_emergency_words

PAGE = 40
EVERYTHING = Narrowed()
_EMERGENCY_SHOWN_FOR = timedelta(days=14)


_NOT_DONE = frozenset({Outcome.REFUSED.value, Outcome.FAILED.value})


class Show(StrEnum):
    """Which lines a person asks for."""

    OTHERS = "others"
    REFUSED = "refused"
    ALL = "all"


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line of the history as the patient reads it.

    ``what`` and ``why`` are whole phrases in the language in force. ``record_id`` is the document it
    was about, if any. ``times`` counts the same act done again in a row.
    """

    at: datetime
    who: str
    who_detail: str
    is_self: bool
    is_house: bool
    what: str
    category: Category | None
    why: str
    refused: bool
    emergency: bool
    record_id: UUID | None
    # The line of the log, where its patient may ask a professional to explain it.
    entry_id: UUID | None = None
    # In whose name, as a phrase; and what was typed to open an emergency.
    behalf: str = ""
    words: str = ""
    times: int = 1

    @property
    def day(self) -> date:
        """The day in the reader's time zone."""
        return timezone.localtime(self.at).date()


@dataclass(frozen=True, slots=True)
class History:
    """A page of lines by day, newest first, and where the next page starts."""

    days: tuple[tuple[date, tuple[Line, ...]], ...]
    older: str | None


def read_history(*, actor: Actor, show: Show, narrowed: Narrowed = EVERYTHING, before: str | None = None) -> History:
    """The history of one's own record, or of whom one acts for; reading it is remembered too.

    Raises:
        records.identity.NoDossier: this account has no record.
        audit.log.BadCursor: ``before`` was not given by a page.
    """
    with transaction.atomic(durable=True):
        ref = find_dossier(actor)
        rows = _rows(ref, actor, show, narrowed, before)
        entries = [read_line(row) for row in rows[:PAGE]]
        known = known_lines(ref, actor, entries)
        lines = name_lines(known, actor)
        # What was typed to open an emergency is for the patient: it may hold what is secret from who acts for them.
        if actor.on_behalf_of is None:
            lines = with_words(ref, known, lines)
        log.append(Event.HISTORY_READ, actor=actor, dossier=ref.pseudonym, outcome=Outcome.DONE)
    days = tuple((day, tuple(group)) for day, group in groupby(folded(lines), key=lambda line: line.day))
    return History(days, entries[-1].cursor if len(rows) > PAGE else None)


def _rows(ref: DossierRef, actor: Actor, show: Show, narrowed: Narrowed, before: str | None) -> list[Entry]:
    """One line more than a page holds, so that the next page is announced only when there is one."""
    rows = narrowed.apply(Entry.objects.about(ref.pseudonym), ref.pseudonym).before(log.place_of(before))
    if show is Show.OTHERS:
        rows = rows.exclude(actor=actor.id)
    elif show is Show.REFUSED:
        rows = rows.filter(outcome__in=_NOT_DONE)
    return list(rows.newest_first().with_index()[: PAGE + 1])


def read_line(row: Entry) -> log.LoggedEntry:
    """The entry of a row of ``with_index()``, checked against its bytes and its leaf."""
    return log.read_row(row, row.index, row.leaf_hash)  # type: ignore[attr-defined]


def last_looks(ref: DossierRef, actor: Actor, *, limit: int = 3) -> tuple[Line, ...]:
    """The newest looks of professionals into this record, refused ones too."""
    looks = Entry.objects.about(ref.pseudonym).filter(role=Role.PROFESSIONAL.value, event__in=ACCESSES)
    rows = looks.newest_first().with_index()
    known = known_lines(ref, actor, [read_line(row) for row in rows[: 4 * limit]])
    return tuple(name_lines(known[:limit], actor))


def known_lines(ref: DossierRef, actor: Actor, entries: list[log.LoggedEntry]) -> list[log.LoggedEntry]:
    """Without what is held for a visit, or hidden from the patient's own screens: no line betrays it."""
    with declared(ref.id):
        entered = enter(actor, ref.id)
        return known_entries(entered, entries) if entered else []


def fresh_emergency(ref: DossierRef, actor: Actor) -> Line | None:
    """The newest emergency access of the last two weeks, if any."""
    since = timezone.now() - _EMERGENCY_SHOWN_FOR
    rows = Entry.objects.about(ref.pseudonym).filter(event=Event.EMERGENCY_OPENED.dotted, at__gte=since)
    row = rows.exclude(outcome__in=_NOT_DONE).newest_first().with_index().first()
    return name_lines([read_line(row)], actor)[0] if row else None


def name_lines(entries: Sequence[log.LoggedEntry], actor: Actor) -> list[Line]:
    """The lines of these entries, with the names that the directory gives today."""
    people = {
        person.account_id: person
        for person in Professional.objects.filter(account_id__in={entry.actor for entry in entries})
    }
    places = Organisation.objects.in_bulk({entry.organisation for entry in entries if entry.organisation})
    named = {entry.on_behalf_of for entry in entries if entry.on_behalf_of and entry.on_behalf_of != entry.dossier}
    entrusting = Professional.objects.in_bulk(named)
    lines = [_line(entry, people.get(entry.actor), places.get(entry.organisation), actor) for entry in entries]
    return [
        replace(line, behalf=_behalf(entry, entrusting, actor)) if entry.on_behalf_of else line
        for line, entry in zip(lines, entries, strict=True)
    ]


def with_words(ref: DossierRef, entries: Sequence[log.LoggedEntry], lines: Sequence[Line]) -> list[Line]:
    """The lines with what was typed to open an emergency: the patient reads it, administrators never do."""
    opened = [entry.object_id if entry.event == Event.EMERGENCY_OPENED.dotted else None for entry in entries]
    words = open_emergency_words(ref.id, [emergency for emergency in opened if emergency])
    return [
        replace(line, words=words.get(emergency, "")) if emergency else line
        for line, emergency in zip(lines, opened, strict=True)
    ]


def folded(lines: Sequence[Line]) -> list[Line]:
    """The lines with the same act repeated in a row on one day told once."""
    told: list[Line] = []
    for line in lines:
        if told and _same_act(told[-1], line):
            told[-1] = replace(told[-1], times=told[-1].times + 1, record_id=line.record_id)
        else:
            told.append(line)
    return told


def _same_act(one: Line, other: Line) -> bool:
    """Whether two lines say the same; what the house files is told by category, not document by document."""
    if one.day != other.day:
        return False
    alike = replace(one, at=other.at, times=1, entry_id=other.entry_id)
    return alike == other or (one.is_house and replace(alike, record_id=other.record_id) == other)


def _line(entry: log.LoggedEntry, person: Professional | None, place: Organisation | None, actor: Actor) -> Line:
    profession = profession_label(entry.profession, person.title if person else "") if entry.profession else ""
    town = place.place if place and place.place not in place.name else ""
    return Line(
        at=entry.at,
        who=_who(entry, person, actor),
        who_detail=" · ".join(part for part in (profession, place.name if place else "", town) if part),
        is_self=entry.actor == actor.id,
        is_house=entry.role == Role.SYSTEM.value,
        what=_sentence_case(_(entry.meaning)),
        category=Category(entry.category) if entry.category in _CATEGORIES else None,
        why="" if entry.actor == actor.id else _why(entry),
        refused=entry.outcome in _NOT_DONE,
        emergency=entry.event.startswith("emergency.") or entry.ground == Ground.EMERGENCY.value,
        record_id=entry.object_id if entry.event.startswith("record.") else None,
        entry_id=entry.id if entry.role == Role.PROFESSIONAL.value and entry.actor != actor.id else None,
    )


_CATEGORIES = frozenset(category.value for category in Category)


def _who(entry: log.LoggedEntry, person: Professional | None, actor: Actor) -> str:
    if entry.actor == actor.id:
        return _("You")
    if person is not None:
        return person.name
    if entry.role == Role.SYSTEM.value:
        return _("Carnet itself")
    if entry.role == Role.ADMINISTRATOR.value:
        return _("An administrator of Carnet")
    if entry.role == Role.PROFESSIONAL.value:
        return _("A professional who has left the directory")
    if entry.role == Role.PATIENT.value:
        return _other_person(entry, actor)
    return _("Somebody who was not signed in")


def _other_person(entry: log.LoggedEntry, actor: Actor) -> str:
    """A patient's account that is not the reader's: in the words of a reader who may act for somebody."""
    acts = entry.on_behalf_of == entry.dossier
    if actor.on_behalf_of is not None and (acts or entry.ground == Ground.OWN_DOSSIER.value):
        return _("Somebody else who acts for this person") if acts else _("The patient themselves")
    return _("Somebody who acts for you") if acts else _("Another patient")


def _behalf(entry: log.LoggedEntry, entrusting: Mapping[UUID, Professional], actor: Actor) -> str:
    """In whose name it was done, as a phrase."""
    if entry.on_behalf_of == entry.dossier:
        return _("in your name") if actor.on_behalf_of is None else _("in this person’s name")
    person = entrusting.get(entry.on_behalf_of) if entry.on_behalf_of else None
    return _("in the name of %(who)s") % {"who": person.name if person else _("a professional")}


def _why(entry: log.LoggedEntry) -> str:
    """The ground of the decision as a sentence; empty where nothing had to be decided."""
    if entry.ground == Ground.NOT_OWNER.value:
        # Its own sentence speaks to the one who was refused.
        return _("Your record belongs to you: nobody else opens it as theirs.")
    return Ground(entry.ground).explanation if entry.ground in set(Ground) else ""


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
