"""When somebody was last before a dossier, read from the log: no mark of its own is kept.

The log remembers every opening already. A visit is what lies between two sign-ins of the same person.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Subquery

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.models import Entry

_OPENINGS = (Event.DOSSIER_OPENED.dotted, Event.CATEGORY_READ.dotted, Event.RECORD_READ.dotted)


def last_visit(actor: Actor, dossier: UUID) -> datetime | None:
    """The last moment at which this actor read this dossier before they signed in this time; in one query.

    Args:
        actor: who reads now.
        dossier: the pseudonym of the dossier in the log.
    """
    acts = Entry.objects.by(actor.id)
    came = acts.filter(event=Event.ACCOUNT_SIGNED_IN.dotted).newest_first().values("at")[:1]
    reads = acts.filter(dossier=dossier, event__in=_OPENINGS, outcome=Outcome.ALLOWED.value, at__lt=Subquery(came))
    return reads.newest_first().values_list("at", flat=True).first()
