"""The vaccination record in words: what to speak of at the next visit, what is done, what comes. Never an alarm."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.ui.formatting import day, month
from records.vaccinations import VaccinationView
from records.vaccines.calendar import Target
from records.vaccines.outlook import Outlook, State

_NAMES = {
    Target.DTP: gettext_lazy("Diphtheria, tetanus, polio"),
    Target.PERTUSSIS: gettext_lazy("Whooping cough"),
    Target.HIB: gettext_lazy("Haemophilus influenzae b"),
    Target.HEPATITIS_B: gettext_lazy("Hepatitis B"),
    Target.PNEUMOCOCCUS: gettext_lazy("Pneumococcus"),
    Target.MENINGOCOCCUS_ACWY: gettext_lazy("Meningococci A, C, W, Y"),
    Target.MENINGOCOCCUS_B: gettext_lazy("Meningococcus B"),
    Target.MMR: gettext_lazy("Measles, mumps, rubella"),
    Target.ROTAVIRUS: gettext_lazy("Rotavirus"),
    Target.HPV: gettext_lazy("Papillomavirus"),
    Target.ZOSTER: gettext_lazy("Shingles"),
    Target.RSV: gettext_lazy("Respiratory syncytial virus"),
    Target.INFLUENZA: gettext_lazy("Influenza"),
    Target.COVID: gettext_lazy("Covid-19"),
}
TO_CHECK = frozenset({State.DUE, State.OVERDUE, State.UNKNOWN})


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One protection in words. Health content: its ``repr`` says nothing."""

    name: str
    state: State
    words: str

    def __repr__(self) -> str:
        return "<Line>"


def lines_of(view: VaccinationView) -> list[Line]:
    """Every protection that the calendar speaks of at this age, what to speak of first at the top."""
    return [Line(str(_NAMES[each.target]), each.state, _words(each)) for each in view.outlooks]


def names_of(targets: frozenset[Target]) -> list[str]:
    """What a vaccine protects against, in words, in the order of the page."""
    return [str(_NAMES[target]) for target in Target if target in targets]


def _words(each: Outlook) -> str:
    known = ngettext("%(num)s dose known", "%(num)s doses known", len(each.received)) % {"num": len(each.received)}
    if each.state is State.DONE:
        last = _("the last on %(day)s") % {"day": day(each.received[-1])}
        ahead = _("the next usual from %(month)s") % {"month": month(each.on)} if each.on else ""
        return ", ".join(part for part in (known, last, ahead) if part)
    if each.on is None or each.state is State.UNKNOWN:
        return _("Carnet holds no trace of it. It may well have been given.")
    if each.state is State.LATER:
        return _("Usual from %(month)s") % {"month": month(each.on)}
    usual = _("usual since %(month)s") % {"month": month(each.on)}
    return f"{known}, {usual}" if each.received else usual[:1].upper() + usual[1:]
