"""What no person does and the clock alone brings about: a consent or a deadline that ends, the statement of a month.

Each becomes an entry of the log, once, and the letters follow it like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import over_every_dossier
from consent.models import Choice
from portal.notifications.models import Announcement
from portal.oversight.models import Case
from records.models import Dossier

# Time enough to renew it.
SOON = timedelta(days=7)
# Days before the deadline of a questioned access; the last reminder comes when it is over.
_REMIND_BEFORE = timedelta(days=3)
_BATCH = 500

# An occasion that happens once, and what its entry says beside its event.
_Occasion = tuple[str, dict[str, Any]]


def announce_due(now: datetime | None = None) -> int:
    """Announce what is due and was not announced; how many. Two at once announce nothing twice."""
    moment = now or timezone.now()
    return (
        _announce(Event.CONSENT_ENDING, _endings(moment))
        + _announce(Event.STATEMENT_READY, _statements(moment))
        + _announce(Event.CASE_DUE, _deadlines(moment))
    )


def _announce(event: Event, occasions: Iterable[_Occasion]) -> int:
    announced = 0
    waiting = iter(occasions)
    actor = Actor.system(SystemTask.SWEEP)
    while batch := dict(islice(waiting, _BATCH)):
        with transaction.atomic():
            for occasion in sorted(batch):
                # Whoever inserts the row announces; another one waits for it here and finds it done.
                _, is_ours = Announcement.objects.get_or_create(occasion=occasion)
                if is_ours:
                    append(event, actor=actor, **batch[occasion])
                    announced += 1
    return announced


def _endings(now: datetime) -> Iterator[_Occasion]:
    """Choices that let somebody in and end soon; a choice that was prolonged has another end."""
    ending = Choice.objects.live(now).filter(allowed=True, during__endswith__lte=now + SOON)
    with over_every_dossier():
        rows = list(ending.values_list("id", "dossier", "during").order_by("id"))
        known = Dossier.objects.filter(pk__in={dossier for _, dossier, _ in rows})
        pseudonyms = dict(known.values_list("id", "pseudonym"))
    for choice, dossier, during in rows:
        if dossier in pseudonyms:
            yield f"ending:{choice}:{during.upper:%Y-%m-%dT%H:%M}", {"dossier": pseudonyms[dossier]}


def _statements(now: datetime) -> Iterator[_Occasion]:
    """From the first of a month on, one for the month before and each dossier that somebody has claimed by then."""
    first = timezone.localtime(now).date().replace(day=1)
    prefix = f"statement:{first - timedelta(days=1):%Y-%m}:"
    announced = Announcement.objects.filter(occasion=Concat(Value(prefix), Cast(OuterRef("id"), CharField())))
    dossiers = Dossier.objects.filter(account__isnull=False, created_on__lt=first).exclude(Exists(announced))
    with over_every_dossier():
        rows = list(dossiers.order_by("id").values_list("id", "pseudonym"))
    for dossier, pseudonym in rows:
        yield f"{prefix}{dossier}", {"dossier": pseudonym}


def _deadlines(now: datetime) -> Iterator[_Occasion]:
    """Questioned accesses without an explanation: some days before the deadline, and once it is over."""
    waiting = Case.objects.filter(answered_at=None, concluded_at=None, due_at__lte=now + _REMIND_BEFORE)
    with over_every_dossier():
        cases = list(waiting.order_by("id"))
    for case in cases:
        when = "over" if now > case.due_at else "soon"
        yield f"case:{case.id}:{when}", {"object_id": case.id, "facts": {"account": case.actor}}
