"""Reading, depositing and exporting are separate rights."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Right(StrEnum):
    """What somebody may do with a drawer."""

    READ = "read"
    DEPOSIT = "deposit"
    EXPORT = "export"

    @property
    def label(self) -> str:
        """The name shown to people, in the language in force."""
        return str(_LABELS[self])


_LABELS = {Right.READ: _("Read"), Right.DEPOSIT: _("Add documents"), Right.EXPORT: _("Take away")}
