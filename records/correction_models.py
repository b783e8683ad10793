"""The rows of corrections: what a patient asks its author to put right, and the versions that were replaced."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.categories import Category


class CorrectionState(models.TextChoices):
    """What became of a request."""

    WAITING = "waiting", _("Waiting for its author")
    DONE = "done", _("Corrected")
    REFUSED = "refused", _("Not corrected")


class Correction(models.Model):
    """One correction asked for: the reason in ``sealed_words``, the author's words in ``sealed_answer``.

    Both are sealed under the patient's key; an answer that was not given yet is sealed empty. ``author`` is the
    professional who wrote the record when it was asked, ``revision`` the version that the patient had before them.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("records.Dossier", on_delete=models.PROTECT, related_name="corrections", db_index=False)
    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="corrections")
    category = models.CharField(max_length=32)
    author = models.UUIDField()
    revision = models.PositiveBigIntegerField()
    sealed_words = models.BinaryField()
    sealed_answer = models.BinaryField()
    key_version = models.PositiveIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()
    state = models.CharField(max_length=12, choices=CorrectionState, default=CorrectionState.WAITING)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["dossier", "-asked_at"], name="records_correction_by_dossier"),
            models.Index(fields=["author", "state"], name="records_correction_by_author"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(state="waiting"), name="records_correction_one_waiting"
            ),
            models.CheckConstraint(
                name="records_correction_category_known",
                condition=Q(category__in=[category.value for category in Category]),
                violation_error_message=_("A document lies in one of the 19 categories."),
            ),
            models.CheckConstraint(
                name="records_correction_answered",
                condition=Q(state="waiting", answered_at__isnull=True)
                | Q(state__in=["done", "refused"], answered_at__isnull=False),
                violation_error_message=_("An answered request says when."),
            ),
        ]

    def __str__(self) -> str:
        return "request for a correction"


class FormerVersion(models.Model):
    """A version of a record that was replaced, sealed as its own object: header and body as they were.

    ``revision`` is the one it was sealed with in its record. It is never changed and never erased: a rotation gives it
    another key, and when its record is taken out what it said is sealed over.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("records.Dossier", on_delete=models.PROTECT, related_name="+", db_index=False)
    record = models.ForeignKey("records.Record", on_delete=models.PROTECT, related_name="former", db_index=False)
    category = models.CharField(max_length=32)
    revision = models.PositiveBigIntegerField()
    header = models.BinaryField()
    body = models.BinaryField()
    key_version = models.PositiveIntegerField()
    replaced_at = models.DateTimeField(default=timezone.now)
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["dossier"], name="records_former_by_dossier")]
        constraints = [
            models.UniqueConstraint(fields=["record", "revision"], name="records_former_once"),
            models.CheckConstraint(
                name="records_former_category_known",
                condition=Q(category__in=[category.value for category in Category]),
                violation_error_message=_("A document lies in one of the 19 categories."),
            ),
        ]

    def __str__(self) -> str:
        return "former version"
