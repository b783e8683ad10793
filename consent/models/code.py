"""The code that a patient shows on their phone to let a professional in, and the tries at it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models.functions import Length

from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed

# No setting can make a code last longer than this.
LONGEST = timedelta(minutes=15)


class CareCode(models.Model):
    """One code: a keyed digest, a few minutes, one use."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    digest = models.BinaryField(unique=True)
    during = DateTimeRangeField()
    used_by = models.ForeignKey(Professional, null=True, on_delete=models.PROTECT, related_name="codes")
    used_at = models.DateTimeField(null=True)

    objects = AboutQuerySet["CareCode"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["dossier"], name="carecode_dossier")]
        constraints = [
            well_formed("carecode"),
            models.CheckConstraint(
                name="carecode_ends",
                condition=models.Q(
                    during__upper_inf=False,
                    during__endswith__lte=models.F("during__startswith") + models.Value(LONGEST),
                ),
                violation_error_message="A code lasts a few minutes.",
            ),
            models.CheckConstraint(
                name="carecode_digest",
                condition=models.Q(models.lookups.Exact(Length("digest"), 32)),
                violation_error_message="A code is kept as a digest of 32 bytes.",
            ),
            models.CheckConstraint(
                name="carecode_used",
                condition=models.Q(used_by__isnull=True, used_at__isnull=True)
                | models.Q(used_by__isnull=False, used_at__isnull=False),
                violation_error_message="A used code says by whom and when.",
            ),
        ]


class CodeTry(models.Model):
    """A professional typed a code that was not good: too many of them and the door stays shut for a while."""

    id = models.BigAutoField(primary_key=True)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="code_tries", db_index=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["professional", "at"], name="codetry_recent")]
