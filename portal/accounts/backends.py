"""Finds an account by its digest and checks its password, with the same work for nobody."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from audit.prepared import models_of
from portal.accounts.models import Account


class LoginBackend(BaseBackend):
    """The only entry of ``AUTHENTICATION_BACKENDS``."""

    def authenticate(  # type: ignore[override]
        self,
        _request: HttpRequest | None,
        login_digest: bytes | None = None,
        password: str | None = None,
    ) -> Account | None:
        """The active account of that digest and password, or ``None``.

        An unknown or ended account costs one password hash too: its absence must not be told by
        the clock (ASVS 5.0, 6.3.8).
        """
        if login_digest is None or password is None:
            return None
        account = Account.objects.filter(login_digest=login_digest, is_active=True).first()
        if account is None:
            Account().set_password(password)
            return None
        return account if account.check_password(password) else None

    def get_user(self, user_id: UUID) -> Account | None:
        """The account of a session; ``None`` ends the session of one that was ended."""
        return next(iter(models_of(Account, "id = %s AND is_active", (user_id,))), None)
