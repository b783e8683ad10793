"""Who acts for a patient: the parents or guardians of a minor, the carers of an adult."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models

from consent.models.spans import AboutQuerySet, well_formed
from consent.world import RepresentativeKind


class Representation(models.Model):
    """One person acts for one patient, in some categories, during a range of time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="representations")
    kind = models.CharField(max_length=20)
    categories = ArrayField(models.CharField(max_length=40))
    during = DateTimeRangeField()

    objects = AboutQuerySet["Representation"].as_manager()

    class Meta:
        constraints = [
            well_formed("representation"),
            models.CheckConstraint(
                name="representation_kind",
                condition=models.Q(kind__in=[kind.value for kind in RepresentativeKind]),
                violation_error_message="A representative is a parent, a guardian or a carer.",
            ),
            ExclusionConstraint(
                name="representation_once",
                expressions=[
                    ("dossier", RangeOperators.EQUAL),
                    ("account", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                violation_error_message="This person already acts for the patient at that time.",
            ),
        ]
