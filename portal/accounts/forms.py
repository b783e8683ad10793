"""The forms of signing in: labels, what browsers may fill in, and nothing that refuses pasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from consent.models import Membership
from portal.accounts.ceremonies import LONGEST_ANSWER
from portal.accounts.models import Account
from portal.accounts.passkey import NAME_CHARACTERS
from portal.accounts.passwords import MOST_CHARACTERS


class SignInForm(forms.Form):
    """Address and password. The address is not checked for form: any refusal would tell more than a wrong one."""

    login = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """Six digits from an authenticator."""

    code = forms.CharField(
        label=_("One-time code"),
        help_text=_("Six digits, shown by your authenticator application."),
        max_length=16,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "code-input",
                "spellcheck": "false",
                "size": "8",
            }
        ),
    )


class RecoveryForm(forms.Form):
    """One code of the sheet."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("Five groups of four characters. Each code works once."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ProveForm(forms.Form):
    """A code of the authenticator, once more, before an act that matters."""

    FIELD = "proof_code"

    proof_code = forms.CharField(
        label=_("A new one-time code"),
        help_text=_("Six digits, shown by your authenticator application. Each code works once."),
        max_length=16,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "code-input",
                "spellcheck": "false",
                "size": "8",
            }
        ),
    )


class ProveEitherForm(ProveForm):
    """A code of the authenticator or of the sheet: whoever changes a factor may have lost the other one."""

    proof_code = forms.CharField(
        label=_("A fresh code"),
        help_text=_("From your authenticator application, or one of your recovery codes."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class PasskeyForm(forms.Form):
    """What an authenticator answered, put in by the script of the page."""

    FIELD = "credential"

    credential = forms.CharField(max_length=LONGEST_ANSWER, widget=forms.HiddenInput, required=False)


class PasskeyNameForm(PasskeyForm):
    """A new passkey, under a name of its owner's."""

    name = forms.CharField(
        label=_("A name for this device"),
        help_text=_("So that you know it again, such as: my telephone. It is kept sealed."),
        max_length=NAME_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewPasswordForm(forms.Form):
    """The present password, and the one to come; validators judge it with the account in mind."""

    current = forms.CharField(
        label=_("Your present password"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("Your new password"),
        help_text=_("Twelve characters at least. Four or five words that have nothing to do with each other are best."),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account

    def clean_new(self) -> str:
        """Judges the new password.

        Raises:
            ValidationError: it is too easy to guess, or known from a leak.
        """
        new: str = self.cleaned_data["new"]
        validate_password(new, self._account)
        return new


class LanguageForm(forms.Form):
    """French or English, and the page to come back to."""

    language = forms.ChoiceField(choices=Account.Language.choices)
    next = forms.CharField(required=False, max_length=2000)


class OrganisationForm(forms.Form):
    """For whom a professional with several live memberships works in this session."""

    def __init__(self, *args: Any, memberships: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(str(membership.organisation_id), membership.organisation.name) for membership in memberships]
        self.fields["organisation"] = forms.ChoiceField(label=_("I work today for"), choices=places)
