"""Who acts in whose name among professionals: a replacement, a secretary."""

from __future__ import annotations

from enum import StrEnum
from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models

from consent.categories import Category
from consent.models.professional import Professional
from consent.models.spans import DatedQuerySet, well_formed


class DelegationKind(StrEnum):
    """Why somebody acts in a professional's name."""

    REPLACEMENT = "replacement"
    SECRETARY = "secretary"


class Delegation(models.Model):
    """A professional entrusts categories to somebody for a time that has an end."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="delegations_held")
    kind = models.CharField(max_length=20)
    categories = ArrayField(models.CharField(max_length=40))
    during = DateTimeRangeField()

    objects = DatedQuerySet["Delegation"].as_manager()

    class Meta:
        constraints = [
            well_formed("delegation"),
            models.CheckConstraint(
                name="delegation_ends",
                condition=models.Q(during__upper_inf=False),
                violation_error_message="A delegation has an end date.",
            ),
            models.CheckConstraint(
                name="delegation_kind",
                condition=models.Q(kind__in=[kind.value for kind in DelegationKind]),
                violation_error_message="A delegation is for a replacement or for a secretary.",
            ),
            models.CheckConstraint(
                name="delegation_not_oneself",
                condition=~models.Q(professional=models.F("delegate")),
                violation_error_message="Nobody replaces themselves.",
            ),
            ExclusionConstraint(
                name="delegation_once",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("delegate", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This person already acts in your name at that time.",
            ),
        ]

    @property
    def drawers(self) -> tuple[Category, ...]:
        """The categories that are entrusted, in their order."""
        return tuple(category for category in Category if category.value in self.categories)
