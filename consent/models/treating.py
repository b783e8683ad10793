"""The treating doctor: named by the patient, told of emergencies."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed


class TreatingDoctor(models.Model):
    """One doctor at a time. Being named opens nothing by itself."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="treats")
    during = DateTimeRangeField()

    objects = AboutQuerySet["TreatingDoctor"].as_manager()

    class Meta:
        constraints = [
            well_formed("treatingdoctor"),
            ExclusionConstraint(
                name="treatingdoctor_alone",
                expressions=[("dossier", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                violation_error_message="There is one treating doctor at a time.",
            ),
        ]
