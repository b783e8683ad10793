"""Where the patient lets a professional know that their view is incomplete."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.categories import Category
from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed


class Blank(models.Model):
    """The patient tells one professional that something is missing for them in one category, during a range of time.

    It opens nothing and no decision depends on it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="blanks")
    category = models.CharField(max_length=40)
    during = DateTimeRangeField()

    objects = AboutQuerySet["Blank"].as_manager()

    class Meta:
        constraints = [
            well_formed("blank"),
            models.CheckConstraint(
                name="blank_category",
                condition=models.Q(category__in=[c.value for c in Category if c is not Category.PERSONAL_NOTES]),
                violation_error_message="A blank is about a category that can be shared.",
            ),
            ExclusionConstraint(
                name="blank_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("professional", RangeOperators.EQUAL),
                    ("category", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This professional is already told at that time.",
            ),
        ]
