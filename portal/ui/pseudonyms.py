"""The short names by which pages show what must stay nameless, and the letters that stand for a face."""

from __future__ import annotations

from uuid import UUID

from audit.pseudonyms import shown


def pseudonym(prefix: str, identifier: UUID) -> str:
    """``P-7Q3K-M2XT``; prefixes: ``P`` a dossier, ``A`` an account, ``O`` an organisation."""
    return shown(prefix, identifier)


def initials(name: str) -> str:
    """At most two capitals: first and last word of a name, titles aside."""
    words = [word for word in name.replace("-", " ").split() if word[:1].isalpha() and not word.endswith(".")]
    words = [word for word in words if word not in {"Dr", "Pr", "M", "Mme"}] or words
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
