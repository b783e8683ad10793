"""What professionals read: their list, one patient, one drawer, one record, their own traces."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Role
from audit.log import BadCursor, entries_by
from consent.acting import now
from consent.blanks import blanks_told
from consent.categories import Category
from consent.explaining import patients_of
from consent.reviewers import places_reviewed
from portal.acting import Visit
from portal.audiences import only_for
from portal.finding.pages import Asked, drawer_for, found_for
from portal.oversight.cases import waiting_to_explain
from portal.professional.forms import SearchForm
from portal.professional.listing import dossiers_in, lines_of, traces_of
from portal.professional.naming import people_behind
from portal.professional.standing import age_on, emergencies_of, standing_of, standings_of
from records.correcting import count_waiting_for
from records.identity import read_identities
from records.people import Identity
from records.reading import open_category, open_overview, open_record

PAGE = 100


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def patients(request: Visit) -> HttpResponse:
    """My patients. A search is posted and answered at once, so that no name lands in an address."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    mine = patients_of(request.actor)
    identities = read_identities(actor=request.actor, dossier_ids=mine)
    standings = standings_of(request.actor, identities)
    lines = lines_of(identities, standings, query=form.query, today=timezone.localdate())
    context = {
        "form": form,
        "query": form.query,
        "lines": lines,
        "emergencies": emergencies_of(request.actor, but=mine),
        "to_explain": waiting_to_explain(request.actor),
        "corrections": count_waiting_for(request.actor),
        "reviews": bool(places_reviewed(request.actor, now())),
    }
    return render(request, "professional/patients.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def patient(request: Visit, dossier_id: UUID) -> HttpResponse:
    """One patient: allergies, what is new, and every category, shared or not."""
    overview = open_overview(actor=request.actor, dossier_id=dossier_id)
    blanks = blanks_told(overview.ref.id, request.actor.on_behalf_of or request.actor.professional, now())
    context = {"overview": overview, "blanks": blanks, **_footing(request, overview.ref.id, overview.identity)}
    return render(request, "professional/patient.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def drawer(request: Visit, dossier_id: UUID, category: Category) -> HttpResponse:
    """One category of one patient."""
    leaf = Asked.of(request).leaf()
    opened = open_category(actor=request.actor, dossier_id=dossier_id, category=category, leaf=leaf)
    missing = category in blanks_told(opened.ref.id, request.actor.on_behalf_of or request.actor.professional, now())
    context = {**drawer_for(request, opened), "missing": missing, **_footing(request, opened.ref.id, opened.identity)}
    return render(request, "professional/drawer.html", context)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def time(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Everything of one patient that is shared, by time, or what a search found in it."""
    context = found_for(request, dossier_id)
    context |= _footing(request, dossier_id, context["found"].identity)
    return render(request, "professional/time.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def item(request: Visit, record_id: UUID) -> HttpResponse:
    """One record."""
    view = open_record(actor=request.actor, record_id=record_id)
    context = {"view": view, **_footing(request, view.ref.id, view.identity)}
    return render(request, "professional/item.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def accesses(request: Visit) -> HttpResponse:
    """My own acts as the log holds them, newest first."""
    try:
        entries = entries_by(request.actor.id, before=request.GET.get("before"), limit=PAGE)
    except BadCursor as bad:
        raise Http404 from bad
    traces = traces_of(entries)
    context = {
        "traces": traces,
        "people": people_behind(request.actor, dossiers_in(traces)),
        "older": entries[-1].cursor if len(entries) == PAGE else None,
    }
    return render(request, "professional/accesses.html", context)


def _footing(request: Visit, dossier_id: UUID, identity: Identity) -> dict[str, Any]:
    """What every page of one patient says of the reader: until when, under which clock; and the patient's age."""
    return {
        "standing": standing_of(request.actor, dossier_id),
        "age": age_on(identity.birth_date, timezone.localdate()),
    }
