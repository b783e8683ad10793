"""Who works where, when."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.spans import DatedQuerySet, well_formed


class Membership(models.Model):
    """A professional belongs to an organisation during a range of time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    during = DateTimeRangeField()

    objects = DatedQuerySet["Membership"].as_manager()

    class Meta:
        constraints = [
            well_formed("membership"),
            ExclusionConstraint(
                name="membership_once",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This person already belongs to this organisation at that time.",
            ),
        ]
