"""The rows of a copy of a record that its patient takes away: sealed parts of one file, for a day."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CopyState(models.TextChoices):
    """How far a copy is."""

    ASKED = "asked", _("Waiting")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    TAKEN = "taken", _("Downloaded")
    FAILED = "failed", _("Not made")
    ENDED = "ended", _("Destroyed")


class CopyShape(models.TextChoices):
    """What somebody takes away."""

    FOLDER = "folder", _("Everything, in one file (ZIP)")
    FHIR = "fhir", _("All documents, for another health software")
    IPS = "ips", _("A summary, for another health software")
    PDF = "pdf", _("A summary to print or to send (PDF)")


class Copy(models.Model):
    """One copy that was asked for: by whom, how far it is, until when it can be downloaded.

    ``shape`` says what it is, ``with_hidden`` whether it holds what its asker hides from their own screens. ``attempt``
    counts those who began to make it: only the last one writes. ``size`` is the length of the whole file, ``entry`` the
    line of the log that tells of its last documents.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("records.Dossier", on_delete=models.PROTECT, related_name="copies")
    asked_by = models.UUIDField()
    language = models.CharField(max_length=8)
    shape = models.CharField(
        max_length=8, choices=CopyShape, default=CopyShape.FOLDER, db_default=CopyShape.FOLDER.value
    )
    with_hidden = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=CopyState, default=CopyState.ASKED)
    attempt = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=1)
    size = models.PositiveBigIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two would be two files with a whole life in them.
            models.UniqueConstraint(
                fields=["dossier", "asked_by"],
                condition=Q(state__in=["asked", "making", "ready"]),
                name="records_copy_one_at_a_time",
            ),
            models.CheckConstraint(
                name="records_copy_ready_ends",
                condition=~Q(state="ready") | Q(expires_at__isnull=False),
                violation_error_message=_("A copy that is ready says until when."),
            ),
        ]

    def __str__(self) -> str:
        return f"copy, {self.state}"

    @property
    def percent(self) -> int:
        """How far it is, in whole percent."""
        return min(100, 100 * self.done // max(self.total, 1))


class CopyPart(models.Model):
    """The next bytes of the file of a copy, sealed. ``length`` is how many they are, before they were padded."""

    id = models.UUIDField(primary_key=True, editable=False)
    copy = models.ForeignKey(Copy, on_delete=models.PROTECT, related_name="parts", db_index=False)
    dossier_id = models.UUIDField()
    number = models.PositiveBigIntegerField()
    length = models.PositiveIntegerField()
    sealed = models.BinaryField()
    key_version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["copy", "number"], name="records_copypart_number")]
        indexes = [models.Index(fields=["dossier_id", "key_version"], name="records_copypart_turning")]

    def __str__(self) -> str:
        return f"part {self.number}"
