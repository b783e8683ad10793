"""Which lines of their history a patient asks for: by person, category, kind of act, and period."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actor import Role
from audit.models import Entry, EntryQuerySet
from consent.categories import Category
from consent.models import Professional

# The beginnings of the names of events, by the word that stands for them in an address.
KINDS = {
    "looked": (_("Looked at the record"), ("dossier.", "category.", "record.read")),
    "filed": (_("Added, changed or hid a document"), ("record.", "import.")),
    "emergency": (_("Emergencies"), ("emergency.",)),
    "sharing": (
        _("Sharing, requests and choices"),
        ("choice.", "opposition.", "access.", "relationship.", "wish.", "team.", "treating.", "code.", "sharing."),
    ),
    "acting": (_("People who act for me"), ("representative.", "delegation.")),
    "told": (_("Told because the law requires it"), ("disclosure.",)),
    "asked": (_("Questioned accesses and names opened"), ("case.", "unsealing.")),
    "protection": (_("Protection of the record"), ("key.", "keys.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What is left empty leaves nothing out. ``since`` is included, ``until`` is not."""

    who: str = ""
    category: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, rows: EntryQuerySet, dossier: UUID) -> EntryQuerySet:
        """Those of ``rows``, all about ``dossier`` (its pseudonym), that are asked for."""
        if self.since:
            rows = rows.filter(at__gte=self.since)
        if self.until:
            rows = rows.filter(at__lt=self.until)
        if self.category:
            rows = rows.filter(category=self.category)
        if self.kind:
            begins = Q()
            for start in KINDS[self.kind][1]:
                begins |= Q(event__startswith=start)
            rows = rows.filter(begins)
        if self.kind == "filed":
            rows = rows.exclude(event="record.read")
        return rows.filter(actor__in=_people(dossier, self.who)) if self.who else rows


class NarrowingForm(forms.Form):
    """The filters of the history; field names are those of the address."""

    who = forms.CharField(
        label=_("Name of the person"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    kind = forms.ChoiceField(label=_("What was done"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filter_%s")
        super().__init__(*args, **kwargs)
        categories = [(category.value, category.label) for category in Category]
        kinds = [(kind, label) for kind, (label, _starts) in KINDS.items()]
        for name, known in (("category", categories), ("kind", kinds)):
            self.fields[name].choices = [("", gettext("Any")), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The dates in their order, in years that have a calendar here.

        Raises:
            ValidationError: they are not.
        """
        typed: dict[str, Any] = super().clean() or {}
        since, until = typed.get("since"), typed.get("until")
        for name in ("since", "until"):
            if typed.get(name) and not date(2000, 1, 1) <= typed[name] <= date(2199, 12, 31):
                self.add_error(name, gettext("This year is outside the log. Check the date."))
        if since and until and until < since:
            self.add_error("until", gettext("The period ends before it begins."))
        return typed

    def narrowed(self) -> Narrowed:
        """What is asked for; everything while it could not be understood. Read it after ``is_valid()``."""
        typed = self.cleaned_data if self.is_valid() else {}
        since, until = typed.get("since"), typed.get("until")
        return Narrowed(
            **{name: typed.get(name, "") for name in ("who", "category", "kind")},
            since=midnight(since) if since else None,
            until=midnight(until + timedelta(days=1)) if until else None,
        )

    def as_query(self) -> str:
        """What was typed, as the tail of an address; empty, or beginning with ``&``."""
        typed = {name: self.data.get(name) for name in self.fields if self.data.get(name)}
        return f"&{urlencode(typed)}" if typed else ""


def midnight(day: date) -> datetime:
    """When a day begins here."""
    return timezone.make_aware(datetime.combine(day, time()))


def _people(dossier: UUID, name: str) -> list[UUID]:
    """The accounts of the professionals who did something here and whose name holds every word typed."""
    words = _plain(name).split()
    acted = Entry.objects.about(dossier).filter(role=Role.PROFESSIONAL.value).order_by().values("actor").distinct()
    people = Professional.objects.filter(account_id__in=acted)
    return [each.account_id for each in people if each.account_id and all(word in _plain(each.name) for word in words)]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
