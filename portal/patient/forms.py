"""What a patient may type or choose about sharing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

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


class EndForm(LengthForm):
    """How long, or until which day: a day that is typed counts."""

    day = forms.DateField(
        label=_("Or until this day"),
        required=False,
        error_messages={"invalid": _("This date does not exist. Choose another one.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_day(self) -> date | None:
        """A day that is not over."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("The end date is already past. Choose a later date, or no end date."))
        return day

    @property
    def until(self) -> datetime | None:
        """The end of the day that was typed, else of the length. Read it after ``is_valid()``."""
        day: date | None = self.cleaned_data.get("day")
        if day is None:
            return super().until
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.get_current_timezone())

    @property
    def last_day(self) -> date | None:
        """The last day on which it is open, as people say it. Read it after ``is_valid()``."""
        return timezone.localdate(self.until - timedelta(microseconds=1)) if self.until is not None else None


class NameForm(forms.Form):
    """The name of a professional to look for in the directory."""

    name = forms.CharField(
        label=_("Name of the professional"),
        help_text=_("At least two letters of the family name or of the given name."),
        min_length=2,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
