"""Doors of rectification (GDPR, articles 16, 12(3) and 19): a patient asks, the author puts right or says why not.

What is asked, and the answer, are sealed under the patient's key. Put right, a record gets a new revision and the one
before stays for the patient and the author to look at. The answer is due within one month.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID, uuid4

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from consent.acting import account_fact
from consent.categories import Category
from consent.decisions import Refused
from consent.declaring import Lookup, declared, find
from consent.granting import Invalid
from records.amending import amend_record
from records.attempts import Attempt, through
from records.correction_models import CorrectionState as CorrectionState
from records.dossiers import Entered, NoDossier, enter
from records.dossiers import Unknown as Unknown
from records.formats.fhir.bundle import to_json
from records.formats.fhir.corrected import IN_ERROR, corrected, own_text
from records.listing import decide_record, open_row
from records.models import Correction, Record
from records.on_behalf import find_dossier
from records.patient_keys import Blob, SealingKeys, WritingKeys
from records.people import Identity
from records.reasons import LONGEST
from records.shown import Blunt, Item
from records.vaccines.outlook import add_months
from records.writing import Filing, begin_filing

__all__ = [
    "NoDossier",
    "Unknown",
    "answer",
    "ask_correction",
    "count_waiting_for",
    "open_correction",
    "read_corrections",
]

# GDPR, article 12(3): without undue delay, and within one month.
_MONTHS = 1
_SHOWN = 50
_WAITING_FIRST = (F("answered_at").desc(nulls_first=True), "due_on")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked(Blunt):
    """One request as its patient or its author reads it. ``words`` and ``answer`` are empty where they may not."""

    correction_id: UUID
    record_id: UUID
    author: UUID
    category: Category
    asked_at: datetime
    due_on: date
    state: CorrectionState
    answered_at: datetime | None
    words: str = ""
    answer: str = ""
    title: str = ""
    patient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CorrectionView(Blunt):
    """One request before its author, with the record as it is now; ``text`` is what can be typed again, if anything."""

    asked: Asked
    item: Item
    identity: Identity
    text: str | None


def ask_correction(*, actor: Actor, record_id: UUID, words: str) -> UUID:
    """Ask the author of a record to put it right.

    Raises:
        Unknown: there is no such record in a dossier of this patient, or of whom they act for.
        Invalid: no reason, too long a one, one request waits already, or its author is not in Carnet.
    """
    act = partial(_ask, record_id=record_id, words=words.strip())
    return through(Attempt(actor, Event.CORRECTION_ASKED, object_id=record_id), act)


def read_corrections(*, actor: Actor) -> tuple[Asked, ...]:
    """What this patient asked, or what is asked of this professional, those that wait first.

    A professional reads the words only of records that are still open to them.

    Raises:
        NoDossier: this patient has no record.
        Unreadable: sealed words do not open.
    """
    return through(Attempt(actor, Event.CORRECTIONS_READ), _read)


def open_correction(*, actor: Actor, correction_id: UUID) -> CorrectionView:
    """One request that waits for this author, with what the record says.

    Raises:
        Unknown: no such request waits for this actor, or its record is no longer open to them.
        Unreadable: sealed data do not open.
    """
    act = partial(_show, correction_id=correction_id)
    return through(Attempt(actor, Event.CORRECTIONS_READ, object_id=correction_id), act)


def answer(
    *,
    actor: Actor,
    correction_id: UUID,
    done: bool,
    words: str,
    title: str = "",
    text: str = "",
    mistaken: bool = False,
) -> None:
    """The author puts the record right, or says why not.

    Args:
        words: what the patient reads: why not, or a word about what was put right.
        title: its title from now on. ``text``: of a note, its text; else what is right instead.
        mistaken: it should never have been written about this person.

    Raises:
        Unknown: no such request waits for this actor, or its record is no longer open to them.
        Invalid: no reason was given for a refusal, or nothing would change.
        Refused: the drawer of the record is no longer open to them to write in.
        Unreadable: sealed data do not open; nothing has changed.
    """
    event = Event.CORRECTION_DONE if done else Event.CORRECTION_REFUSED
    change = _Change(title=title.strip(), words=text.strip(), mistaken=mistaken) if done else None
    act = partial(_answer, correction_id=correction_id, words=words.strip(), change=change)
    through(Attempt(actor, event, object_id=correction_id), act)


def count_waiting_for(actor: Actor) -> int:
    """How many requests wait for this author; nothing of them is opened."""
    with declared():
        return _of_author(actor).filter(state=CorrectionState.WAITING).count()


def _of_author(actor: Actor) -> QuerySet[Correction]:
    # Nobody puts right in another's name what that other wrote.
    author = actor.professional if actor.on_behalf_of is None else None
    if author is not None:
        # Of those who left their care, nothing is found: they open their record again, or it waits.
        find(Lookup.CARED_FOR, author)
    return Correction.objects.filter(author=author) if author is not None else Correction.objects.none()


def _ask(attempt: Attempt, *, record_id: UUID, words: str) -> UUID | Exception:
    find(Lookup.RECORD, record_id)
    row = Record.objects.filter(id=record_id).defer("header", "body", "source_digest").first()
    entered = enter(attempt.actor, row.dossier_id) if row is not None else None
    if row is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    decision = decide_record(entered, row)
    if not (decision.allowed and (entered.facts.is_own or entered.facts.represents)):
        return attempt.unknown(decision)
    attempt.category = row.category
    if row.author is None:
        return Invalid(_("Its author is not in Carnet: write to them directly. You can hide the document meanwhile."))
    if not words:
        return Invalid(_("Say what is wrong, and what would be right."))
    if len(words) > LONGEST:
        return Invalid(_("This text is too long. Make it shorter."))
    keys = WritingKeys(entered.ref.id)
    if Correction.objects.filter(record_id=record_id, state=CorrectionState.WAITING).exists():
        return Invalid(_("You have asked for this already. The answer will be shown here."))
    now, correction_id = timezone.now(), uuid4()
    Correction.objects.create(
        id=correction_id,
        dossier_id=entered.ref.id,
        record_id=record_id,
        category=row.category,
        author=row.author,
        revision=row.revision,
        sealed_words=_sealed(keys, "reason", correction_id, words),
        sealed_answer=_sealed(keys, "answer", correction_id, ""),
        key_version=keys.version,
        asked_at=now,
        due_on=add_months(timezone.localdate(now), _MONTHS),
    )
    attempt.allowed(decision, **account_fact(row.author))
    return correction_id


def _read(attempt: Attempt) -> tuple[Asked, ...] | Exception:
    if attempt.actor.professional is not None:
        rows = _of_author(attempt.actor).select_related("record").order_by(*_WAITING_FIRST)[:_SHOWN]
        told = tuple(_for_author(attempt.actor, row) for row in rows)
        attempt.allowed(None, shown=len(told))
        return told
    try:
        ref = find_dossier(attempt.actor)
    except NoDossier as missing:
        return missing
    entered = enter(attempt.actor, ref.id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.may_read:
        return attempt.unknown(entered.opening)
    rows = Correction.objects.filter(dossier_id=ref.id).select_related("record").order_by("-asked_at")[:_SHOWN]
    found = tuple(_told(entered, row) for row in rows if decide_record(entered, row.record).allowed)
    attempt.allowed(entered.opening, shown=len(found))
    return found


def _for_author(actor: Actor, row: Correction) -> Asked:
    entered = enter(actor, row.dossier_id)
    if entered is None or not (entered.may_read and decide_record(entered, row.record).allowed):
        return _bare(row)
    return _told(entered, row)


def _bare(row: Correction, **more: str) -> Asked:
    return Asked(
        correction_id=row.id,
        record_id=row.record_id,
        author=row.author,
        category=Category(row.category),
        asked_at=row.asked_at,
        due_on=row.due_on,
        state=CorrectionState(row.state),
        answered_at=row.answered_at,
        **more,
    )


def _told(entered: Entered, row: Correction) -> Asked:
    item, _resource = open_row(entered, row.record)
    return _bare(
        row,
        words=_opened(entered, "reason", row.id, row.sealed_words),
        answer=_opened(entered, "answer", row.id, row.sealed_answer),
        title=item.header.title or Category(row.category).label,
        patient=entered.identity().full_name,
    )


def _before_author(attempt: Attempt, correction_id: UUID) -> tuple[Correction, Entered] | Exception:
    """A request that waits for this author, and the dossier of its record; or the refusal to raise."""
    row = _of_author(attempt.actor).filter(id=correction_id, state=CorrectionState.WAITING).first()
    entered = enter(attempt.actor, row.dossier_id) if row is not None else None
    if row is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    attempt.category = row.category
    decision = decide_record(entered, row.record)
    if not (entered.may_read and decision.allowed):
        return attempt.unknown(decision)
    return row, entered


def _show(attempt: Attempt, *, correction_id: UUID) -> CorrectionView | Exception:
    found = _before_author(attempt, correction_id)
    if isinstance(found, Exception):
        return found
    row, entered = found
    item, resource = open_row(entered, row.record)
    view = CorrectionView(asked=_told(entered, row), item=item, identity=entered.identity(), text=own_text(resource))
    attempt.allowed(entered.opening)
    return view


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Change(Blunt):
    """What the author puts right; what is empty stays as it is."""

    title: str
    words: str
    mistaken: bool


def _put_right(
    attempt: Attempt, filing: Filing, entered: Entered, record_id: UUID, change: _Change
) -> Exception | None:
    item, before = open_row(entered, Record.objects.get(id=record_id))
    title = change.title or item.header.title
    after = corrected(before, title=title, words=change.words, mistaken=change.mistaken)
    # The header keeps the names that came with the source: the resource alone no longer tells them.
    header = replace(item.header, title=title, status=IN_ERROR if change.mistaken else item.header.status)
    if (after, header) == (before, item.header):
        return Invalid(_("Nothing would change. Correct the text, or say why not."))
    try:
        amend_record(filing, record_id, category=item.category, header=header, resource=to_json(after))
    except Refused as refused:
        return attempt.refused(refused.decision)
    return None


def _answer(attempt: Attempt, *, correction_id: UUID, words: str, change: _Change | None) -> Exception | None:
    found = _before_author(attempt, correction_id)
    if isinstance(found, Exception):
        return found
    row, entered = found
    if change is None and not words:
        return Invalid(_("Say why it is not corrected: the patient reads it."))
    if len(words) > LONGEST:
        return Invalid(_("This text is too long. Make it shorter."))
    filing = begin_filing(actor=attempt.actor, ref=entered.ref)
    locked = Correction.objects.select_for_update().get(id=row.id)
    if locked.state != CorrectionState.WAITING:
        return Invalid(_("This was answered meanwhile. Nothing was changed."))
    if change is not None:
        refusal = _put_right(attempt, filing, entered, row.record_id, change)
        if refusal is not None:
            return refusal
    locked.state = CorrectionState.DONE if change is not None else CorrectionState.REFUSED
    locked.answered_at, locked.key_version = timezone.now(), filing.keys.version
    locked.sealed_words = _sealed(filing.keys, "reason", row.id, _opened(entered, "reason", row.id, row.sealed_words))
    locked.sealed_answer = _sealed(filing.keys, "answer", row.id, words)
    locked.save(update_fields=["state", "answered_at", "key_version", "sealed_words", "sealed_answer"])
    attempt.object_id = row.record_id
    attempt.allowed(entered.opening)
    return None


def _sealed(keys: SealingKeys, kind: str, correction_id: UUID, text: str) -> bytes:
    document = json.dumps({"v": 1, "text": text}, ensure_ascii=False).encode(errors="replace")
    return keys.seal(kind, correction_id, 1, document)


def _opened(entered: Entered, kind: str, correction_id: UUID, blob: Blob) -> str:
    return str(json.loads(entered.keys.open_(kind, correction_id, 1, blob))["text"])
