"""The rows of requests for a document: what a professional asks a patient to bring, in place of an e-mail."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.categories import Category


class Answer(models.TextChoices):
    """What became of a request."""

    BROUGHT = "brought", _("Brought")
    DECLINED = "declined", _("Not brought")


class PaperRequest(models.Model):
    """One document asked for; what it is stands in ``sealed_words``, which the patient reads."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("records.Dossier", on_delete=models.PROTECT, related_name="papers", db_index=False)
    professional = models.UUIDField()
    category = models.CharField(max_length=32)
    sealed_words = models.BinaryField()
    key_version = models.PositiveIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=12, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["dossier", "-asked_at"], name="records_paper_by_dossier")]
        constraints = [
            models.CheckConstraint(
                name="records_paper_category_known",
                condition=Q(category__in=[category.value for category in Category]),
                violation_error_message=_("A document lies in one of the 19 categories."),
            ),
            models.CheckConstraint(
                name="records_paper_answered",
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answer__in=[answer.value for answer in Answer], answered_at__isnull=False),
                violation_error_message=_("An answered request says when."),
            ),
        ]

    def __str__(self) -> str:
        return "request for a document"
