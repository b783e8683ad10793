"""Who takes care of whom, when: the initial consent of the patient."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed


class CareRelationship(models.Model):
    """The patient lets a professional take care of them, during a range of time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="relationships")
    during = DateTimeRangeField()

    objects = AboutQuerySet["CareRelationship"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["dossier", "professional"], name="relationship_between")]
        constraints = [
            well_formed("relationship"),
            ExclusionConstraint(
                name="relationship_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("professional", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This care relationship is already open at that time.",
            ),
        ]
