"""What the patient wishes about their whole record, or about one category of it, during a range of time."""

from __future__ import annotations

from enum import StrEnum
from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.categories import Category
from consent.models.spans import AboutQuerySet, well_formed


class WishKind(StrEnum):
    """The closed list. Those of ``PER_CATEGORY`` are about one category; an absent wish is the default."""

    HIDE_NEW = "hide_new"
    DISCREET = "discreet"
    NO_REGULATOR = "no_regulator"
    NO_OTHERS = "no_others"
    SHOW_MASKED = "show_masked"
    AT_ONCE = "at_once"
    AFTER_COMMENT = "after_comment"
    AT_VISIT = "at_visit"


PER_CATEGORY = frozenset({WishKind.DISCREET, WishKind.AT_ONCE, WishKind.AFTER_COMMENT, WishKind.AT_VISIT})
RESULTS = frozenset({WishKind.AT_ONCE, WishKind.AFTER_COMMENT, WishKind.AT_VISIT})


class Wish(models.Model):
    """One wish. ``category`` is empty when it is about everything (``hide_new``) or about emergencies."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    kind = models.CharField(max_length=20)
    category = models.CharField(max_length=40, blank=True)
    during = DateTimeRangeField()

    objects = AboutQuerySet["Wish"].as_manager()

    class Meta:
        constraints = [
            well_formed("wish"),
            models.CheckConstraint(
                name="wish_kind",
                condition=models.Q(kind__in=[kind.value for kind in WishKind]),
                violation_error_message="A wish is one of the list.",
            ),
            models.CheckConstraint(
                name="wish_category",
                condition=(
                    models.Q(
                        kind__in=[k.value for k in WishKind if k in PER_CATEGORY],
                        category__in=[c.value for c in Category],
                    )
                    | models.Q(kind=WishKind.HIDE_NEW.value, category__in=["", *(c.value for c in Category)])
                    | models.Q(
                        kind__in=[k.value for k in WishKind if k not in PER_CATEGORY and k is not WishKind.HIDE_NEW],
                        category="",
                    )
                ),
                violation_error_message="This wish is about one category, or about none.",
            ),
            ExclusionConstraint(
                name="wish_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("category", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This is already what you wish at that time.",
            ),
        ]
