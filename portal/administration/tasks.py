"""Background work of administration: a verification too long for an answer to wait for.

Its result is the line it leaves in the log, which the integrity page shows: no second place could
keep a green that is no longer true.
"""

from __future__ import annotations

from uuid import UUID

from audit.actor import Role
from portal.administration.looking import verify
from portal.asking import actor_again
from portal.celery import app


# Bound to the app by name: the web sends it too, and a shared task there would look for another broker.
@app.task(name="administration.verify_log", time_limit=840)
def verify_the_log(account_id: str, request_id: str) -> None:
    """Verify the whole log for the administrator who asked.

    Raises:
        RightsGone: they are none any more.
    """
    verify(actor=actor_again(UUID(account_id), role=Role.ADMINISTRATOR, request_id=UUID(request_id)))
