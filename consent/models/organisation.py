"""Where people work: a surgery, a hospital, a pharmacy, a laboratory."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Organisation(models.Model):
    """A care organisation. Its name is public."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200)
    place = models.CharField(max_length=120, blank=True)
    finess = models.CharField(max_length=9, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="organisation_by_name")]
        constraints = [
            models.CheckConstraint(
                name="organisation_named",
                condition=~models.Q(name=""),
                violation_error_message="An organisation has a name.",
            ),
            models.CheckConstraint(
                name="organisation_finess",
                condition=models.Q(finess__isnull=True) | models.Q(finess__regex=r"^[0-9][0-9AB][0-9]{7}$"),
                violation_error_message="A FINESS number has 9 characters.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
