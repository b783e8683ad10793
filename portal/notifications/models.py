"""What the letters need to remember: how far the log was followed, who was already seen, the letters and their ways."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.notifications.held import HeldAddress
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.wishes import Rhythm, Switch
from portal.notifications.words import ThreeWords

__all__ = [
    "Announcement",
    "Aside",
    "Delivery",
    "DeliveryState",
    "HeldAddress",
    "Kind",
    "KnownReader",
    "Letter",
    "LogCursor",
    "OutgoingMessage",
    "Rhythm",
    "Switch",
    "ThreeWords",
]


class LogCursor(models.Model):
    """The last numbered entry that a follower of the log has dealt with (``-1``: none yet)."""

    name = models.CharField(primary_key=True, max_length=32)
    last_index = models.BigIntegerField(default=-1)

    class Meta:
        db_table = "notifications_log_cursor"


class KnownReader(models.Model):
    """A professional who has opened a dossier before: both are the pseudonyms of the log."""

    dossier = models.UUIDField()
    reader = models.UUIDField()

    class Meta:
        db_table = "notifications_known_reader"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dossier", "reader"], name="one_first_access_per_reader"),
        ]


class LetterQuerySet(models.QuerySet["Letter"]):
    """Rules over many letters."""

    def addressed_to(self, account_id: object) -> LetterQuerySet:
        """The letters of one person, newest first."""
        return self.filter(account_id=account_id).order_by("-entry_index")

    def unread(self) -> LetterQuerySet:
        """Those not yet marked as read."""
        return self.filter(read_at__isnull=True)

    def mark_read(self) -> int:
        """Mark them as read now; the number of letters that changed."""
        return self.unread().update(read_at=timezone.now())


class Letter(models.Model):
    """One thing told to one person, tied to the log entry it speaks of."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="letters")
    entry_index = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    # The dossier (its id) of the person for whom the reader of this letter acts; empty for one's own.
    represents = models.UUIDField(null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        db_table = "notifications_letter"
        constraints: ClassVar = [
            # The log may be followed twice (a crash, two beats): the person is told once.
            models.UniqueConstraint(fields=["account", "entry_index"], name="one_letter_per_entry_and_person"),
        ]

    @property
    def sentence(self) -> str:
        """What the letter says, in the language in force."""
        return str(Kind(self.kind).label)


class DeliveryState(models.TextChoices):
    """Where a delivery stands. ``WAITING`` and ``SENDING`` are tried again; the others are over.

    ``WITHHELD`` is no failure: there is no address for this way, or the right to be told has ended.
    """

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")
    WITHHELD = "withheld", _("not sent")


class Delivery(models.Model):
    """One letter on one way out: the queue itself is this table, Celery only says when to look.

    ``reason`` is a token such as ``mail_550``, never what a server said. ``handed`` is set right
    before the message leaves us: a process that died after it may have sent it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="deliveries")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=8)
    urgency = models.CharField(max_length=16)
    # Where it goes, if not to the address in force: one that waits for its code, or a former one.
    held = models.ForeignKey(
        HeldAddress, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # With the others of the same person and way that wait: one message for all of them.
    grouped = models.BooleanField(default=False)
    state = models.CharField(max_length=16, default=DeliveryState.WAITING)
    reason = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    unclear = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    handed = models.BooleanField(default=False)
    next_try = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "notifications_delivery"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["letter", "channel"], name="one_delivery_per_letter_and_channel"),
            models.CheckConstraint(
                name="delivery_channel_known", condition=models.Q(channel__in=[channel.value for channel in Channel])
            ),
            models.CheckConstraint(
                name="delivery_urgency_known", condition=models.Q(urgency__in=[urgency.value for urgency in Urgency])
            ),
            models.CheckConstraint(name="delivery_state_known", condition=models.Q(state__in=DeliveryState.values)),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["urgency", "next_try"],
                name="delivery_due",
                condition=models.Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING]),
            ),
            models.Index(fields=["held"], name="delivery_held", condition=models.Q(held__isnull=False)),
            models.Index(fields=["channel", "state"], name="delivery_counted"),
            models.Index(fields=["-ended_at"], name="delivery_failed", condition=models.Q(state=DeliveryState.FAILED)),
        ]


class Aside(models.Model):
    """A task that keeps failing, put aside: its name, the identifiers it was given and a reason token."""

    message = models.UUIDField(primary_key=True)
    task = models.CharField(max_length=64)
    arguments = models.JSONField(default=list)
    reason = models.CharField(max_length=64)
    runs = models.PositiveIntegerField(default=0)
    is_aside = models.BooleanField(default=False)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "notifications_aside"
        indexes: ClassVar = [
            models.Index(fields=["-last_at"], condition=models.Q(is_aside=True), name="aside_newest"),
        ]


class OutgoingMessage(models.Model):
    """What the demo would have sent, sealed under a house key; production has no such rows."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    channel = models.CharField(max_length=8)
    sealed = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "notifications_outgoing"
        indexes: ClassVar = [models.Index(fields=["-at"], name="outgoing_newest")]


class Announcement(models.Model):
    """What the clock alone brought into the log, once: the end of a consent, the statement of a month."""

    occasion = models.CharField(primary_key=True, max_length=96)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "notifications_announcement"
