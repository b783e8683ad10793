"""What may be looked for in a record. It is posted, so that no word of health lands in an address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from records.seeking import Sought

_DAY = {"invalid": _("This date does not exist. Choose another one.")}
_FIRST, _LAST = date(1880, 1, 1), date(2199, 12, 31)


def _typed() -> forms.TextInput:
    return forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"})


def _chosen_day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FindForm(forms.Form):
    """Words, who wrote it, a category, a period, only what is out of range."""

    words = forms.CharField(label=_("Search the record"), required=False, max_length=120, widget=_typed())
    author = forms.CharField(label=_("Author or place"), required=False, max_length=120, widget=_typed())
    category = forms.ChoiceField(
        label=_("Category"),
        required=False,
        error_messages={"invalid_choice": _("This category cannot be chosen here. Choose one from the list.")},
    )
    since = forms.DateField(label=_("From"), required=False, error_messages=_DAY, widget=_chosen_day())
    until = forms.DateField(label=_("To"), required=False, error_messages=_DAY, widget=_chosen_day())
    outside = forms.BooleanField(label=_("Only results outside their range"), required=False)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, categories: Iterable[Category] = Category, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "find_%s")
        super().__init__(*args, **kwargs)
        self.offer(categories)

    def offer(self, categories: Iterable[Category]) -> None:
        """Offer these categories and no other: those that are open to the reader."""
        choices = [("", gettext("All categories")), *((each.value, each.label) for each in categories)]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The dates in their order, in years that have a calendar here."""
        typed: dict[str, Any] = super().clean() or {}
        since, until = typed.get("since"), typed.get("until")
        for name in ("since", "until"):
            if typed.get(name) and not _FIRST <= typed[name] <= _LAST:
                self.add_error(name, gettext("Check the year of this date."))
        if since and until and until < since:
            self.add_error("until", gettext("The period ends before it begins."))
        return typed

    @property
    def is_narrow(self) -> bool:
        """Whether something besides words was asked for: then the other filters stay in sight."""
        return any(self[name].value() for name in ("author", "category", "since", "until", "outside"))

    def sought(self) -> Sought | None:
        """What is asked for; ``None`` while it could not be understood."""
        if not self.is_valid():
            return None
        said = self.cleaned_data
        after: UUID | None = said["after"]
        return Sought(
            words=said["words"],
            author=said["author"],
            categories=frozenset({Category(said["category"])} if said["category"] else ()),
            since=_midnight(said["since"]) if said["since"] else None,
            until=_midnight(said["until"] + timedelta(days=1)) if said["until"] else None,
            outside=said["outside"],
            after=after,
        )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
