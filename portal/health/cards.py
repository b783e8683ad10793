"""The emergency card: what may be chosen for it, its words, and the same words as a QR code.

The code holds the words that are printed beside it and nothing else: no address, no identifier, nothing that opens
anything. It is read without a network, and whoever finds the card learns what its owner chose to print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.ui.formatting import day
from records.carding import CARRIED
from records.people import Identity
from records.shown import Item
from records.summarising import SummaryView
from records.summary import Section

# In bytes of UTF-8: a code of 93 modules at most, read by a phone at 45 mm, and what fits on one face of the card.
MOST_BYTES = 560
_LABELS = {
    Section.ALLERGIES: _("Allergies"),
    Section.TREATMENTS: _("Current treatments"),
    Section.PROBLEMS: _("Current health problems"),
    Section.DEVICES: _("Implants and devices"),
    Section.BLOOD_GROUP: _("Blood group"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line of a card. Health content: its ``repr`` says nothing."""

    label: str
    text: str

    def __repr__(self) -> str:
        return "<Line>"


class CardForm(forms.Form):
    """What goes on the card, line by line; at first the name and the allergies."""

    name = forms.BooleanField(label=_("My first and last name"), required=False, initial=True)
    birth = forms.BooleanField(label=_("My date of birth"), required=False)
    contact_name = forms.CharField(
        label=_("Person to call"),
        required=False,
        max_length=60,
        help_text=_("Ask this person first. The name is printed and not kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    contact_phone = forms.RegexField(
        r"^[0-9+ ().-]*$",
        label=_("Their telephone number"),
        required=False,
        max_length=24,
        error_messages={"invalid": _("Write digits only, such as 06 12 34 56 78.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    words = forms.CharField(
        label=_("Something else that helps"),
        required=False,
        max_length=80,
        help_text=_("Such as a language, or that you do not hear well."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, view: SummaryView, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section in CARRIED:
            items = view.chosen[section]
            if items:
                self.fields[section.value] = forms.MultipleChoiceField(
                    label=_LABELS[section],
                    required=False,
                    choices=[(str(item.record_id), _told(item, section)) for item in items],
                    initial=[str(item.record_id) for item in items] if section is Section.ALLERGIES else [],
                    widget=forms.CheckboxSelectMultiple,
                )
        self.order_fields(["name", "birth", *(section.value for section in CARRIED)])

    def chosen(self) -> list[UUID]:
        """The records whose lines were chosen. Read it after ``is_valid()``."""
        return [UUID(each) for section in CARRIED for each in self.cleaned_data.get(section.value, [])]

    def too_long(self) -> None:
        """Say that it does not fit."""
        self.add_error(None, gettext("This does not fit on a card. Choose fewer lines, or shorter words."))


def lines_of(identity: Identity, chosen: Mapping[Section, Sequence[Item]], said: Mapping[str, Any]) -> list[Line]:
    """The lines of the card, in the language in force.

    Args:
        said: the cleaned data of the form.
    """
    lines = []
    if said["name"]:
        lines.append(Line(gettext("Name"), identity.full_name))
    if said["birth"]:
        lines.append(Line(gettext("Born on"), day(identity.birth_date)))
    for section in CARRIED:
        if told := "; ".join(_told(item, section) for item in chosen.get(section, ())):
            lines.append(Line(str(_LABELS[section]), told))
    if contact := " ".join(part for part in (said["contact_name"], said["contact_phone"]) if part):
        lines.append(Line(gettext("Person to call"), contact))
    if said["words"]:
        lines.append(Line(gettext("Please note"), said["words"]))
    return lines


def words_of(lines: Sequence[Line], made_on: str) -> str:
    """What the QR code holds: the lines of the card as plain text, under their heading, with the day."""
    said = [gettext("EMERGENCY CARD"), *(f"{line.label}: {line.text}" for line in lines)]
    return "\n".join([*said, f"Carnet, {made_on}"])


def fits(words: str) -> bool:
    """Whether it can be printed small enough for a wallet and still be read."""
    return len(words.encode()) <= MOST_BYTES


def _told(item: Item, section: Section) -> str:
    header = item.header
    title = header.title or item.category.label
    if section is Section.BLOOD_GROUP:
        return header.value_text
    if section in {Section.ALLERGIES, Section.TREATMENTS} and header.value_text:
        return f"{title} ({header.value_text})"
    return title
