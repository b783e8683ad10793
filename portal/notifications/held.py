"""Addresses kept for a while beside the one in force: a new one that waits for its code, a former one to be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.notifications.kinds import Channel
from records.house import opener, seal_for_house

# For a new address to show its code; and for a former one, as long as a letter to it may be tried.
WAITS = timedelta(minutes=15)
KEPT = timedelta(days=6)

_PURPOSE = "contact"


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """What a row seals. ``code`` only with an address that has to prove itself."""

    address: str
    code: str = ""

    def __repr__(self) -> str:
        return "<Held>"


class HeldAddress(models.Model):
    """One address of one account on one way, sealed under the house key of addresses."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=8)
    is_former = models.BooleanField(default=False)
    sealed = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "notifications_held_address"
        verbose_name_plural = "held addresses"
        constraints = [
            models.CheckConstraint(
                name="held_address_channel_known", condition=Q(channel__in=[channel.value for channel in Channel])
            ),
            # Asking again replaces what was asked: one code at a time can be guessed at.
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_former=False), name="one_address_waits_per_account"
            ),
        ]

    def __str__(self) -> str:
        return "held address"

    def opened(self, open_sealed: Callable[[UUID, bytes], bytes] | None = None) -> Held:
        """The address, opened for one sending or one comparison.

        Raises:
            Unreadable: it does not open.
        """
        plain = json.loads((open_sealed or opener(_PURPOSE))(self.id, bytes(self.sealed)))
        return Held(plain["to"], plain.get("code", ""))


def hold_address(
    account_id: UUID, channel: Channel, held: Held, *, is_former: bool, identifier: UUID | None = None
) -> HeldAddress:
    """Keep an address in the open transaction; one that waited for its code before is forgotten."""
    if not is_former:
        HeldAddress.objects.filter(account_id=account_id, is_former=False).delete()
    row = HeldAddress(id=identifier or uuid4(), account_id=account_id, channel=channel, is_former=is_former)
    plain = {"to": held.address, **({"code": held.code} if held.code else {})}
    # Padded: the length of a ciphertext would narrow the address down.
    row.sealed = seal_for_house(_PURPOSE, row.id, json.dumps(plain, ensure_ascii=False).ljust(320).encode())
    row.save(force_insert=True)
    return row


def forget_held() -> int:
    """Remove what waited long enough; how many."""
    now = timezone.now()
    over = Q(is_former=False, made_at__lt=now - WAITS) | Q(is_former=True, made_at__lt=now - KEPT)
    removed, _ = HeldAddress.objects.filter(over).delete()
    return removed
