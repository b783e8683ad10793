"""The forms of invitations, and of what administrators enter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import Organisation, Professional
from consent.professions import Profession
from portal.accounts.passwords import MOST_CHARACTERS
from portal.notifications.kinds import Channel
from portal.welcoming.inviting import Reached
from records.people import Identity

_SEXES = [("female", gettext_lazy("Female")), ("male", gettext_lazy("Male")), ("unknown", gettext_lazy("Not told"))]


class ReachForm(forms.Form):
    """How somebody will be reached."""

    mail = forms.EmailField(
        label=gettext_lazy("E-mail address, with which they will sign in"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    @property
    def reached(self) -> Reached:
        """What was typed. Read it after ``is_valid()``."""
        return Reached(self.cleaned_data["mail"])


class PatientForm(ReachForm):
    """A new patient, at the desk."""

    family = forms.CharField(label=gettext_lazy("Family name"), max_length=100)
    given = forms.CharField(label=gettext_lazy("Given name"), max_length=100)
    birth_date = forms.DateField(label=gettext_lazy("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=_SEXES, initial="unknown")
    ins = forms.CharField(
        label=gettext_lazy("National health number (optional)"), max_length=21, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=gettext_lazy("Mobile number (for the second code by SMS)"), max_length=24, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    second = forms.ChoiceField(
        label=gettext_lazy("The second code goes"),
        choices=[("mail", gettext_lazy("By e-mail")), ("sms", gettext_lazy("By SMS"))],
        initial="mail",
        widget=forms.RadioSelect,
    )
    field_order = ["family", "given", "birth_date", "sex", "ins", "mail", "phone", "second"]

    def clean_birth_date(self) -> object:
        """A day that somebody can have been born on.

        Raises:
            ValidationError: it is to come, or too long ago.
        """
        day = self.cleaned_data["birth_date"]
        if not day.year >= 1900 or day > timezone.localdate():
            raise ValidationError(_("Check the year: nobody alive was born that day."))
        return day

    @property
    def identity(self) -> Identity:
        """Who it is. Read it after ``is_valid()``."""
        given: dict[str, Any] = self.cleaned_data
        return Identity(
            family=given["family"].strip(),
            given=given["given"].strip(),
            birth_date=given["birth_date"],
            sex=given["sex"],
            ins=given["ins"].strip(),
        )

    @property
    def reached(self) -> Reached:
        """How they will be reached. Read it after ``is_valid()``."""
        given = self.cleaned_data
        return Reached(given["mail"], given["phone"], Channel(given["second"]))


class ProfessionalForm(ReachForm):
    """A professional whom an administrator has looked up in the national directory."""

    rpps = forms.CharField(
        label=gettext_lazy("RPPS number"), max_length=11,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    title = forms.CharField(label=gettext_lazy("Title (optional)"), max_length=20, required=False)
    given = forms.CharField(label=gettext_lazy("Given name"), max_length=100)
    family = forms.CharField(label=gettext_lazy("Family name"), max_length=100)
    profession = forms.ChoiceField(label=gettext_lazy("Profession"))
    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    verified = forms.BooleanField(
        label=gettext_lazy("I have found this number, this name and this profession in the national directory.")
    )
    field_order = ["rpps", "title", "given", "family", "profession", "organisation", "mail", "verified"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profession"].choices = [(each.value, each.label) for each in Profession]  # type: ignore[attr-defined]
        places = [(str(each.pk), each.name) for each in Organisation.objects.all()]
        self.fields["organisation"].choices = places  # type: ignore[attr-defined]

    @property
    def person(self) -> Professional:
        """Who it is, not saved. Read it after ``is_valid()``."""
        given = self.cleaned_data
        return Professional(**{name: given[name] for name in ("rpps", "title", "given", "family", "profession")})


class PaperForm(forms.Form):
    """The code on paper."""

    code = forms.CharField(
        label=gettext_lazy("The code on your paper"),
        help_text=gettext_lazy("Four groups of four characters, given to you at the desk or sent by letter."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class AcceptForm(forms.Form):
    """The code that was sent, and the password of the new account."""

    code = forms.CharField(
        label=gettext_lazy("The code of six digits"),
        help_text=gettext_lazy("It was just sent to you by e-mail or SMS."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        help_text=gettext_lazy(
            "Twelve characters at least. Four or five words that have nothing to do with each other are best."
        ),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
