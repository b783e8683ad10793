"""Who asks to be called back, and which messages people found suspicious: words sealed, dates in clear."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone


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


class Report(models.Model):
    """A suspicious message that somebody reported: by which way it came, and its words, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    way = models.CharField(max_length=8)
    sealed = models.BinaryField()
    reported_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return "reported message"
