"""Background work of administration: a verification too long for an answer to wait for.

Its result is the line it leaves in the log, which the integrity page shows: no second place could
keep a green that is no longer true.
"""

from __future__ import annotations

from uuid import UUID

from audit.actor import Actor, Role
from portal.accounts.models import Account
from portal.administration.looking import verify
from portal.celery import app


# Bound to the app by name: the web sends it too, and a shared task there would look for another broker.
@app.task(name="administration.verify_log", time_limit=840)
def verify_the_log(account_id: str, request_id: str) -> None:
    """Verify the whole log for the administrator who asked, if they still are one."""
    asking = Account.objects.filter(pk=UUID(account_id), role=Account.Role.ADMINISTRATOR, is_active=True).exists()
    if asking:
        verify(actor=Actor(id=UUID(account_id), role=Role.ADMINISTRATOR, request=UUID(request_id)))
