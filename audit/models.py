"""The tables of the log. They only grow: triggers refuse the rest, even to their owner.

No foreign key leaves or enters: the log outlives everything it speaks of. ``Entry`` is partitioned
by month (UTC) and has one column more than Django knows: ``xid``, the transaction that wrote the
row, which PostgreSQL fills and the application cannot (``migrations/0001_initial.py``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import OuterRef, Q, Subquery

if TYPE_CHECKING:
    _IntegerField = models.Field[int, int]
else:
    _IntegerField = models.Field


class Xid8Field(_IntegerField):
    """A transaction of PostgreSQL as 64 bits (``xid8``): unlike ``xid`` it never wraps around."""

    def db_type(self, connection: object) -> str:  # noqa: ARG002
        """The type of the column."""
        return "xid8"

    def from_db_value(self, value: str | None, expression: object, connection: object) -> int | None:  # noqa: ARG002
        """The number that psycopg gives as text."""
        return None if value is None else int(value)

    def get_prep_value(self, value: int | None) -> str | None:
        """The number as text: PostgreSQL has no cast from a number to ``xid8``."""
        return None if value is None else str(value)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries by what was indexed; newest first."""

    def about(self, dossier: UUID) -> EntryQuerySet:
        """Entries that concern this dossier (its pseudonym)."""
        return self.filter(dossier=dossier)

    def by(self, actor: UUID) -> EntryQuerySet:
        """Entries of acts of this actor (its pseudonym)."""
        return self.filter(actor=actor)

    def before(self, place: tuple[datetime, UUID] | None) -> EntryQuerySet:
        """Entries that stand after ``place`` when the newest come first."""
        return self if place is None else self.filter(pk__lt=place)

    def newest_first(self) -> EntryQuerySet:
        """In the order of the pages; the identifier settles equal times."""
        return self.order_by("-at", "-id")

    def with_index(self) -> EntryQuerySet:
        """Each with ``index`` and ``leaf_hash``, its place in the tree: ``None`` until it is numbered."""
        leaf = Leaf.objects.filter(entry_at=OuterRef("at"), entry_id=OuterRef("id"))
        return self.annotate(index=Subquery(leaf.values("idx")), leaf_hash=Subquery(leaf.values("hash")))


class Entry(models.Model):
    """One remembered act: ``body`` is the entry (``audit.entry``), the other columns find it."""

    pk = models.CompositePrimaryKey("at", "id")
    id = models.UUIDField()
    at = models.DateTimeField()
    event = models.TextField()
    actor = models.UUIDField()
    role = models.TextField()
    profession = models.TextField()
    organisation = models.UUIDField(null=True)
    dossier = models.UUIDField(null=True)
    category = models.TextField()
    ground = models.TextField()
    outcome = models.TextField()
    body = models.BinaryField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["dossier", "at"], name="audit_entry_dossier", condition=Q(dossier__isnull=False)),
            models.Index(fields=["actor", "at"], name="audit_entry_actor"),
            models.Index(fields=["event", "at"], name="audit_entry_event"),
            models.Index(
                fields=["outcome", "at"],
                name="audit_entry_refused",
                condition=Q(outcome__in=["refused", "failed"]),
            ),
            models.Index(fields=["ground", "at"], name="audit_entry_ground", condition=~Q(ground="")),
            models.Index(fields=["profession", "at"], name="audit_entry_profession", condition=~Q(profession="")),
            models.Index(
                fields=["organisation", "at"],
                name="audit_entry_organisation",
                condition=Q(organisation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%dT%H:%M:%SZ}"


class Leaf(models.Model):
    """An entry's number, for ever: leaf ``idx`` of the tree, from 0 without gap."""

    idx = models.BigIntegerField(primary_key=True)
    entry_at = models.DateTimeField()
    entry_id = models.UUIDField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "entry_at"], name="audit_leaf_entry"),
            models.CheckConstraint(condition=Q(idx__gte=0), name="audit_leaf_idx"),
        ]

    def __str__(self) -> str:
        return str(self.idx)


class Node(models.Model):
    """The hash over ``256 ** level`` leaves: a tile of the tree, whole and therefore final.

    Level 0 is :class:`Leaf`. These are the hashes of tlog-tiles: tile ``level`` / n holds the
    indices 256 n to 256 n + 255; what lies between two levels is hashed again when it is needed.
    """

    pk = models.CompositePrimaryKey("level", "idx")
    level = models.SmallIntegerField()
    idx = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(level__gte=1, idx__gte=0), name="audit_node_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.idx}"


class Checkpoint(models.Model):
    """What the log committed to, signed: its first ``size`` entries lie under ``root``.

    Every entry written by a transaction below ``horizon`` was numbered then. Transactions are
    counted anew on another server: ``cluster`` is the server where that holds, and ``swept``
    whether the search through the whole log, with which a server begins, is over.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()
    horizon = Xid8Field()
    swept = models.BooleanField()
    cluster = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(size__gte=1), name="audit_checkpoint_size")]

    def __str__(self) -> str:
        return str(self.size)


class Cosignature(models.Model):
    """A witness's line under a checkpoint: it saw this size and no other history."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    witness = models.TextField()
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["size", "witness"], name="audit_cosignature_once")]

    def __str__(self) -> str:
        return f"{self.witness} {self.size}"
