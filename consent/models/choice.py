"""What the patient opens or closes, to whom, for which category, until when."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from consent.categories import Category
from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed
from consent.rights import Right

# A range operator for each kind of target: one choice at a time per target, category and right.
_PER_TARGET = [
    ("dossier", RangeOperators.EQUAL),
    ("category", RangeOperators.EQUAL),
    ("right", RangeOperators.EQUAL),
    ("during", RangeOperators.OVERLAPS),
]


class Choice(models.Model):
    """One decision of the patient about one category and one right, for one person, team, profession, or newcomers."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(
        Professional, null=True, blank=True, on_delete=models.PROTECT, related_name="choices"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="choices"
    )
    profession = models.CharField(max_length=40, blank=True)
    newcomers = models.BooleanField(default=False)
    category = models.CharField(max_length=40)
    right = models.CharField(max_length=10)
    allowed = models.BooleanField()
    during = DateTimeRangeField()

    objects = AboutQuerySet["Choice"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["dossier"], name="choice_dossier")]
        constraints = [
            well_formed("choice"),
            models.CheckConstraint(
                name="choice_one_target",
                condition=(
                    models.Q(professional__isnull=False, organisation__isnull=True, profession="", newcomers=False)
                    | models.Q(professional__isnull=True, organisation__isnull=False, profession="", newcomers=False)
                    | models.Q(professional__isnull=True, organisation__isnull=True, profession="", newcomers=True)
                    | (
                        models.Q(professional__isnull=True, organisation__isnull=True, newcomers=False)
                        & ~models.Q(profession="")
                    )
                ),
                violation_error_message="A choice is about one person, one team, one profession or newcomers.",
            ),
            models.CheckConstraint(
                name="choice_category",
                condition=models.Q(category__in=[c.value for c in Category if c is not Category.PERSONAL_NOTES]),
                violation_error_message="A choice is about a category that can be shared.",
            ),
            models.CheckConstraint(
                name="choice_right",
                condition=models.Q(right__in=[Right.READ.value, Right.DEPOSIT.value]),
                violation_error_message="Only reading and adding can be shared.",
            ),
            models.CheckConstraint(
                name="choice_newcomers_close",
                condition=models.Q(newcomers=False) | models.Q(allowed=False),
                violation_error_message="A choice about newcomers can only close.",
            ),
            *(
                ExclusionConstraint(
                    name=f"choice_once_per_{target}",
                    expressions=[*([(target, RangeOperators.EQUAL)] if target != "newcomers" else []), *_PER_TARGET],
                    condition=condition,
                    violation_error_message="There is already a choice for this category at that time.",
                )
                for target, condition in (
                    ("professional", models.Q(professional__isnull=False)),
                    ("organisation", models.Q(organisation__isnull=False)),
                    ("profession", ~models.Q(profession="")),
                    ("newcomers", models.Q(newcomers=True)),
                )
            ),
        ]
