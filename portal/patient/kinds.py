"""In what name somebody acts for a patient, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from consent.decisions import RepresentativeKind

KINDS = {
    RepresentativeKind.PARENT: gettext_lazy("Parent"),
    RepresentativeKind.GUARDIAN: gettext_lazy("Guardian"),
    RepresentativeKind.CARER: gettext_lazy("Carer"),
}
