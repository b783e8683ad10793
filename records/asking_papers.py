"""Doors of requests for a document: a professional asks, the patient brings it or says no. No e-mail, no paper.

What is asked for is sealed under the patient's key. The answer is a record like any other: the professional sees it
when its category is open to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event
from consent.acting import account_fact
from consent.categories import Category
from consent.declaring import Lookup, declared, find
from consent.granting import Invalid
from records.attempts import Attempt, through
from records.dossiers import Entered, enter, find_own
from records.dossiers import Unknown as Unknown
from records.models import PaperRequest
from records.paper_models import Answer as Answer
from records.reasons import LONGEST, open_words, seal_words
from records.shown import Blunt

# Nobody is asked for more than this at a time by one professional.
MOST_OPEN = 10


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked(Blunt):
    """One request. ``professional`` is of the directory; ``answer`` is empty while it waits."""

    request_id: UUID
    professional: UUID
    category: Category
    words: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


def ask_paper(*, actor: Actor, dossier_id: UUID, category: Category, words: str) -> UUID:
    """Ask a patient for a document, in words they will read.

    Raises:
        Unknown: there is no such dossier for this professional.
        Invalid: nothing was said, too much was, or too many requests wait already.
    """
    act = partial(_ask, dossier_id=dossier_id, category=category, words=words.strip())
    return through(Attempt(actor, Event.PAPER_ASKED), act)


def read_papers(*, actor: Actor, dossier_id: UUID | None = None) -> tuple[Asked, ...]:
    """What was asked of a patient, the newest first: all of it for the patient, a professional's own for that one.

    Args:
        dossier_id: the patient's, for a professional; a patient reads their own.

    Raises:
        NoDossier, Unknown: there is no such dossier for this actor.
        Unreadable: sealed words do not open.
    """
    return through(Attempt(actor, Event.PAPERS_READ), partial(_read, dossier_id=dossier_id))


def brought(*, actor: Actor, request_id: UUID) -> None:
    """The patient has brought what was asked for.

    Raises:
        Unknown: no such request waits for this patient.
    """
    act = partial(_answer, request_id=request_id, answer=Answer.BROUGHT)
    through(Attempt(actor, Event.PAPER_BROUGHT, object_id=request_id), act)


def decline(*, actor: Actor, request_id: UUID) -> None:
    """The patient does not bring it.

    Raises:
        Unknown: no such request waits for this patient.
    """
    act = partial(_answer, request_id=request_id, answer=Answer.DECLINED)
    through(Attempt(actor, Event.PAPER_DECLINED, object_id=request_id), act)


def count_waiting(dossier_id: UUID) -> int:
    """How many requests wait for this patient; nothing of them is opened."""
    with declared(dossier_id):
        return PaperRequest.objects.filter(dossier_id=dossier_id, answer="").count()


def _ask(attempt: Attempt, *, dossier_id: UUID, category: Category, words: str) -> UUID | Exception:
    entered = _entered(attempt, dossier_id)
    if isinstance(entered, Exception):
        return entered
    professional = attempt.actor.professional
    if attempt.actor.role is not Role.PROFESSIONAL or professional is None:
        return attempt.unknown(entered.opening)
    if not words:
        return Invalid(_("Say which document you need."))
    if len(words) > LONGEST:
        return Invalid(_("This text is too long. Make it shorter."))
    waiting = PaperRequest.objects.filter(dossier_id=dossier_id, professional=professional, answer="")
    if waiting.count() >= MOST_OPEN:
        return Invalid(_("Several of your requests wait for an answer already. Wait for one before you ask again."))
    request_id = uuid4()
    sealed = seal_words(dossier_id, request_id, words)
    PaperRequest.objects.create(
        id=request_id,
        dossier_id=dossier_id,
        professional=professional,
        category=category.value,
        sealed_words=sealed.blob,
        key_version=sealed.key_version,
    )
    attempt.category, attempt.object_id = category.value, request_id
    attempt.allowed(entered.opening)
    return request_id


def _read(attempt: Attempt, *, dossier_id: UUID | None) -> tuple[Asked, ...] | Exception:
    entered = _entered(attempt, find_own(attempt.actor).id if dossier_id is None else dossier_id)
    if isinstance(entered, Exception):
        return entered
    rows = PaperRequest.objects.filter(dossier_id=entered.ref.id).order_by("-asked_at", "id")
    if not entered.facts.is_own:
        rows = rows.filter(professional=attempt.actor.professional or UUID(int=0))
    asked = tuple(
        Asked(
            request_id=row.id,
            professional=row.professional,
            category=Category(row.category),
            words=open_words(entered.ref.id, row.id, row.sealed_words),
            asked_at=row.asked_at,
            answer=row.answer,
            answered_at=row.answered_at,
        )
        for row in rows[:50]
    )
    attempt.allowed(entered.opening, shown=len(asked))
    return asked


def _answer(attempt: Attempt, *, request_id: UUID, answer: Answer) -> Unknown | None:
    find(Lookup.PAPER, request_id)
    row = PaperRequest.objects.select_for_update().filter(id=request_id, answer="").first()
    entered = enter(attempt.actor, row.dossier_id) if row is not None else None
    if row is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not entered.facts.is_own:
        return attempt.unknown(entered.opening)
    attempt.category = row.category
    row.answer, row.answered_at = answer.value, timezone.now()
    row.save(update_fields=["answer", "answered_at"])
    attempt.allowed(entered.opening, **account_fact(row.professional))
    return None


def _entered(attempt: Attempt, dossier_id: UUID) -> Entered | Unknown:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    return entered if entered.may_read else attempt.unknown(entered.opening)
