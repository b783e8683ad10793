"""The public name of a professional of the directory."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from consent.models import Professional


def name_of_professional(professional_id: UUID) -> str:
    """Given and family name; a word when they left the directory."""
    found = Professional.objects.filter(id=professional_id).first()
    return found.name if found is not None else _("A professional")
