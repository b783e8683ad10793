"""What the law makes a professional tell an authority: a register that opens nothing."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models

from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, DatedQuerySet, well_formed


class DisclosureBasis(models.Model):
    """One legal ground for telling, as dated data: the law, the recipient, what may be sent."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.CharField(max_length=40)
    law = models.CharField(max_length=120)
    label_en = models.CharField(max_length=120)
    label_fr = models.CharField(max_length=120)
    recipient = models.CharField(max_length=40)
    named = models.BooleanField()
    fields = ArrayField(models.CharField(max_length=40))
    during = DateTimeRangeField()

    objects = DatedQuerySet["DisclosureBasis"].as_manager()

    class Meta:
        constraints = [
            well_formed("disclosurebasis"),
            models.UniqueConstraint(
                name="disclosurebasis_once",
                fields=["code", "during"],
                violation_error_message="This legal ground is already listed.",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Disclosure(models.Model):
    """One lawful disclosure: who told, on which ground, which fields, named or not.

    It is visible to the patient from ``visible_from`` on. Later than at once, a second professional agreed
    (``agreed_by``) and ``review_at`` says when that is looked at again; ``implicated`` keeps it from guardians.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    basis = models.ForeignKey(DisclosureBasis, on_delete=models.PROTECT, related_name="disclosures")
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="disclosures")
    fields = ArrayField(models.CharField(max_length=40))
    named = models.BooleanField()
    at = models.DateTimeField()
    visible_from = models.DateTimeField()
    agreed_by = models.ForeignKey(Professional, null=True, on_delete=models.PROTECT, related_name="disclosures_agreed")
    review_at = models.DateTimeField(null=True)
    implicated = models.BooleanField(default=False)

    objects = AboutQuerySet["Disclosure"].as_manager()

    class Meta:
        ordering = ["-at", "id"]
        indexes = [models.Index(fields=["dossier"], name="disclosure_dossier")]
        constraints = [
            models.CheckConstraint(
                name="disclosure_deferred",
                condition=(
                    models.Q(visible_from__lte=models.F("at"), review_at__isnull=True)
                    | models.Q(visible_from__gt=models.F("at"), review_at__isnull=False)
                ),
                violation_error_message="A deferral has a date of review.",
            ),
            models.CheckConstraint(
                name="disclosure_second",
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("professional")),
                violation_error_message="A second professional agrees to a deferral.",
            ),
        ]
