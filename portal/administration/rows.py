"""Lines of the log as an administrator reads them: pseudonyms and words, nothing else (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_time
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Role
from audit.events import Event, Outcome
from audit.pseudonyms import shown
from audit.searching import LogLine
from portal.administration import wording
from portal.ui.formatting import current_locale

_TONES = {Outcome.REFUSED: "warn", Outcome.FAILED: "danger", Outcome.ALLOWED: "ok"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``index`` is ``None`` while the entry has no number."""

    index: int | None
    at: datetime
    time: str
    actor: str
    who: str
    organisation: str
    what: str
    category: str
    dossier: str
    why: str
    outcome: str
    tone: str
    intact: bool


def row_of(line: LogLine) -> Row:
    """The line in words; one that was altered says so instead of its outcome."""
    facts = line.entry.facts if line.entry else {}
    purpose = (line.entry.purpose if line.entry else "") or facts.get("reason", "")
    why = [wording.ground_label(line.ground), wording.purpose_label(purpose)]
    return Row(
        index=line.index,
        at=line.at,
        # Seconds, unlike on other pages: here the order of acts is what people look at.
        time=format_time(timezone.localtime(line.at), "HH:mm:ss", locale=current_locale()),
        # A visitor is nobody: the same zeros for all would look like one very busy person.
        actor="" if line.role == Role.ANONYMOUS.value and not line.actor.int else shown("A", line.actor),
        who=wording.who_label(line.role, line.profession),
        organisation=shown("O", line.organisation) if line.organisation else "",
        what=wording.event_label(line.event),
        category=wording.category_label(line.category),
        dossier=shown("P", line.dossier) if line.dossier else "",
        why=": ".join(part for part in why if part),
        outcome=wording.outcome_label(line.outcome) if line.intact else _("Altered"),
        tone=_tone(line),
        intact=line.intact,
    )


def _tone(line: LogLine) -> str:
    if not line.intact or line.event == Event.EMERGENCY_OPENED.dotted:
        return "danger"
    return _TONES.get(Outcome(line.outcome), "") if line.outcome in set(Outcome) else ""
