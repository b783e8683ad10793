"""Lines of the log taken away: by pseudonym, as a table or as FHIR AuditEvents; taking them is remembered."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from audit.searching import LogFilter, LogLine, search_log
from consent.granting import Invalid
from portal.administration.looking import facts_of
from portal.administration.rows import row_of

MOST = 10_000
_BATCH = 500
# What a spreadsheet would run as a formula (OWASP, CSV injection).
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def take_log(*, actor: Actor, wanted: LogFilter, kind: str) -> list[LogLine]:
    """The lines that ``wanted`` lets through, newest first; ``kind`` is what they are taken away as.

    Raises:
        PermissionDenied: the actor is no administrator.
        Invalid: there are more than :data:`MOST`; nothing is taken.
        BadPseudonym: see :func:`audit.searching.search_log`.
    """
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
    lines: list[LogLine] = []
    with transaction.atomic(durable=True):
        before = None
        while True:
            page = search_log(wanted, before=before, limit=_BATCH)
            lines += page.lines
            if len(lines) > MOST:
                raise Invalid(
                    _("These are more than %(most)d lines. Narrow the dates or choose a filter, and take them again.")
                    % {"most": MOST}
                )
            if page.next is None:
                break
            before = page.next
        facts = facts_of(wanted, len(lines)) | {"format": kind}
        append(Event.LOG_EXPORTED, actor=actor, outcome=Outcome.DONE, facts=facts)
    return lines


def as_table(lines: Sequence[LogLine]) -> str:
    """The lines as CSV: every cell quoted, none a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    heads = (_("Number"), _("When"), _("Who"), _("Side"), _("Organisation"), _("Event"), _("What"), _("Category"))
    writer.writerow([*heads, _("Record"), _("Why"), _("Outcome")])
    for line in lines:
        row = row_of(line)
        cells = (row.index, row.at.isoformat(), row.actor, row.who, row.organisation, line.event, row.what)
        writer.writerow([safe(cell) for cell in (*cells, row.category, row.dossier, row.why, row.outcome)])
    return text.getvalue()


def safe(cell: object) -> str:
    """The cell as text that no spreadsheet runs: an apostrophe before what it would take for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) or text.startswith(_DANGEROUS) else text
