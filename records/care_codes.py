"""Doors of initial consent: the patient shows a code on their phone, a professional types it.

The code itself is kept nowhere: a keyed digest finds it again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from consent.acting import now
from consent.decisions import Refused
from consent.dossiers import DossierRef
from consent.granting import Invalid
from consent.initiating import begin_code, find_code, use_code
from records.attempts import Attempt, through
from records.dossiers import ref_of
from records.house import lookup_digest

__all__ = ["Invalid", "ShownCode", "enter_code", "show_code"]

# Crockford's alphabet: no letter that looks like a digit. Eight of them are forty bits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_LOOKALIKES = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True, repr=False)
class ShownCode:
    """A code as the patient shows it, and until when it is good."""

    code: str
    until: datetime

    def __repr__(self) -> str:
        return "<ShownCode>"


def show_code(*, actor: Actor, ref: DossierRef) -> ShownCode:
    """Make a code that lets one professional in; the one before is good no longer.

    Raises:
        Refused: the actor is not the patient.
    """
    return through(Attempt(actor, Event.CODE_SHOWN, ref), partial(_show, ref=ref))


def enter_code(*, actor: Actor, code: str) -> UUID:
    """Open the care relationship that a code stands for. Returns the dossier's id.

    Raises:
        Invalid: the code is not good (wrong, late, used), too many were wrong, care is open already, or the actor
            opens no care relationships.
    """
    return through(Attempt(actor, Event.CODE_USED), partial(_enter, code=_spelled(code)))


def _show(attempt: Attempt, *, ref: DossierRef) -> ShownCode | Exception:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    decision, until = begin_code(actor=attempt.actor, ref=ref, digest=lookup_digest("code", code))
    return ShownCode(f"{code[:4]}-{code[4:]}", until) if until is not None else Refused(decision)


def _spelled(code: str) -> str:
    spelled = "".join(code.upper().split()).replace("-", "").translate(_LOOKALIKES)
    if len(spelled) != _LENGTH or set(spelled) - set(_ALPHABET):
        raise Invalid(_("A code has eight letters and digits, as in 7Q3K-M2XT."))
    return spelled


def _enter(attempt: Attempt, *, code: str) -> UUID | Exception:
    at = now()
    found = find_code(actor=attempt.actor, digest=lookup_digest("code", code), at=at)
    if isinstance(found, Invalid):
        return found
    use_code(actor=attempt.actor, ref=ref_of(found.dossier), code=found, at=at)
    return found.dossier
