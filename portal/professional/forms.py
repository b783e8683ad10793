"""What professionals type, read and bounded (pure: no database, no door)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from consent.models import Purpose, ReasonCode
from portal.professional.composing import Note

TITLE_LENGTH = 200
TEXT_LENGTH = 20_000
REASON_LENGTH = 1_000

# The patient reads the purpose in words said to them; the professional chooses it in words of their own.
_PURPOSES = {
    Purpose.DIAGNOSIS: _("To make a diagnosis"),
    Purpose.TREATMENT: _("To choose a treatment"),
    Purpose.FOLLOW_UP: _("To follow this person over time"),
    Purpose.COORDINATION: _("To coordinate care with others"),
    Purpose.PREVENTION: _("For prevention"),
    Purpose.SECOND_OPINION: _("To give a second opinion"),
}


_CHOOSE_CATEGORY = {
    "required": _("Choose a category from the list."),
    "invalid_choice": _("This category cannot be chosen here. Choose one from the list."),
}


def _choices(categories: Iterable[Category]) -> list[tuple[str, str]]:
    """Nothing is chosen at first: the wrong drawer is easier to leave than to undo."""
    return [("", gettext("Choose a category")), *((category.value, category.label) for category in categories)]


class SearchForm(forms.Form):
    """A name to look for in one's own list."""

    name = forms.CharField(
        label=_("Search by name"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )

    @property
    def query(self) -> str:
        """What was typed, empty when nothing or too much was."""
        return self.cleaned_data.get("name", "") if self.is_bound and self.is_valid() else ""


class RequestForm(forms.Form):
    """Which category is asked for, and why: no free text, so that nothing clinical is written in clear."""

    category = forms.ChoiceField(label=_("Category"), error_messages=_CHOOSE_CATEGORY)
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=[("", _("Choose a purpose")), *((purpose.value, label) for purpose, label in _PURPOSES.items())],
        error_messages={"required": _("Choose a purpose from the list.")},
    )

    def __init__(self, *args: Any, categories: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _choices(categories)  # type: ignore[attr-defined]


class FindForm(forms.Form):
    """The national health identity number of somebody who is not in the list."""

    ins = forms.CharField(
        label=_("National health identity number (INS)"),
        help_text=_("15 characters, as on the health card; spaces do not matter."),
        max_length=30,
        error_messages={"required": _("Type the number of the person.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class EmergencyForm(forms.Form):
    """Why a record is opened in an emergency. The text is sealed; the log holds its digest."""

    reason_code = forms.ChoiceField(
        label=_("Reason"),
        choices=[(code.value, code.label) for code in ReasonCode],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason from the list.")},
    )
    text = forms.CharField(
        label=_("What happened, in a few words"),
        help_text=_("Sealed at once under the person's own key: no administrator can read it."),
        min_length=10,
        error_messages={
            "required": _("Say in a few words why this record must be opened now."),
            "min_length": _("Say a little more: at least 10 characters."),
        },
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].choices = [(code.value, code.label) for code in ReasonCode]  # type: ignore[attr-defined]


class DepositForm(forms.Form):
    """A text to add to a record: a consultation note, a certificate."""

    category = forms.ChoiceField(label=_("Category"), error_messages=_CHOOSE_CATEGORY)
    title = forms.CharField(
        label=_("Title"),
        max_length=TITLE_LENGTH,
        help_text=_("What the person will see in their list."),
        error_messages={"required": _("Give the document a title.")},
    )
    written_on = forms.DateField(
        label=_("Date"),
        help_text=_("The day it is about, not in the future."),
        error_messages={"required": _("Choose a date."), "invalid": _("This date does not exist. Choose another one.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=TEXT_LENGTH,
        error_messages={"required": _("Write the text of the document.")},
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def __init__(self, *args: Any, categories: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _choices(categories)  # type: ignore[attr-defined]

    def clean_written_on(self) -> Any:
        """A day that has come."""
        day = self.cleaned_data["written_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future. A document is about today or earlier."))
        if day.year < 1900:
            raise forms.ValidationError(_("This day is too long ago. Check the year."))
        return day

    def note(self) -> Note:
        """What was typed, once it is valid."""
        typed = self.cleaned_data
        return Note(Category(typed["category"]), typed["title"], typed["written_on"], typed["text"])
