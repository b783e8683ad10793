"""A medical summary as a page tells it: its parts in their order, each with its heading and its icon."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from records.shown import Item
from records.summarising import SummaryView
from records.summary import Section, left_out, shown_of


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """One part: what it shows, and ``more``, how many it leaves out. Health content: its ``repr`` says nothing."""

    section: Section
    title: str
    icon: str
    items: tuple[Item, ...]
    more: int

    def __repr__(self) -> str:
        return "<Part>"


_WORDS = {
    Section.ALLERGIES: (_("Allergies"), "exclamation-triangle"),
    Section.PROBLEMS: (_("Current health problems"), "heart"),
    Section.TREATMENTS: (_("Current treatments"), "clipboard-document-list"),
    Section.DEVICES: (_("Implants and devices"), "cpu-chip"),
    Section.RESULTS: (_("Results out of range, last twelve months"), "beaker"),
    Section.VACCINATIONS: (_("Vaccinations"), "shield-check"),
    Section.BLOOD_GROUP: (_("Blood group"), "beaker"),
    Section.DIRECTIVES: (_("Advance directives"), "chat-bubble-bottom-center-text"),
    Section.CARE_TEAM: (_("Care team"), "user-group"),
}
# Without anything in it these still stand on the page: that nothing is known of them is news.
ALWAYS = frozenset({Section.ALLERGIES, Section.PROBLEMS, Section.TREATMENTS, Section.VACCINATIONS})


def parts_of(view: SummaryView) -> list[Part]:
    """The parts of a page, allergies first, always; those of which nothing is known at the end are left out."""
    return [
        Part(section, str(_WORDS[section][0]), _WORDS[section][1], shown, left_out(view.chosen, section))
        for section in Section
        if (shown := shown_of(view.chosen, section)) or section in ALWAYS
    ]
