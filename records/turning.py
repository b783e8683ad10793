"""Carrying a rotation through, and finding those that are not through yet: for the worker and the command.

Nothing here is a door: each step goes through one, in a transaction of its own, and may be the last before the process
is killed. Whoever comes next finds in the tables what is left.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit.actor import Actor, SystemTask
from consent.declaring import over_every_dossier
from records.models import KeyState, PatientKey
from records.resealing import reseal_documents
from records.rotation import BATCH, GRACE, Busy, Reached, Unknown, begin, destroy, finish, reseal_batch
from records.vault.cipher import Unreadable

# Work takes one part of the time, pauses the rest: a page that needs the processor or the disk gets it.
_FULL_SPEED = 1.0

_log = logging.getLogger("carnet.records")


def carry_through(
    dossier_id: UUID,
    *,
    share: float = _FULL_SPEED,
    until: float | None = None,
    limit: int = BATCH,
    progress: Callable[[int], None] = lambda _rows: None,
) -> int:
    """Seal again what lies under older keys of a dossier, then retire them.

    Args:
        share: how much of the time may be spent working, above 0 and at most 1.
        until: when to stop, on the clock of ``time.monotonic``.
        progress: told the number of rows of each batch.

    Returns:
        How many rows are left: because of the time, because another worker holds them, or because they do not open.
    """
    house = Actor.system(SystemTask.ROTATION)
    while True:
        done = 0
        after: Reached | None = Reached()
        while after is not None and not _is_over(until):
            started = time.monotonic()
            batch = reseal_batch(actor=house, dossier_id=dossier_id, after=after, limit=limit)
            done, after = done + batch.resealed, batch.after
            progress(batch.resealed)
            if batch.resealed:
                time.sleep((time.monotonic() - started) * (1 / share - 1))
        done += reseal_documents(dossier_id, share=share, until=until, progress=progress)
        try:
            left = finish(actor=house, dossier_id=dossier_id)
        except Busy:
            # Everything may be sealed again: the end of it is for the next run.
            return 1
        # Another pass only if this one moved something: rows that do not open, or that a worker holds, are for later.
        if not left or not done or _is_over(until):
            return left


def unfinished() -> list[UUID]:
    """The dossiers whose key turns, the oldest rotation first."""
    turning = PatientKey.objects.filter(state=KeyState.DECRYPT_ONLY, retired_at=None)
    # The version in force was made when the rotation began.
    active = PatientKey.objects.filter(state=KeyState.ACTIVE, dossier_id__in=turning.values("dossier_id"))
    with over_every_dossier():
        return list(active.order_by("created_at").values_list("dossier_id", flat=True))


def begin_some(before: datetime, *, limit: int) -> int:
    """Begin to turn up to ``limit`` of the oldest keys made before then; how many.

    A dossier whose identity does not open, or in which somebody writes for long, is left to the next run and keeps
    nobody else from turning: its failure is in the log.
    """
    begun = 0
    for dossier_id, version in due(before):
        if begun == limit:
            break
        try:
            begin(actor=Actor.system(SystemTask.ROTATION), dossier_id=dossier_id, version=version)
            begun += 1
        except (Busy, Unknown, Unreadable):
            _log.warning("a key could not begin to turn; the others do", extra={"task": "key.turning"})
    return begun


def carry_on_with_all(*, share: float, until: float) -> int:
    """Carry on with every key that turns until then; how many rows were sealed again."""
    batches: list[int] = []
    for dossier_id in unfinished():
        if _is_over(until):
            break
        try:
            carry_through(dossier_id, share=share, until=until, progress=batches.append)
        except (Unknown, Unreadable):
            # Closed since, or its key does not unwrap: the others go on.
            _log.warning("a key could not go on turning; the others do", extra={"task": "key.resealed"})
    return sum(batches)


def destroy_ripe(*, grace: timedelta = GRACE) -> int:
    """Destroy every retired version whose time of grace is over; how many."""
    ripe = PatientKey.objects.filter(state=KeyState.DECRYPT_ONLY, retired_at__lte=timezone.now() - grace)
    house = Actor.system(SystemTask.ROTATION)
    with over_every_dossier():
        dossiers = list(ripe.order_by("dossier_id").values_list("dossier_id", flat=True).distinct())
    return sum(_destroy_unless_busy(house, dossier_id, grace) for dossier_id in dossiers)


def _destroy_unless_busy(house: Actor, dossier_id: UUID, grace: timedelta) -> int:
    try:
        return destroy(actor=house, dossier_id=dossier_id, grace=grace)
    except Busy:
        return 0


def due(before: datetime) -> list[tuple[UUID, int]]:
    """Dossiers whose key was made before then and does not turn already, with its version, the oldest first."""
    active = PatientKey.objects.filter(state=KeyState.ACTIVE, created_at__lt=before)
    older = PatientKey.objects.filter(dossier_id=OuterRef("dossier_id"), state=KeyState.DECRYPT_ONLY, retired_at=None)
    rows = active.exclude(Exists(older)).order_by("created_at").values_list("dossier_id", "version")
    with over_every_dossier():
        return list(rows)


def _is_over(until: float | None) -> bool:
    return until is not None and time.monotonic() >= until
