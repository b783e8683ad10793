"""Doors to the copy of a record that its patient, or who acts for them, takes away.

Asked for with a fresh proof, filled by a worker drawer by drawer with the rights that its asker has *then*, sealed part
by part under the patient's key, kept a day, downloaded once with a fresh proof. The worker may be killed or started
twice anywhere: whoever begins anew throws away what lies there, and only the last one to begin can write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4, uuid5

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from psycopg import Cursor

from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import Lookup, declare, declared, find, over_every_dossier
from records.attempts import Attempt, through
from records.copy_models import Copy, CopyPart, CopyState
from records.copy_models import CopyShape as CopyShape
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.models import Dossier, PatientKey
from records.patient_keys import PatientKeys, WritingKeys
from records.vault.cipher import Flaw, Unreadable

__all__ = [
    "KEPT",
    "PART_BYTES",
    "CopyShape",
    "Overtaken",
    "Unknown",
    "ask",
    "begin_making",
    "fail",
    "finish",
    "store",
    "take",
]

KEPT = timedelta(hours=24)
PART_BYTES = 1 << 20
_LIVE = (CopyState.ASKED, CopyState.MAKING, CopyState.READY)


class Overtaken(Exception):
    """Another worker makes this copy now, or nobody does any more: this one stops."""

    def __init__(self) -> None:
        super().__init__("This copy is made by somebody else, or is over.")


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker needs to make one copy: whose, for whom, in which language, and the number of its attempt."""

    copy_id: UUID
    dossier_id: UUID
    pseudonym: UUID
    asked_by: UUID
    language: str
    with_hidden: bool
    attempt: int
    shape: CopyShape = CopyShape.FOLDER


@dataclass(frozen=True, slots=True, repr=False)
class Taking:
    """A file on its way out: ``parts`` yields its bytes, unsealed one part at a time."""

    size: int
    made_at: datetime
    parts: Iterator[bytes]
    shape: CopyShape = CopyShape.FOLDER

    def __repr__(self) -> str:
        return "<Taking>"


def ask(
    *,
    actor: Actor,
    dossier_id: UUID,
    language: str,
    with_hidden: bool = False,
    shape: CopyShape = CopyShape.FOLDER,
) -> UUID:
    """Ask for a copy, with a fresh proof. One that is under way is the answer; a ready one gives way to the new one.

    Raises:
        Unknown: there is no such dossier for this actor, they do not act for its patient, or the proof is not fresh.
    """
    act = partial(_ask, dossier_id=dossier_id, language=language, with_hidden=with_hidden, shape=shape)
    return through(Attempt(actor, Event.EXPORT_ASKED), act)


def begin_making(*, actor: Actor, copy_id: UUID, total: int) -> Order | None:
    """Begin to make a copy, or begin anew; ``None`` when it is made, taken or over. The house only.

    Raises:
        Unknown: there is no such copy, or this actor may not.
    """
    return through(Attempt(actor, Event.EXPORT_FILLED), partial(_begin, copy_id=copy_id, total=total))


def store(*, actor: Actor, order: Order, number: int, part: bytes) -> None:
    """Seal the next bytes of a copy, at most :data:`PART_BYTES`. The house only.

    Raises:
        Overtaken: another worker makes it, or it is over.
        Unknown: this actor may not.
    """
    through(Attempt(actor, Event.EXPORT_FILLED), partial(_store, order=order, number=number, part=part))


def finish(*, actor: Actor, order: Order, size: int) -> None:
    """Tell that the file is whole: from now on it can be taken, for a day. The house only.

    Raises:
        Overtaken: another worker makes it, or it is over.
        Unknown: this actor may not.
    """
    through(Attempt(actor, Event.EXPORT_READY), partial(_finish, order=order, size=size))


def fail(*, actor: Actor, copy_id: UUID) -> None:
    """Tell that a copy could not be made, and throw away what lies there. The house only.

    Raises:
        Unknown: there is no such copy, or this actor may not.
    """
    through(Attempt(actor, Event.EXPORT_READY), partial(_fail, copy_id=copy_id))


def take(*, actor: Actor, copy_id: UUID) -> Taking:
    """Take a copy away, once, with a fresh proof. From the commit on nobody can take it again.

    Raises:
        Unknown: there is no such copy for this actor, it was taken, it is too old, or the proof is not fresh.
        Unreadable: a part does not open; raised while the parts are read.
    """
    return through(Attempt(actor, Event.EXPORT_TAKEN, object_id=copy_id), partial(_take, copy_id=copy_id))


def throw_away(copy_id: UUID) -> None:
    """Erase the sealed parts of a copy that was taken."""
    with declared():
        find(Lookup.COPY, copy_id)
        CopyPart.objects.filter(copy_id=copy_id, copy__state__in=[CopyState.TAKEN, CopyState.ENDED]).delete()


def sweep(*, actor: Actor, now: datetime | None = None) -> int:
    """Destroy what is over: copies of yesterday, those of closed records, and parts that nobody can take. How many.

    Raises:
        Unknown: this actor may not.
    """
    return through(Attempt(actor, Event.EXPORT_ENDED), partial(_sweep, now=now or timezone.now()))


def of_asker(actor: Actor, dossier_id: UUID) -> Copy | None:
    """The newest copy that this person asked for of this dossier: how far it is, never what it holds."""
    with declared(dossier_id):
        return Copy.objects.filter(asked_by=actor.id, dossier_id=dossier_id).order_by("-asked_at").first()


def waiting(*, unheard: timedelta, stuck: timedelta) -> list[UUID]:
    """The copies whose message was lost, and those whose worker is gone without a word."""
    now = timezone.now()
    lost = Q(state=CopyState.ASKED, asked_at__lt=now - unheard)
    late = Copy.objects.filter(lost | Q(state=CopyState.MAKING, asked_at__lt=now - stuck))
    with over_every_dossier():
        return list(late.values_list("id", flat=True))


def tell(order: Order, *, done: int) -> None:
    """Tell how far a copy is.

    Raises:
        Overtaken: another worker makes it, or it is over.
    """
    with declared(order.dossier_id):
        told = _mine(order).update(done=done)
    if not told:
        raise Overtaken


def _ask(attempt: Attempt, *, dossier_id: UUID, language: str, with_hidden: bool, shape: CopyShape) -> UUID | Exception:
    entered = enter(attempt.actor, dossier_id)
    if entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    if not (_acts_for_patient(entered) and attempt.actor.fresh):
        return attempt.unknown(entered.opening)
    # Waits for another request of the same person: the constraint would refuse the second one without a word.
    Dossier.objects.select_for_update().only("id").get(id=dossier_id)
    live = Copy.objects.filter(dossier_id=dossier_id, asked_by=attempt.actor.id, state__in=_LIVE).first()
    if live is not None and live.state != CopyState.READY:
        return live.id
    if live is not None:
        _end(live)
    new = Copy.objects.create(
        id=uuid4(),
        dossier_id=dossier_id,
        asked_by=attempt.actor.id,
        language=language,
        with_hidden=with_hidden,
        shape=shape,
    )
    attempt.object_id = new.id
    attempt.allowed(entered.opening)
    return new.id


def _acts_for_patient(entered: Entered) -> bool:
    return entered.opening.allowed and (entered.facts.is_own or bool(entered.facts.represents))


def _begin(attempt: Attempt, *, copy_id: UUID, total: int) -> Order | Exception | None:
    copy = _locked(copy_id) if _is_house(attempt.actor) else None
    if copy is None:
        return attempt.unknown()
    dossier = Dossier.objects.only("id", "pseudonym", "closed_at").get(id=copy.dossier_id)
    if copy.state not in {CopyState.ASKED, CopyState.MAKING} or dossier.closed_at is not None:
        return None
    CopyPart.objects.filter(copy=copy).delete()
    copy.state, copy.attempt, copy.done, copy.total = CopyState.MAKING, copy.attempt + 1, 0, total
    copy.save(update_fields=["state", "attempt", "done", "total"])
    return Order(
        copy_id=copy.id,
        dossier_id=dossier.id,
        pseudonym=dossier.pseudonym,
        asked_by=copy.asked_by,
        language=copy.language,
        with_hidden=copy.with_hidden,
        attempt=copy.attempt,
        shape=CopyShape(copy.shape),
    )


def _store(attempt: Attempt, *, order: Order, number: int, part: bytes) -> Exception | None:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    declare(order.dossier_id)
    try:
        keys = WritingKeys(order.dossier_id)
    except Dossier.DoesNotExist:
        return Overtaken()
    # The row of the copy is locked after the dossier, as everywhere.
    if not list(_mine(order).select_for_update().values_list("id")):
        return Overtaken()
    place = _place(order.copy_id, number)
    sealed = keys.seal("copy", place, number, part)
    _insert((place, order.copy_id, order.dossier_id, number, len(part), sealed, keys.version))
    return None


def _insert(row: tuple[UUID, UUID, UUID, int, int, bytes, int]) -> None:
    """One part, its bytes apart from the text.

    Django's cursor writes them into the text, and psycopg remembers the last hundred texts of a connection to see which
    come again: 200 MB of parts would stay in the worker.
    """
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(
            "INSERT INTO public.records_copypart (id, copy_id, dossier_id, number, length, sealed, key_version)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            row,
        )


def _finish(attempt: Attempt, *, order: Order, size: int) -> Exception | None:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    declare(order.dossier_id)
    expires_at = timezone.now() + KEPT
    if not _mine(order).update(state=CopyState.READY, done=1, total=1, size=size, expires_at=expires_at):
        return Overtaken()
    append(Event.EXPORT_READY, actor=attempt.actor, dossier=order.pseudonym, object_id=order.copy_id)
    return None


def _fail(attempt: Attempt, *, copy_id: UUID) -> Exception | None:
    copy = _locked(copy_id) if _is_house(attempt.actor) else None
    if copy is None:
        return attempt.unknown()
    if copy.state in {CopyState.ASKED, CopyState.MAKING}:
        _end(copy, CopyState.FAILED)
    return None


def _take(attempt: Attempt, *, copy_id: UUID) -> Taking | Exception:
    copy = _locked(copy_id)
    entered = enter(attempt.actor, copy.dossier_id) if copy and copy.asked_by == attempt.actor.id else None
    if copy is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    is_there = copy.state == CopyState.READY and copy.expires_at is not None and timezone.now() < copy.expires_at
    if not (is_there and attempt.actor.fresh and _acts_for_patient(entered)):
        return attempt.unknown(entered.opening)
    copy.state, copy.ended_at = CopyState.TAKEN, timezone.now()
    copy.save(update_fields=["state", "ended_at"])
    attempt.allowed(entered.opening)
    return Taking(copy.size, copy.asked_at, _parts(copy), CopyShape(copy.shape))


def _parts(copy: Copy) -> Iterator[bytes]:
    """The bytes of the file, part by part; as many as were written, or it fails."""
    with declared(copy.dossier_id):
        keys = PatientKeys(copy.dossier_id, PatientKey.objects.filter(dossier_id=copy.dossier_id))
    number, left = 0, copy.size
    while left:
        number += 1
        # One statement for each: a rotation may seal the next one again meanwhile.
        with declared(copy.dossier_id):
            part = CopyPart.objects.filter(id=_place(copy.id, number)).first()
        if part is None:
            raise Unreadable(Flaw.LENGTH)
        plain = keys.open_("copy", part.id, number, part.sealed)[: part.length]
        left -= len(plain)
        if left < 0 or not plain:
            raise Unreadable(Flaw.LENGTH)
        yield plain


def _sweep(attempt: Attempt, *, now: datetime) -> int | Exception:
    if attempt.actor.task is not SystemTask.SWEEP:
        return attempt.unknown()
    over_now = Q(state__in=_LIVE) & (Q(expires_at__lte=now) | Q(dossier__closed_at__isnull=False))
    # What a download that broke off left: an hour is longer than any answer takes.
    broken_off = Q(ended_at__lt=now - timedelta(hours=1), parts__isnull=False)
    with over_every_dossier():
        declare_these = set(Copy.objects.filter(over_now | broken_off).values_list("dossier_id", flat=True))
    declare(*declare_these)
    over = list(Copy.objects.select_for_update(of=("self",), skip_locked=True).filter(over_now))
    for copy in over:
        _end(copy)
        attempt.ref, attempt.object_id = Dossier.objects.get(id=copy.dossier_id).ref, copy.id
        append(Event.EXPORT_ENDED, actor=attempt.actor, dossier=attempt.ref.pseudonym, object_id=copy.id)
    CopyPart.objects.filter(copy__ended_at__lt=now - timedelta(hours=1)).delete()
    return len(over)


def _locked(copy_id: UUID) -> Copy | None:
    find(Lookup.COPY, copy_id)
    return Copy.objects.select_for_update().filter(id=copy_id).first()


def _end(copy: Copy, state: CopyState = CopyState.ENDED) -> None:
    CopyPart.objects.filter(copy=copy).delete()
    copy.state, copy.ended_at = state, timezone.now()
    copy.save(update_fields=["state", "ended_at"])


def _mine(order: Order) -> QuerySet[Copy]:
    return Copy.objects.filter(id=order.copy_id, state=CopyState.MAKING, attempt=order.attempt)


def _place(copy_id: UUID, number: int) -> UUID:
    """The identifier of one part: bound to the copy and its number, so that no part stands in for another."""
    return uuid5(copy_id, str(number))


def _is_house(actor: Actor) -> bool:
    return actor.role is Role.SYSTEM and actor.task is SystemTask.EXPORT
