"""Background work of administration: a verification too long for an answer to wait for.

Its result is the line it leaves in the log, which the integrity page shows: no second place could
keep a green that is no longer true.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from audit.actor import Actor, SystemTask
from portal.administration.looking import verify
from portal.celery import app


# Bound to the app by name: the web sends it too, and a shared task there would look for another broker.
@app.task(name="administration.verify_log", time_limit=840)
def verify_the_log(request_id: str) -> None:
    """Verify the whole log, as the house itself: whoever can write into Redis must not act in anybody's name.

    The request ties its line to the one that says which administrator asked.
    """
    verify(actor=replace(Actor.system(SystemTask.VERIFICATION), request=UUID(request_id)))
