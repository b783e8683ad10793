"""One's own record: by category, one category by year, one document."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.ages import Age, age_on
from consent.categories import Category
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.finding.pages import Asked, drawer_for, found_for
from records import writing
from records.identity import find_own
from records.marking import open_to_guardians
from records.on_behalf import find_dossier
from records.reading import open_category, open_overview, open_record


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def record(request: Visit) -> HttpResponse:
    """All categories with their counts; allergies first. Who acts for somebody comes to the record of that person."""
    if request.actor.on_behalf_of is not None:
        return redirect("patient:their_record", find_dossier(request.actor).id)
    overview = open_overview(actor=request.actor)
    return render(request, "patient/record.html", {"overview": overview})


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def category(request: Visit, category: Category) -> HttpResponse:
    """One category, the newest year first."""
    if request.actor.on_behalf_of is not None:
        return redirect("patient:their_drawer", find_dossier(request.actor).id, category)
    own = find_own(request.actor)
    leaf = Asked.of(request).leaf()
    drawer = open_category(actor=request.actor, dossier_id=own.id, category=category, leaf=leaf)
    return render(request, "patient/category.html", drawer_for(request, drawer))


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def time(request: Visit) -> HttpResponse:
    """Everything by time, or what a search found. Words are posted, so that none lands in an address."""
    if request.actor.on_behalf_of is not None:
        return redirect("patient:their_time", find_dossier(request.actor).id)
    return render(request, "patient/time.html", found_for(request, find_own(request.actor).id))


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def item(request: Visit, record_id: UUID) -> HttpResponse:
    """One document, for a person."""
    if request.actor.on_behalf_of is not None:
        return redirect("patient:their_item", record_id)
    view = open_record(actor=request.actor, record_id=record_id)
    minor = age_on(view.identity.birth_date, timezone.localdate()) is not Age.ADULT
    return render(request, "patient/item.html", {"view": view, "minor": minor})


@require_POST
@only_for(Role.PATIENT)
@fresh_proof(only_if=lambda request: "confirmed" in request.POST)
def to_guardians(request: Visit, record_id: UUID) -> HttpResponse:
    """Opens a document of a minor to their guardians, for good."""
    open_to_guardians(actor=request.actor, record_id=record_id, confirmed="confirmed" in request.POST)
    messages.success(request, _("Your guardians can now see this document."))
    return redirect("patient:item", record_id)


@require_POST
@only_for(Role.PATIENT)
def mask(request: Visit, record_id: UUID) -> HttpResponse:
    """Hides a document from everybody but its author."""
    writing.mask(actor=request.actor, record_id=record_id)
    messages.success(request, _("This document is hidden. Only you and its author can see it."))
    return redirect("patient:item", record_id)


@require_POST
@only_for(Role.PATIENT)
@fresh_proof()
def unmask(request: Visit, record_id: UUID) -> HttpResponse:
    """Shows a document again to those who may see its category."""
    writing.unmask(actor=request.actor, record_id=record_id)
    messages.success(request, _("This document is shown again to those who may see its category."))
    return redirect("patient:item", record_id)
