"""Tickets with which the host of documents knows for whom it opens one; what lies here opens nothing by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Ticket(models.Model):
    """One document that one session asked for: only the keyed digest of what its address bears is kept.

    ``session`` is the session's own digest, looked up at every use: a session that ended leaves its tickets worthless.
    ``strength``, ``organisation`` and ``acting_for`` (a dossier or a delegation) are those of the moment of asking.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session = models.CharField(max_length=40)
    session_in_log = models.CharField(max_length=32)
    strength = models.CharField(max_length=16)
    organisation = models.UUIDField(null=True, blank=True)
    acting_for = models.UUIDField(null=True, blank=True)
    path = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    begun = models.BooleanField(default=False)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return "ticket"
