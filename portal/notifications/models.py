"""What the letters need to remember: how far the log was followed, who was already seen, and the letters."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a letter can say. The words are neutral on purpose: anyone may glance at the screen."""

    FIRST_ACCESS = "first_access", _("A professional opened your record for the first time.")
    EMERGENCY = "emergency", _("Your record was opened in an emergency.")
    NEW_DOCUMENT = "new_document", _("Something was added to your record.")
    ACCESS_REQUESTED = "access_requested", _("A professional asks you to share more with them.")


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
    kind = models.CharField(max_length=32, choices=Kind.choices)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

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
