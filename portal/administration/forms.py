"""What administrators filter by, read and bounded (pure: no database)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.events import Event, Outcome
from audit.pseudonyms import BadPseudonym, uuid_range
from audit.searching import LogFilter
from consent.grounds import Ground
from consent.professions import Profession
from portal.administration.wording import OUTCOMES, ground_label

# What a person copies from a page is short; more is a mistake, and is refused before it is read.
_LONGEST_NAME = 40
_MISREAD = {
    "A": gettext_lazy("This is not a person's pseudonym. Copy it from a line of the log: it looks like A-7Q3K-M2XT."),
    "P": gettext_lazy("This is not a record's pseudonym. Copy it from a line of the log: it looks like P-7Q3K-M2XT."),
    "O": gettext_lazy("This is not an organisation's pseudonym. Copy it from a line of the log: it begins with O."),
}


class PseudonymField(forms.CharField):
    """A pseudonym copied from a page; it cleans to itself as the log can search it, or to nothing."""

    def __init__(self, *, letter: str, **kwargs: Any) -> None:
        self.letter = letter
        attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        super().__init__(required=False, max_length=_LONGEST_NAME, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> str:
        """The text, once it can be read as a pseudonym of this kind.

        Raises:
            ValidationError: it cannot, or it names something of another kind.
        """
        text = str(super().clean(value)).strip().upper()
        if not text:
            return ""
        try:
            uuid_range(text)
        except BadPseudonym:
            raise forms.ValidationError(_MISREAD[self.letter]) from None
        if text[1:2] == "-" and text[0] != self.letter:
            raise forms.ValidationError(_MISREAD[self.letter])
        return text


class LogForm(forms.Form):
    """The filters of the log. Field names are those of the address: ``?from=…&actor=…``."""

    # "from" is a word of Python, so the dates keep short names of their own.
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    actor = PseudonymField(letter="A", label=_("Who (pseudonym)"))
    dossier = PseudonymField(letter="P", label=_("Record (pseudonym)"))
    event = forms.ChoiceField(label=_("Event"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    ground = forms.ChoiceField(label=_("Why"), required=False)
    profession = forms.ChoiceField(label=_("Profession"), required=False)
    organisation = PseudonymField(letter="O", label=_("Organisation (pseudonym)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filter_%s")
        super().__init__(*args, **kwargs)
        events = sorted((capfirst(gettext(event.meaning)), event.dotted) for event in Event)
        grounds = sorted((ground_label(ground.value), ground.value) for ground in Ground)
        professions = sorted((profession.label, profession.value) for profession in Profession)
        for name, known in (("event", events), ("ground", grounds), ("profession", professions)):
            self.fields[name].choices = [("", gettext("Any")), *((value, label) for label, value in known)]  # type: ignore[attr-defined]
        self.fields["outcome"].choices = [("", gettext("Any")), *((o.value, OUTCOMES[o]) for o in Outcome)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The dates in their order.

        Raises:
            ValidationError: the period ends before it begins.
        """
        typed: dict[str, Any] = super().clean() or {}
        since, until = typed.get("since"), typed.get("until")
        if since and until and until < since:
            self.add_error("until", _("The period ends before it begins."))
        for name in ("since", "until"):
            if typed.get(name) and not date(2000, 1, 1) <= typed[name] <= date(2199, 12, 31):
                self.add_error(name, _("This year is outside the log. Check the date."))
        return typed

    def wanted(self) -> LogFilter:
        """What was asked for, nothing if it could not be understood; a day runs from midnight to midnight here."""
        typed = self.cleaned_data if self.is_valid() else {}
        since, until = typed.get("since"), typed.get("until")
        return LogFilter(
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
            **{name: typed.get(name, "") for name in _FACETS},
        )


_FACETS = ("actor", "dossier", "event", "outcome", "ground", "profession", "organisation")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
