"""What a person wished for their letters: rows of what differs from what the house does unasked."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Channel, Kind


class Switch(models.Model):
    """One kind of letter on one way out, switched on or off by its reader."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=8)
    is_on = models.BooleanField()

    class Meta:
        db_table = "notifications_switch"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "kind", "channel"], name="one_switch_per_kind_and_channel"),
            models.CheckConstraint(
                name="switch_channel_known", condition=Q(channel__in=[channel.value for channel in Channel])
            ),
            # Whatever writes here: what must be told cannot be switched off.
            models.CheckConstraint(
                name="switch_not_of_what_must_be_told",
                condition=Q(is_on=True) | ~Q(kind__in=[k.value for k in Kind if not k.traits.can_be_switched_off]),
                violation_error_message=_("This letter cannot be switched off."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'on' if self.is_on else 'off'}"


class Rhythm(models.Model):
    """When letters that can wait may arrive, by the clock of the house: quiet hours, one message a day."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    once_a_day = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        db_table = "notifications_rhythm"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rhythm_quiet_hours_whole",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                violation_error_message=_("Quiet hours have a beginning and another end."),
            ),
        ]

    def __str__(self) -> str:
        return "rhythm of letters"
