"""A whole team takes care of the patient."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.organisation import Organisation
from consent.models.spans import AboutQuerySet, well_formed


class TeamCare(models.Model):
    """The patient lets an organisation take care of them: its members, while they belong to it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cares")
    during = DateTimeRangeField()

    objects = AboutQuerySet["TeamCare"].as_manager()

    class Meta:
        constraints = [
            well_formed("teamcare"),
            ExclusionConstraint(
                name="teamcare_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This team already takes care of the patient at that time.",
            ),
        ]
