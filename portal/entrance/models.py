"""Who asks to be called back, and which messages people found suspicious: words sealed, dates in clear."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CallBack(models.Model):
    """One wish to be called; what was typed is sealed under the house key of addresses, and erased once done."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    sealed = models.BinaryField(default=bytes, blank=True)
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="entrance_call_done_is_empty",
                condition=models.Q(done_at__isnull=True) | models.Q(sealed=b""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="entrance_call_waiting", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return "call back"


class Conclusion(models.TextChoices):
    """What an adviser found out about a reported message; its reporter reads this."""

    FRAUD = "fraud", _("It does not come from us: somebody pretends to be Carnet.")
    OURS = "ours", _("It does come from us.")
    UNSURE = "unsure", _("We could not find out whether it comes from us.")


class Report(models.Model):
    """A suspicious message that somebody reported: by which way it came, and its words, sealed until it is answered.

    New until an adviser saw it (``seen_at``), then answered (``answered_at``) with a conclusion.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    way = models.CharField(max_length=8)
    sealed = models.BinaryField()
    reported_at = models.DateTimeField(default=timezone.now)
    # Empty for a visitor, who is told nothing.
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    conclusion = models.CharField(max_length=8, choices=Conclusion, default="", db_default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="entrance_report_answered_is_empty",
                condition=models.Q(answered_at__isnull=True, conclusion="")
                | models.Q(answered_at__isnull=False, conclusion__in=Conclusion.values, sealed=b""),
            ),
        ]

    def __str__(self) -> str:
        return "reported message"
