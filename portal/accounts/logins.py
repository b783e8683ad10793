"""The sign-in address: normalised, digested at once, never kept."""

from __future__ import annotations

import unicodedata

from records import house


def normalise_login(typed: str) -> str:
    """The one spelling of a sign-in address: NFKC, no surrounding blanks, no capitals.

    Mail servers may tell capitals apart in the local part (RFC 5321, 2.4); people cannot, so two
    addresses that differ only in them are one account.
    """
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def digest_of(typed: str) -> bytes:
    """The 32-byte keyed digest under which an account is found."""
    return house.lookup_digest("login", normalise_login(typed))
