"""The rows of documents: files of any size, whose sealed bytes lie in the store and not in the database."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.categories import Category

_DIGEST_BYTES = 32


class Document(models.Model):
    """A file as it came: its sealed bytes are the object ``stored_as`` of the store.

    It is *staged* until it is kept with a ``record``, then shares the rights to that record. ``label`` is sealed: name,
    media type, and the record it belongs to. ``digest`` is SHA-256 of the sealed bytes, ``sealed_size`` their number.
    ``uploader`` is the account that sent it, by its name in the log. Removed, it has neither label nor object left.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("records.Dossier", on_delete=models.PROTECT, related_name="documents", db_index=False)
    record = models.ForeignKey("records.Record", null=True, on_delete=models.PROTECT, related_name="documents")
    category = models.CharField(max_length=32)
    label = models.BinaryField()
    stored_as = models.CharField(max_length=64, blank=True)
    sealed_size = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=_DIGEST_BYTES)
    revision = models.PositiveBigIntegerField(default=1)
    key_version = models.PositiveIntegerField()
    uploader = models.UUIDField()
    received_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["dossier", "key_version"], name="records_document_turning"),
            models.Index(
                fields=["received_at"], condition=Q(record=None, removed_at=None), name="records_document_staged"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stored_as"], condition=~Q(stored_as=""), name="records_document_stored_once"
            ),
            models.CheckConstraint(
                name="records_document_category_known",
                condition=Q(category__in=[category.value for category in Category]),
                violation_error_message=_("A document lies in one of the 19 categories."),
            ),
            models.CheckConstraint(
                name="records_document_removed_is_empty",
                condition=Q(removed_at__isnull=True) & ~Q(stored_as="") & ~Q(label=b"")
                | Q(removed_at__isnull=False, stored_as="", label=b"", sealed_size=0),
                violation_error_message=_("A removed document holds nothing, any other one is sealed."),
            ),
        ]

    def __str__(self) -> str:
        return "document"


class FormerObject(models.Model):
    """An object of the store that no row names any more; it is deleted when nobody can be reading it."""

    name = models.CharField(primary_key=True, max_length=64)
    left_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["left_at"], condition=Q(deleted_at=None), name="records_former_waiting"),
        ]

    def __str__(self) -> str:
        return "former object"
