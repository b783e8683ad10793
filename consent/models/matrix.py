"""The matrix of habilitations, as dated data.

The official matrix was partly annulled in court in October 2025 and will change again: a version is
never edited, it is followed by another one.
"""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.categories import Category
from consent.matrix import Access
from consent.models.spans import DatedQuerySet, well_formed


class MatrixVersion(models.Model):
    """One edition of the matrix and the time during which it is in force. Two are never in force at once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=20, unique=True)
    during = DateTimeRangeField()

    objects = DatedQuerySet["MatrixVersion"].as_manager()

    class Meta:
        constraints = [
            well_formed("matrixversion"),
            models.CheckConstraint(
                name="matrixversion_name",
                condition=models.Q(name__regex=r"^[a-z0-9_.:-]+$"),
                violation_error_message="A version of the matrix has a short name that the log can hold.",
            ),
            ExclusionConstraint(
                name="matrixversion_alone",
                expressions=[("during", RangeOperators.OVERLAPS)],
                violation_error_message="Another version of the matrix is in force at that time.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MatrixRow(models.Model):
    """What one profession may reach in one category, and where that comes from."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # The unique constraint below begins with the version: it is the index.
    version = models.ForeignKey(MatrixVersion, on_delete=models.PROTECT, related_name="rows", db_index=False)
    profession = models.CharField(max_length=40)
    profession_fr = models.CharField(max_length=120)
    category = models.CharField(max_length=40)
    access = models.CharField(max_length=12)
    basis = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    source = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="matrixrow_once",
                fields=["version", "profession", "category"],
                include=["access"],
                violation_error_message="The matrix has one line per profession and category.",
            ),
            models.CheckConstraint(
                name="matrixrow_category",
                condition=models.Q(category__in=[category.value for category in Category]),
                violation_error_message="The category is not one of the 19.",
            ),
            models.CheckConstraint(
                name="matrixrow_access",
                condition=models.Q(access__in=[access.value for access in Access]),
                violation_error_message="The access is none, on_consent, read or write.",
            ),
            models.CheckConstraint(
                name="matrixrow_patient_only",
                condition=~models.Q(category=Category.PERSONAL_NOTES.value) | models.Q(access=Access.NONE.value),
                violation_error_message="Personal notes are closed to every profession.",
            ),
        ]
