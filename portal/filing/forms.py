"""What is said of a file that somebody brings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.categories import Category, Tier
from records.exchange import MAX_BYTES, About, title_of

_KINDS = ".pdf,.jpg,.jpeg,.png,.txt,.dcm,.json,.xml,.hl7,application/pdf,image/jpeg,image/png"


class FileForm(forms.Form):
    """A file with its category, its title and its day."""

    file = forms.FileField(
        label=_("File or photo"),
        help_text=_("PDF, photo (JPEG or PNG), text, DICOM, or an export of another system; at most 30 MB."),
        error_messages={
            "required": _("Choose a file, or take a photo."),
            "empty": _("This file is empty. Choose another one."),
            "missing": _("Choose a file, or take a photo."),
        },
        # Without "capture" a phone offers both its camera and its files.
        widget=forms.FileInput(attrs={"accept": _KINDS}),
    )
    category = forms.ChoiceField(
        label=_("Category"),
        help_text=_("It decides who can see the document."),
        error_messages={
            "required": _("Choose a category from the list."),
            "invalid_choice": _("This category cannot be chosen here. Choose one from the list."),
        },
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=120,
        help_text=_("Left empty, it is the name of the file."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    day = forms.DateField(
        label=_("Date"),
        help_text=_("The day on the document, not in the future."),
        error_messages={"required": _("Choose a date."), "invalid": _("This date does not exist. Choose another one.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, categories: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", gettext("Choose a category")), *((category.value, category.label) for category in categories)]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """A file that is not too large to be looked into."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is too large: at most 30 MB. Make it smaller, or split it."))
        return file

    def no_room(self) -> str:
        """What to say when a file was not taken for its size."""
        return gettext("There is no room for this file in the record. Remove one that is no longer needed.")

    def clean_day(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future. A document is about today or earlier."))
        if day.year < 1900:
            raise forms.ValidationError(_("This day is too long ago. Check the year."))
        return day

    def about(self, author: dict[str, Any]) -> About:
        """What was said, once it is valid."""
        said = self.cleaned_data
        title = " ".join(said["title"].split()) or title_of(said["file"].name) or gettext("Document")
        return About(title=title, day=said["day"], category=Category(said["category"]), author=author)


class PaperForm(forms.Form):
    """A document that a professional asks the patient for."""

    category = forms.ChoiceField(
        label=_("Category"),
        error_messages={
            "required": _("Choose a category from the list."),
            "invalid_choice": _("This category cannot be chosen here. Choose one from the list."),
        },
    )
    words = forms.CharField(
        label=_("Which document"),
        max_length=1_000,
        help_text=_("The patient reads these words, and nobody else. Say which paper, of when, from whom."),
        error_messages={"required": _("Say which document you need.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shared = [category for category in Category if category.tier is not Tier.PATIENT_ONLY]
        choices = [("", gettext("Choose a category")), *((category.value, category.label) for category in shared)]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]
