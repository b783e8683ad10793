"""Broken glass: a professional opens a record because somebody's life is at risk."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed

# No setting can make an emergency longer than this.
LONGEST = timedelta(hours=12)


class ReasonCode(StrEnum):
    """Why the glass was broken: the closed list. Anything more is said in the sealed text."""

    LIFE_THREATENING = "life_threatening"
    UNCONSCIOUS = "unconscious"
    UNABLE_TO_CONSENT = "unable_to_consent"
    REGULATION_CALL = "regulation_call"

    @property
    def label(self) -> str:
        """The reason shown to people, in the language in force."""
        return str(_REASONS[self])


_REASONS = {
    ReasonCode.LIFE_THREATENING: _("Life in danger"),
    ReasonCode.UNCONSCIOUS: _("Person unconscious"),
    ReasonCode.UNABLE_TO_CONSENT: _("Person unable to answer"),
    ReasonCode.REGULATION_CALL: _("Emergency call (15, 112)"),
}


class Emergency(models.Model):
    """One emergency access. It always has an end, and the words of its reason are sealed by records."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="emergencies")
    reason_code = models.CharField(max_length=30)
    sealed_reason = models.BinaryField()
    key_version = models.PositiveIntegerField()
    digest = models.BinaryField()
    during = DateTimeRangeField()

    objects = AboutQuerySet["Emergency"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["dossier", "professional"], name="emergency_between")]
        constraints = [
            well_formed("emergency"),
            models.CheckConstraint(
                name="emergency_ends",
                condition=models.Q(
                    during__upper_inf=False,
                    during__endswith__lte=models.F("during__startswith") + models.Value(LONGEST),
                ),
                violation_error_message="An emergency access ends by itself after a few minutes.",
            ),
            models.CheckConstraint(
                name="emergency_reason",
                condition=models.Q(reason_code__in=[code.value for code in ReasonCode]),
                violation_error_message="An emergency access has a reason from the list.",
            ),
            models.CheckConstraint(
                name="emergency_digest",
                condition=models.Q(models.lookups.Exact(Length("digest"), 32)),
                violation_error_message="The digest of a sealed reason has 32 bytes.",
            ),
            ExclusionConstraint(
                name="emergency_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("professional", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="An emergency access is already open.",
            ),
        ]
