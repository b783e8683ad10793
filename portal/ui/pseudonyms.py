"""The short names by which pages show what must stay nameless."""

from __future__ import annotations

from uuid import UUID

# Crockford's base32: no I, L, O, U, so that it can be read aloud (https://www.crockford.com/base32.html).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def pseudonym(prefix: str, identifier: UUID) -> str:
    """``P-7Q3K-M2XT``: the prefix and the first 40 bits of the identifier.

    Prefixes: ``P`` a dossier, ``A`` an account, ``O`` an organisation.
    """
    bits = identifier.int >> 88
    text = "".join(_ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{prefix}-{text[:4]}-{text[4:]}"


def initials(name: str) -> str:
    """At most two capitals: first and last word of a name, titles aside."""
    words = [word for word in name.replace("-", " ").split() if word[:1].isalpha() and not word.endswith(".")]
    words = [word for word in words if word not in {"Dr", "Pr", "M", "Mme"}] or words
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
