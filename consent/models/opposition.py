"""Whom the patient does not want to see their record, or what one author wrote."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.spans import AboutQuerySet, well_formed

# NULL is equal to nothing in an exclusion constraint: without it, the same general opposition could
# be recorded twice at the same time.
_AUTHOR_OR_ANY = Coalesce("author", models.Value(UUID(int=0), output_field=models.UUIDField()))


class Opposition(models.Model):
    """The patient keeps a person or an organisation out, of everything or of what one author wrote."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.UUIDField()
    professional = models.ForeignKey(
        Professional, null=True, blank=True, on_delete=models.PROTECT, related_name="oppositions"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="oppositions"
    )
    author = models.ForeignKey(
        Professional, null=True, blank=True, on_delete=models.PROTECT, related_name="oppositions_as_author"
    )
    during = DateTimeRangeField()

    objects = AboutQuerySet["Opposition"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["dossier"], name="opposition_dossier")]
        constraints = [
            well_formed("opposition"),
            models.CheckConstraint(
                name="opposition_one_target",
                condition=(
                    models.Q(professional__isnull=False, organisation__isnull=True)
                    | models.Q(professional__isnull=True, organisation__isnull=False)
                ),
                violation_error_message="An opposition is against one person or one organisation.",
            ),
            models.CheckConstraint(
                name="opposition_not_oneself",
                condition=(
                    models.Q(professional__isnull=True)
                    | models.Q(author__isnull=True)
                    | ~models.Q(professional=models.F("author"))
                ),
                violation_error_message="An author always sees what they wrote themselves.",
            ),
            *(
                ExclusionConstraint(
                    name=f"opposition_once_per_{target}",
                    expressions=[
                        ("dossier", RangeOperators.EQUAL),
                        (target, RangeOperators.EQUAL),
                        (_AUTHOR_OR_ANY, RangeOperators.EQUAL),
                        ("during", RangeOperators.OVERLAPS),
                    ],
                    condition=models.Q(**{f"{target}__isnull": False}),
                    violation_error_message="This opposition is already recorded at that time.",
                )
                for target in ("professional", "organisation")
            ),
        ]
