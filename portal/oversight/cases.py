"""Doors of questioned accesses. Each remembers what was done; none tells an administrator a name or a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.models import Entry
from consent.declaring import Lookup, declared, find, over_every_dossier
from consent.granting import Invalid
from portal.oversight.models import ANSWER_WITHIN, Case, CaseState, Code, Conclusion
from records.identity import find_own
from records.reading import Unknown
from records.reasons import LONGEST, open_words, seal_words

_SHOWN = 100


@dataclass(frozen=True, slots=True, repr=False)
class CaseView:
    """One case as one of the three sides reads it; ``words`` is empty for everybody but the patient."""

    id: UUID
    state: CaseState
    event: str
    category: str
    at: datetime
    opened_at: datetime
    due_at: datetime
    code: str
    conclusion: str
    actor: UUID
    pseudonym: UUID
    words: str = ""


def open_case(*, actor: Actor, entry_id: UUID) -> UUID:
    """The patient does not recognise one access to their own record.

    Raises:
        Unknown: no such line concerns this patient's record.
        Invalid: it was no professional's act, or it is questioned already.
    """
    with transaction.atomic(durable=True):
        ref = find_own(actor)
        line = Entry.objects.about(ref.pseudonym).filter(id=entry_id).first()
        if line is None:
            raise Unknown
        if line.role != Role.PROFESSIONAL.value:
            raise Invalid(_("Only an access by a professional can be questioned here."))
        case, is_new = Case.objects.get_or_create(
            entry=entry_id,
            defaults={
                "entry_at": line.at,
                "event": line.event,
                "category": line.category,
                "dossier": ref.id,
                "pseudonym": ref.pseudonym,
                "actor": line.actor,
                "due_at": timezone.now() + ANSWER_WITHIN,
            },
        )
        if not is_new:
            raise Invalid(_("You have already asked about this access. The answer will be shown here."))
        facts = {"entry": entry_id, "account": case.actor}
        log.append(Event.CASE_OPENED, actor=actor, dossier=ref.pseudonym, object_id=case.id, facts=facts)
    return case.id


def read_own_cases(*, actor: Actor) -> list[CaseView]:
    """The patient's own cases, newest first, with the words of the explanations.

    Raises:
        records.dossiers.NoDossier: this account has no record.
    """
    with transaction.atomic(durable=True):
        ref = find_own(actor)
        cases = [_view(case, with_words=True) for case in Case.objects.filter(dossier=ref.id).order_by("-opened_at")]
        if cases:
            log.append(Event.CASES_READ, actor=actor, dossier=ref.pseudonym, facts={"count": len(cases)})
    return cases


def cases_to_explain(actor: Actor) -> list[CaseView]:
    """The cases about this professional's own acts, those that wait first (a plain function)."""
    with declared():
        find(Lookup.QUESTIONED, actor.id)
        return _views(Case.objects.filter(actor=actor.id).order_by("concluded_at", "due_at")[:_SHOWN])


def waiting_to_explain(actor: Actor) -> list[CaseView]:
    """Those of them that still wait for an explanation, the most urgent first (a plain function)."""
    waiting = Case.objects.filter(actor=actor.id, answered_at__isnull=True, concluded_at__isnull=True)
    with declared():
        find(Lookup.QUESTIONED, actor.id)
        return _views(waiting.order_by("due_at")[:_SHOWN])


def explain(*, actor: Actor, case_id: UUID, code: str, text: str) -> None:
    """The professional says why: a code for the administrators, words for the patient.

    Raises:
        Unknown: no such case is about an act of theirs.
        Invalid: no such code, no words, too many, or the case is concluded.
    """
    words = text.strip()
    if code not in Code.values:
        raise Invalid(_("Choose why you opened the record."))
    if not words:
        raise Invalid(_("Write a few words for the patient."))
    if len(words) > LONGEST:
        raise Invalid(_("This is too long: %(count)d characters at most.") % {"count": LONGEST})
    with transaction.atomic(durable=True):
        find(Lookup.CASE, case_id)
        case = Case.objects.select_for_update().filter(id=case_id, actor=actor.id).first()
        if case is None:
            raise Unknown
        if case.answered_at or case.concluded_at:
            raise Invalid(_("This access was explained already."))
        sealed = seal_words(case.dossier, case.id, words)
        case.code, case.sealed_words, case.answered_at = code, sealed.blob, timezone.now()
        case.key_version = sealed.key_version
        case.save(update_fields=["code", "sealed_words", "key_version", "answered_at"])
        log.append(
            Event.CASE_EXPLAINED,
            actor=actor,
            dossier=case.pseudonym,
            object_id=case.id,
            digest=sealed.digest,
            revision=1,
            key_version=sealed.key_version,
            facts={"reason": code},
        )


def read_cases(*, actor: Actor) -> list[CaseView]:
    """Every case that is not concluded, and the last concluded ones, for administrators: pseudonyms and codes.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
    with transaction.atomic(durable=True):
        with over_every_dossier():
            waiting = _views(Case.objects.filter(concluded_at__isnull=True).order_by("due_at")[:_SHOWN])
            done = _views(Case.objects.filter(concluded_at__isnull=False).order_by("-concluded_at")[:20])
        log.append(Event.CASES_READ, actor=actor, facts={"count": len(waiting) + len(done)})
    return waiting + done


def conclude(*, actor: Actor, case_id: UUID, conclusion: str) -> None:
    """An administrator ends a case; the patient reads the outcome.

    Raises:
        PermissionDenied: the actor is no administrator, or the act in question is their own.
        Unknown: there is no such case.
        Invalid: it is concluded, or it cannot be concluded like this yet.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
    with transaction.atomic(durable=True):
        find(Lookup.CASE, case_id)
        case = Case.objects.select_for_update().filter(id=case_id).first()
        if case is None:
            raise Unknown
        if case.actor == actor.id:
            raise PermissionDenied
        _check_conclusion(case, conclusion)
        case.conclusion, case.concluded_by, case.concluded_at = conclusion, actor.id, timezone.now()
        case.save(update_fields=["conclusion", "concluded_by", "concluded_at"])
        log.append(
            Event.CASE_CONCLUDED,
            actor=actor,
            outcome=Outcome.DONE,
            dossier=case.pseudonym,
            object_id=case.id,
            facts={"verdict": conclusion},
        )


def _check_conclusion(case: Case, conclusion: str) -> None:
    if case.concluded_at:
        raise Invalid(_("This case is concluded already."))
    if conclusion not in Conclusion.values:
        raise Invalid(_("Choose a conclusion."))
    unanswered = conclusion == Conclusion.UNANSWERED
    if unanswered == bool(case.answered_at):
        raise Invalid(_("This conclusion does not fit: look whether an explanation was given."))
    if unanswered and timezone.now() <= case.due_at:
        raise Invalid(_("The professional may still explain until the deadline."))


def _views(cases: Iterable[Case]) -> list[CaseView]:
    return [_view(case) for case in cases]


def _view(case: Case, *, with_words: bool = False) -> CaseView:
    return CaseView(
        id=case.id,
        state=case.state(timezone.now()),
        event=case.event,
        category=case.category,
        at=case.entry_at,
        opened_at=case.opened_at,
        due_at=case.due_at,
        code=case.code,
        conclusion=case.conclusion,
        actor=case.actor,
        pseudonym=case.pseudonym,
        words=open_words(case.dossier, case.id, case.sealed_words) if with_words and case.answered_at else "",
    )
