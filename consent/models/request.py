"""A professional asks for a category; the patient answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Self
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from consent.models.choice import Choice
from consent.models.professional import Professional


class Purpose(StrEnum):
    """Why a professional asks: a closed list, so that no clinical word is written in clear."""

    DIAGNOSIS = "diagnosis"
    TREATMENT = "treatment"
    FOLLOW_UP = "follow_up"
    COORDINATION = "coordination"
    PREVENTION = "prevention"
    SECOND_OPINION = "second_opinion"

    @property
    def label(self) -> str:
        """The purpose shown to people, in the language in force."""
        return str(_PURPOSES[self])


_PURPOSES = {
    Purpose.DIAGNOSIS: _("To make a diagnosis"),
    Purpose.TREATMENT: _("To choose a treatment"),
    Purpose.FOLLOW_UP: _("To follow you over time"),
    Purpose.COORDINATION: _("To coordinate your care"),
    Purpose.PREVENTION: _("For prevention"),
    Purpose.SECOND_OPINION: _("To give a second opinion"),
}


class Answer(StrEnum):
    """What became of a request."""

    PENDING = "pending"
    ALLOWED = "allowed"
    REFUSED = "refused"


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Requests."""

    def pending(self) -> Self:
        """Those the patient has not answered."""
        return self.filter(answer=Answer.PENDING)

    def about(self, dossier: object) -> Self:
        """Those of one dossier (its identifier)."""
        return self.filter(dossier=dossier)


class AccessRequest(models.Model):
    """One professional asks to read one category."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="requests")
    category = models.CharField(max_length=40)
    purpose = models.CharField(max_length=30)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, default=Answer.PENDING.value)
    answered_at = models.DateTimeField(null=True, blank=True)
    choice = models.ForeignKey(Choice, null=True, blank=True, on_delete=models.PROTECT, related_name="requests")

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["dossier"], name="request_dossier")]
        constraints = [
            models.CheckConstraint(
                name="request_category",
                condition=models.Q(category__in=[c.value for c in Category if c is not Category.PERSONAL_NOTES]),
                violation_error_message="A request is about a category that can be shared.",
            ),
            models.CheckConstraint(
                name="request_purpose",
                condition=models.Q(purpose__in=[purpose.value for purpose in Purpose]),
                violation_error_message="A request has a purpose from the list.",
            ),
            models.CheckConstraint(
                name="request_answer",
                condition=(
                    models.Q(answer=Answer.PENDING.value, answered_at__isnull=True, choice__isnull=True)
                    | models.Q(answer=Answer.ALLOWED.value, answered_at__isnull=False, choice__isnull=False)
                    | models.Q(answer=Answer.REFUSED.value, answered_at__isnull=False, choice__isnull=True)
                ),
                violation_error_message="A request is pending, or answered at some time; if allowed, by a choice.",
            ),
            models.UniqueConstraint(
                name="request_pending_once",
                fields=["dossier", "professional", "category"],
                condition=models.Q(answer=Answer.PENDING.value),
                violation_error_message="This request is already waiting for an answer.",
            ),
        ]
