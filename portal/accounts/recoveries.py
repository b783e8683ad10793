"""Wishes to come in again, as they are kept: the code of the letters sealed, the other one only digested."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.accounts import recovery
from records.house import open_for_house

LASTS = timedelta(days=14)
STOP_CHARACTERS = 8


class Recovery(models.Model):
    """One wish of whoever lost a password or a second factor; ``ended_at`` once it was stopped or is over."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lost = models.CharField(max_length=8)
    claim_digest = models.BinaryField(max_length=32, unique=True)
    stop_digest = models.BinaryField(max_length=32, unique=True)
    sealed_stop = models.BinaryField()
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        indexes: ClassVar = [
            models.Index(fields=["account"], name="accounts_recovery_open", condition=models.Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return "recovery"


def open_of(account_id: UUID) -> models.QuerySet[Recovery]:
    """Those of one account that are neither stopped nor over."""
    return Recovery.objects.filter(account_id=account_id, ended_at=None, asked_at__gt=timezone.now() - LASTS)


def stop_code(account_id: UUID) -> str:
    """The code that the letters of this account tell now, as written; empty when nothing waits.

    Raises:
        Unreadable: it does not open.
    """
    found = open_of(account_id).order_by("-asked_at").first()
    if found is None:
        return ""
    return recovery.as_written(open_for_house("recovery", found.pk, bytes(found.sealed_stop)).decode())
