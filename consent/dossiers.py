"""How the rooms above name a dossier to consent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DossierRef:
    """All that consent is told of a dossier: no key, no name, no record.

    ``owner`` is the account of the patient (``None`` while nobody has claimed the dossier),
    ``pseudonym`` the name under which the log knows it.
    """

    id: UUID
    pseudonym: UUID
    owner: UUID | None
