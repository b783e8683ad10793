"""What became of a file, in words."""

from __future__ import annotations

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.acting import Visit
from records.exchange import ImportReport
from records.formats.sentences import CLEANED


def tell(request: Visit, report: ImportReport) -> None:
    """Say what went in, what was there already, and what was removed from the file."""
    new = report.created + report.amended
    if new == 1:
        messages.success(request, _("The document is in the record."))
    elif new:
        messages.success(
            request, ngettext("%(num)s document was added.", "%(num)s documents were added.", new) % {"num": new}
        )
    elif report.unchanged:
        messages.info(request, _("This document was in the record already. Nothing was changed."))
    else:
        messages.warning(request, _("Nothing in this file belongs in a health record. Nothing was changed."))
    for what in sorted(report.cleaned):
        messages.info(request, _(CLEANED[what]))
