"""Who reads, in an organisation, why its members broke the glass."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.spans import DatedQuerySet, well_formed


class ReviewingDoctor(models.Model):
    """A doctor reviews the emergencies of an organisation during a range of time. It opens no record."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="reviewing")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reviewers")
    during = DateTimeRangeField()

    objects = DatedQuerySet["ReviewingDoctor"].as_manager()

    class Meta:
        constraints = [
            well_formed("reviewingdoctor"),
            ExclusionConstraint(
                name="reviewingdoctor_once",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This doctor already reviews the emergencies of this organisation.",
            ),
        ]
