"""The forms of the entrance; none asks for a name or a word about health."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.entrance.calling import Wish
from portal.entrance.models import Conclusion
from portal.notifications.channels.outcomes import NeverAgain
from portal.notifications.channels.sms import international

DAYS = [
    ("mon", gettext_lazy("Monday")),
    ("tue", gettext_lazy("Tuesday")),
    ("wed", gettext_lazy("Wednesday")),
    ("thu", gettext_lazy("Thursday")),
    ("fri", gettext_lazy("Friday")),
]
PARTS = [
    ("any", gettext_lazy("Any time from 9 to 16 h")),
    ("morning", gettext_lazy("In the morning, from 9 to 12 h")),
    ("afternoon", gettext_lazy("In the afternoon, from 12 to 16 h")),
]
WAYS = [
    ("mail", gettext_lazy("By e-mail")),
    ("sms", gettext_lazy("By SMS")),
    ("phone", gettext_lazy("By telephone")),
    ("letter", gettext_lazy("By letter")),
]


class CallBackForm(forms.Form):
    """A number and when it suits; the rest is said on the telephone."""

    phone = forms.CharField(
        label=gettext_lazy("Telephone number"),
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days that suit you"),
        choices=DAYS,
        initial=[day for day, _label in DAYS],
        widget=forms.CheckboxSelectMultiple,
    )
    part = forms.ChoiceField(
        label=gettext_lazy("Hours that suit you"), choices=PARTS, initial="any", widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("What we should know before we call (optional)"),
        help_text=gettext_lazy("No word about your health is needed. What you write is kept sealed."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_phone(self) -> str:
        """The number in international form.

        Raises:
            ValidationError: it is no telephone number.
        """
        try:
            return international(self.cleaned_data["phone"])
        except NeverAgain:
            raise ValidationError(
                _("This is no telephone number. Write it like 06 12 34 56 78 or +33 6 12 34 56 78.")
            ) from None

    @property
    def wish(self) -> Wish:
        """What was asked. Read it after ``is_valid()``."""
        given: dict[str, Any] = self.cleaned_data
        return Wish(given["phone"], tuple(given["days"]), given["part"], given["text"])


class ReportForm(forms.Form):
    """A message that pretends to come from us."""

    way = forms.ChoiceField(
        label=gettext_lazy("How did it come?"), choices=WAYS, initial="mail", widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("What does it say?"),
        help_text=gettext_lazy("Copy the message here. Do not open its links."),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class AnswerForm(forms.Form):
    """What an adviser found out about one message."""

    conclusion = forms.ChoiceField(choices=Conclusion.choices)
