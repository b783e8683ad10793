"""Invitations and proposals that wait: paper codes as keyed digests, addresses sealed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.notifications.kinds import Channel
from records.house import open_for_house, seal_for_house

_PURPOSE = "contact"
_SEALED_BYTES = 320
# A letter takes days, and people come home from hospital.
LASTS = timedelta(days=30)


class Invitation(models.Model):
    """One account that waits for its owner; asking again replaces the code on paper."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    code_digest = models.BinaryField(max_length=32, unique=True)
    sealed = models.BinaryField()
    invited_by = models.UUIDField()
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="welcoming_used_is_empty", condition=models.Q(used_at__isnull=True) | models.Q(sealed=b"")
            ),
        ]

    def __str__(self) -> str:
        return "invitation"

    def take_place(self, channel: Channel, address: str) -> None:
        """Where the second code goes, sealed; all are as long as the longest."""
        plain = json.dumps({"by": channel.value, "to": address}).encode().ljust(_SEALED_BYTES)
        self.sealed = seal_for_house(_PURPOSE, self.id, plain)

    def place(self) -> tuple[Channel, str]:
        """By which way, and where.

        Raises:
            Unreadable: it does not open.
        """
        plain = json.loads(open_for_house(_PURPOSE, self.id, bytes(self.sealed)))
        return Channel(plain["by"]), plain["to"]


class Nomination(models.Model):
    """What one administrator proposed and another one has to agree to: a new administrator, or another role."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    role = models.CharField(max_length=16)
    # Nobody yet, when it is about somebody new: then their address lies in ``sealed`` until it is agreed to.
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sealed = models.BinaryField(default=bytes, blank=True)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.UUIDField(null=True, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="welcoming_nomination_role", condition=models.Q(role__in=["administrator", "adviser"])
            ),
            models.CheckConstraint(
                name="welcoming_nomination_two_people",
                condition=models.Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | (
                    models.Q(agreed_by__isnull=False, agreed_at__isnull=False)
                    & ~models.Q(agreed_by=models.F("asked_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return "nomination"

    def take_mail(self, mail: str) -> None:
        """The address of somebody new, sealed; all are as long as the longest."""
        self.sealed = seal_for_house(_PURPOSE, self.id, mail.strip().encode().ljust(_SEALED_BYTES))

    def mail(self) -> str:
        """The address of somebody new; empty when it is about a colleague.

        Raises:
            Unreadable: it does not open.
        """
        sealed = bytes(self.sealed)
        return open_for_house(_PURPOSE, self.id, sealed).decode().rstrip() if sealed else ""
