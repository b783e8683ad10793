"""One's health on one page, or that of whom one acts for: summary, card, vaccinations."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Role
from consent.acting import now
from consent.models import Professional
from consent.naming import treating_doctor
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.health.cards import CardForm, fits, lines_of, words_of
from portal.health.summaries import parts_of
from portal.health.vaccines import TO_CHECK, names_of
from portal.health.vaccines import lines_of as vaccine_lines
from portal.ui.formatting import day
from portal.ui.qr import picture
from records.carding import make_card
from records.on_behalf import find_dossier
from records.shown import Item
from records.summarising import SummaryView, open_summary
from records.summary import Section
from records.vaccinations import open_vaccinations


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def summary(request: Visit) -> HttpResponse:
    """What matters on one page, to print and hand over."""
    view = open_summary(actor=request.actor, dossier_id=find_dossier(request.actor).id)
    context = {"view": view, "parts": parts_of(view), "doctor": _doctor(request, view), **footing(request, view.ref.id)}
    return render(request, "patient/summary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: request.method == "POST")
def card(request: Visit) -> HttpResponse:
    """Choose the lines of a card; the answer is the card itself, and nothing of it is kept."""
    dossier_id = find_dossier(request.actor).id
    view = open_summary(actor=request.actor, dossier_id=dossier_id)
    form = CardForm(request.POST if request.method == "POST" else None, view=view)
    made_on = day(timezone.localdate())
    if form.is_valid():
        if fits(words_of(lines_of(view.identity, chosen_of(view, form), form.cleaned_data), made_on)):
            return _made(request, view, form, made_on)
        form.too_long()
    context = {"form": form, "name": view.identity.full_name, **footing(request, dossier_id)}
    return render(request, "patient/card.html", context)


def _made(request: Visit, view: SummaryView, form: CardForm, made_on: str) -> HttpResponse:
    # Decided again, as the export that it is: what may only be read is not on the card.
    _view, chosen = make_card(actor=request.actor, dossier_id=view.ref.id, chosen=form.chosen())
    lines = lines_of(view.identity, chosen, form.cleaned_data)
    context = {"lines": lines, "picture": picture(words_of(lines, made_on)), "made_on": made_on}
    return render(request, "patient/card_made.html", context)


def chosen_of(view: SummaryView, form: CardForm) -> dict[Section, list[Item]]:
    """The lines that were ticked, by section."""
    wanted = set(form.chosen())
    return {section: [each for each in view.chosen[section] if each.record_id in wanted] for section in view.chosen}


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def vaccinations(request: Visit) -> HttpResponse:
    """What was given, and what is usual at this age."""
    view = open_vaccinations(actor=request.actor, dossier_id=find_dossier(request.actor).id)
    context = {"view": view, "lines": vaccine_lines(view), "to_check": TO_CHECK, "names_of": names_of}
    return render(request, "patient/vaccinations.html", {**context, **footing(request, view.ref.id)})


def footing(request: Visit, dossier_id: object) -> dict[str, Any]:
    """Whether somebody looks at their own record, and whose it is else."""
    return {"own": request.actor.on_behalf_of is None, "dossier_id": dossier_id}


def _doctor(request: Visit, view: SummaryView) -> Professional | None:
    """The treating doctor, for the patient alone: who takes care of a minor may be a secret of theirs."""
    return treating_doctor(view.ref, now()) if request.actor.on_behalf_of is None else None
