"""How the rooms above name a dossier to consent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from consent.ages import Age


@dataclass(frozen=True, slots=True)
class DossierRef:
    """All that consent is told of a dossier: no key, no name, no record.

    ``owner`` is the account of the patient (``None`` while nobody has claimed the dossier),
    ``pseudonym`` the name under which the log knows it. ``age`` is the bracket of the patient's age, which
    the caller computes from the unsealed birth date where somebody acts for the patient; unknown, it opens
    nothing to them.
    """

    id: UUID
    pseudonym: UUID
    owner: UUID | None
    age: Age = Age.UNKNOWN
