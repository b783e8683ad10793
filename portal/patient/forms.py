"""What a patient may type or choose about sharing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_NO_END = ""
LENGTHS = [
    (_NO_END, _("Until I change it")),
    ("7", _("For one week")),
    ("31", _("For one month")),
    ("183", _("For six months")),
    ("366", _("For one year")),
]


class LengthForm(forms.Form):
    """How long something stays open."""

    length = forms.ChoiceField(label=_("How long"), choices=LENGTHS, required=False)

    @property
    def until(self) -> datetime | None:
        """The end of the last day that was chosen; ``None`` for no end. Read it after ``is_valid()``."""
        days = self.cleaned_data.get("length")
        if not days:
            return None
        end = timezone.localtime() + timedelta(days=int(days) + 1)
        return end.replace(hour=0, minute=0, second=0, microsecond=0)


class NameForm(forms.Form):
    """The name of a professional to look for in the directory."""

    name = forms.CharField(
        label=_("Name of the professional"),
        help_text=_("At least two letters of the family name or of the given name."),
        min_length=2,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
