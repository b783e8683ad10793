"""Who may see what: the switches, what they change before it is done, requests and oppositions."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from consent import granting, naming
from consent.blanks import read_blanks, tell_blanks
from consent.categories import Category
from consent.decisions import Right
from consent.explaining import read_sharing
from consent.granting import Wanted
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient import changes
from portal.patient.forms import EndForm, LengthForm
from records.on_behalf import find_dossier
from records.previewing import Line, Proposal, Viewer, see_as

_TOOLS = {"can_switch": changes.can_switch, "is_opposed": changes.is_opposed, "reason": changes.reason}


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def sharing(request: Visit) -> HttpResponse:
    """Everybody who may see something: a table on a large screen, one person at a time on a small one."""
    found = read_sharing(actor=request.actor, ref=find_dossier(request.actor))
    return render(request, "patient/sharing.html", {"sharing": found, "form": LengthForm(), **_TOOLS})


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def professional(request: Visit, professional_id: UUID) -> HttpResponse:
    """One professional: their switches, what they are told, the end of the relationship, opposition."""
    ref = find_dossier(request.actor)
    found = read_sharing(actor=request.actor, ref=ref)
    line = found.professional(professional_id)
    if line is None:
        raise Http404
    opposition = next((each for each in found.oppositions if each.person == line.person and not each.author), None)
    blanks = read_blanks(actor=request.actor, ref=ref, professional=professional_id)
    context = {"sharing": found, "line": line, "opposition": opposition, "form": EndForm(), "blanks": blanks, **_TOOLS}
    return render(request, "patient/professional.html", context)


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def preview(request: Visit) -> HttpResponse:
    """Says in sentences what the switches would change; nothing is changed yet."""
    found = read_sharing(actor=request.actor, ref=find_dossier(request.actor))
    asked = changes.asked_changes(found, request.POST.getlist("about"), request.POST.getlist("open"))
    form = EndForm(request.POST)
    if not form.is_valid():
        raise granting.Invalid(str(next(iter(form.errors.values()))[0]))
    if not asked:
        messages.info(request, _("No switch was moved: nothing changes."))
        return redirect("patient:sharing")
    effects = changes.effects(asked)
    context = {"asked": asked, "effects": effects, "until": form.until, "form": form}
    return render(request, "patient/preview.html", context | {"counted": _counted(request, effects)})


def _counted(request: Visit, effects: tuple[changes.Effect, ...]) -> dict[UUID, tuple[Line, ...]]:
    """How many documents each change opens or closes to each person, said by the real engine."""
    dossier_id = find_dossier(request.actor).id
    return {
        effect.person.id: see_as(
            actor=request.actor,
            dossier_id=dossier_id,
            viewer=Viewer(professional=effect.person.id),
            proposal=Proposal(opened=frozenset(effect.opened), closed=frozenset(effect.closed)),
        ).changed
        for effect in effects
    }


def _opens(request: Visit) -> bool:
    """Whether one of the changes shows somebody more than before: to close needs no proof."""
    return any(code.endswith(":open") for code in request.POST.getlist("change"))


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=_opens)
def confirm(request: Visit) -> HttpResponse:
    """Makes the changes that the preview showed as one act: all of them, or none."""
    ref = find_dossier(request.actor)
    found = read_sharing(actor=request.actor, ref=ref)
    form = EndForm(request.POST)
    if not form.is_valid():
        raise granting.Invalid(str(next(iter(form.errors.values()))[0]))
    until = form.until
    wanted = [
        Wanted(change.category, Right.READ, change.allowed, until if change.allowed else None, change.person.id)
        for change in changes.confirmed_changes(found, request.POST.getlist("change"))
    ]
    done = granting.choose_many(actor=request.actor, ref=ref, wanted=wanted)
    messages.success(request, ngettext("%(num)s change made.", "%(num)s changes made.", done) % {"num": done})
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: "told" in request.POST)
def blanks(request: Visit, professional_id: UUID) -> HttpResponse:
    """Lets a professional know in which categories something is missing for them."""
    told = {category for category in Category if category.value in request.POST.getlist("told")}
    ref = find_dossier(request.actor)
    changed = tell_blanks(actor=request.actor, ref=ref, professional=professional_id, categories=told)
    if changed:
        messages.success(request, _("It is recorded: they read it on the next page they open."))
    else:
        messages.info(request, _("Nothing to change: this is already so."))
    return redirect("patient:sharing_professional", professional_id)


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: request.POST.get("answer") == "yes")
def answer(request: Visit, request_id: UUID) -> HttpResponse:
    """Answers a professional's request: yes for a time, or no."""
    allowed = request.POST.get("answer") == "yes"
    form = LengthForm(request.POST)
    until = form.until if form.is_valid() and allowed else None
    ref = find_dossier(request.actor)
    granting.answer_request(actor=request.actor, ref=ref, request_id=request_id, allowed=allowed, until=until)
    messages.success(request, _("The category is open.") if allowed else _("The category stays closed."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def end(request: Visit, professional_id: UUID) -> HttpResponse:
    """Ends a care relationship."""
    granting.end_relationship(actor=request.actor, ref=find_dossier(request.actor), professional=professional_id)
    messages.success(request, _("This person no longer takes care of you and sees nothing more."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof()
def open_team(request: Visit, organisation_id: UUID) -> HttpResponse:
    """Lets a whole team take care of the patient."""
    naming.open_team_care(actor=request.actor, ref=find_dossier(request.actor), organisation=organisation_id)
    messages.success(request, _("This team now takes care of you in Carnet."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def end_team(request: Visit, organisation_id: UUID) -> HttpResponse:
    """Ends care by a whole team; those let in by name stay."""
    naming.end_team_care(actor=request.actor, ref=find_dossier(request.actor), organisation=organisation_id)
    messages.success(request, _("This team no longer takes care of you."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def opposition(request: Visit, professional_id: UUID) -> HttpResponse:
    """Keeps a professional out of everything, emergencies included."""
    granting.oppose(actor=request.actor, ref=find_dossier(request.actor), professional=professional_id)
    messages.success(request, _("Your opposition is recorded. This person sees nothing more."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof()
def withdraw_opposition(request: Visit, opposition_id: UUID) -> HttpResponse:
    """Takes an opposition away."""
    granting.withdraw_opposition(actor=request.actor, ref=find_dossier(request.actor), opposition_id=opposition_id)
    messages.success(request, _("Your opposition is withdrawn. Your other choices hold again."))
    return redirect("patient:sharing")


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof()
def withdraw_choice(request: Visit, choice_id: UUID) -> HttpResponse:
    """Takes away a choice about a team or a profession."""
    granting.withdraw_choice(actor=request.actor, ref=find_dossier(request.actor), choice_id=choice_id)
    messages.success(request, _("This choice is withdrawn. The default holds again."))
    return redirect("patient:sharing")
