"""Ranges of time: when something held.

Every range is ``[start, end)`` in UTC, has a start, and is never empty. An open end means "until
further notice".
"""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models.functions import Now

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class DatedQuerySet(models.QuerySet[M_co]):
    """Rows that hold during a range of time."""

    def live(self, at: datetime | Now) -> Self:
        """Those that hold at this instant; ``Now()`` is the database's time when it reads."""
        return self.filter(during__contains=at)


class AboutQuerySet(DatedQuerySet[M_co]):
    """Rows that hold during a range of time, about one dossier."""

    def about(self, dossier: object) -> Self:
        """Those of one dossier (its identifier)."""
        return self.filter(dossier=dossier)


def well_formed(name: str) -> models.CheckConstraint:
    """The constraint of every ``during``: without it, a range that means nothing would hold for ever."""
    return models.CheckConstraint(
        name=f"{name}_during",
        condition=models.Q(
            during__isempty=False, during__lower_inf=False, during__lower_inc=True, during__upper_inc=False
        ),
        violation_error_message="A period has a start, and ends after it starts.",
    )
