"""Every emergency access is reviewed by a person, before a deadline."""

from __future__ import annotations

from enum import StrEnum
from uuid import uuid4

from django.conf import settings
from django.db import models

from consent.models.emergency import Emergency


class Verdict(StrEnum):
    """What a review concluded."""

    JUSTIFIED = "justified"
    QUESTIONED = "questioned"


class EmergencyReview(models.Model):
    """The review of one emergency: due at a date, then done once, by somebody, with a verdict."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    emergency = models.OneToOneField(Emergency, on_delete=models.PROTECT, related_name="review")
    due_at = models.DateTimeField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="emergency_reviews"
    )
    reviewed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(reviewed_at__isnull=True), name="review_waiting"),
            models.Index(fields=["reviewed_at"], name="review_done"),
        ]
        constraints = [
            models.CheckConstraint(
                name="review_whole",
                condition=models.Q(reviewer__isnull=True, reviewed_at__isnull=True, verdict="")
                | models.Q(
                    reviewer__isnull=False,
                    reviewed_at__isnull=False,
                    verdict__in=[verdict.value for verdict in Verdict],
                ),
                violation_error_message="A review waits, or says who, when and what.",
            ),
        ]
