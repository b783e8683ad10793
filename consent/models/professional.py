"""Who may be given access: a person of a regulated profession, known by name."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models

from consent.professions import profession_label


class Professional(models.Model):
    """A professional. The name is public (RPPS directory) and in clear."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="professional"
    )
    rpps = models.CharField(max_length=11, null=True, blank=True, unique=True)
    family = models.CharField(max_length=100)
    given = models.CharField(max_length=100)
    title = models.CharField(max_length=20, blank=True)
    profession = models.CharField(max_length=40)

    class Meta:
        ordering = ["family", "given", "id"]
        indexes = [models.Index(fields=["family", "given", "id"], name="professional_by_name")]
        constraints = [
            models.CheckConstraint(
                name="professional_named",
                condition=~models.Q(family=""),
                violation_error_message="A professional has a family name.",
            ),
            models.CheckConstraint(
                name="professional_rpps",
                condition=models.Q(rpps__isnull=True) | models.Q(rpps__regex=r"^[0-9]{11}$"),
                violation_error_message="An RPPS number has 11 digits.",
            ),
            models.CheckConstraint(
                name="professional_profession",
                condition=models.Q(profession__regex=r"^[a-z][a-z_]*$"),
                violation_error_message="A profession is named by its code in the matrix.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name shown to people: title, given name, family name."""
        return " ".join(part for part in (self.title, self.given, self.family) if part)

    @property
    def profession_label(self) -> str:
        """The profession shown to people, in the language in force."""
        return profession_label(self.profession, self.title)
