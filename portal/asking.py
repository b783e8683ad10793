"""A task acts with the rights of who asked for it, as they are when it runs, not when they asked."""

from __future__ import annotations

from uuid import UUID

from audit.actor import Actor, Role
from portal.accounts.models import Account
from portal.acting import memberships_of


class RightsGone(Exception):
    """Whoever asked for this task may no longer do it."""

    # Without arguments: Celery makes the exception anew from them when it reports a failure.
    def __str__(self) -> str:
        return "Whoever asked for this may no longer do it."


def actor_again(account_id: UUID, *, role: Role, request_id: UUID, organisation: UUID | None = None) -> Actor:
    """The actor who asked, looked up anew; the strength of a sign-in does not travel into a queue.

    Raises:
        RightsGone: the account is closed, has another role, or no longer works for that organisation.
    """
    account = Account.objects.filter(pk=account_id, role=role.value, is_active=True).first()
    if account is None:
        raise RightsGone
    if role is not Role.PROFESSIONAL:
        return Actor(id=account.pk, role=role, request=request_id)
    for membership in memberships_of(account):
        if organisation in {None, membership.organisation_id}:
            return Actor(
                id=account.pk,
                role=role,
                profession=membership.professional.profession,
                professional=membership.professional_id,
                organisation=membership.organisation_id,
                request=request_id,
            )
    raise RightsGone
