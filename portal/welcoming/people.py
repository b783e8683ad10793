"""Pages of administrators about people: professionals by their public names, patients by an address they were told."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.granting import Invalid
from consent.models import Membership, Organisation, Professional
from portal.accounts.models import Account
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.welcoming import directing
from portal.welcoming.directing import Act
from portal.welcoming.forms import ProfessionalForm
from portal.welcoming.inviting import invite_again, invite_professional
from portal.welcoming.models import Invitation
from records.closing import close_after_death

_MOST = 100


class OrganisationForm(forms.ModelForm):
    """An organisation to enter."""

    class Meta:
        model = Organisation
        fields = ["name", "place", "finess"]
        labels = {
            "name": gettext_lazy("Name"),
            "place": gettext_lazy("Town (optional)"),
            "finess": gettext_lazy("FINESS number (optional)"),
        }


class LoginForm(forms.Form):
    """The sign-in address of a patient, as they told it."""

    login = forms.EmailField(
        label=gettext_lazy("Sign-in address of the patient"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


@only_for(Role.ADMINISTRATOR)
@require_safe
def people(request: Visit) -> HttpResponse:
    """Professionals by name, and the ways to the rest."""
    wanted = request.GET.get("name", "").strip()
    found = Professional.objects.select_related("account").order_by("family", "given")
    shown = list((found.filter(family__icontains=wanted) if wanted else found)[:_MOST])
    return render(request, "welcoming/people.html", {"people": shown, "name": wanted, "form": LoginForm()})


@only_for(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(staff_passkey=True, only_if=lambda request: request.method == "POST")
def enter(request: Visit) -> HttpResponse:
    """Enters a professional, and shows once the code to send by letter."""
    form = ProfessionalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        place = UUID(form.cleaned_data["organisation"])
        try:
            code = invite_professional(
                actor=request.actor, person=form.person, organisation_id=place, reached=form.reached
            )
        except Invalid as refused:
            form.add_error(None, str(refused))
        else:
            context = {"code": code, "name": form.person.name, "back": "welcoming:people"}
            return render(request, "welcoming/paper.html", context)
    return render(request, "welcoming/enter.html", {"form": form}, status=422 if form.errors else 200)


@only_for(Role.ADMINISTRATOR)
@require_safe
def person(request: Visit, professional_id: UUID) -> HttpResponse:
    """One professional: where they work, and what can be done with their account."""
    found = get_object_or_404(Professional.objects.select_related("account"), pk=professional_id)
    live = Membership.objects.live(timezone.now()).filter(professional=found).select_related("organisation")
    waits = Invitation.objects.filter(account=found.account, used_at=None).exists() if found.account else False
    context = {"person": found, "live": live, "waits": waits, "organisations": Organisation.objects.all()}
    return render(request, "welcoming/person.html", context)


@only_for(Role.ADMINISTRATOR)
@require_POST
@fresh_proof(staff_passkey=True)
def act(request: Visit, professional_id: UUID, act: str) -> HttpResponse:
    """What was pressed on the page of a professional."""
    found = get_object_or_404(Professional.objects.select_related("account"), pk=professional_id)
    if act == "join":
        place = _identifier(request.POST.get("organisation", ""))
        directing.begin_membership(actor=request.actor, person=found, organisation_id=place)
    elif act == "leave":
        work = _identifier(request.POST.get("membership", ""))
        directing.end_membership(actor=request.actor, person=found, membership_id=work)
    elif act == "again" and found.account is not None:
        code = invite_again(actor=request.actor, account=found.account)
        return render(request, "welcoming/paper.html", {"code": code, "name": found.name, "back": "welcoming:people"})
    elif found.account is not None and act in set(Act) - {Act.DIED}:
        directing.direct(actor=request.actor, account=found.account, act=Act(act))
    else:
        raise Http404
    messages.success(request, _("Done, and written into the log."))
    return redirect("welcoming:person", professional_id)


@only_for(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(staff_passkey=True, only_if=lambda request: request.method == "POST")
def organisations(request: Visit) -> HttpResponse:
    """Organisations: entering one, ending one."""
    form = OrganisationForm(request.POST if "name" in request.POST else None)
    if "end" in request.POST:
        directing.end_organisation(actor=request.actor, organisation_id=_identifier(request.POST["end"]))
        messages.success(request, _("Nobody works there any more."))
        return redirect("welcoming:organisations")
    if form.is_bound and form.is_valid():
        directing.enter_organisation(actor=request.actor, organisation=form.save(commit=False))
        messages.success(request, _("The organisation is entered."))
        return redirect("welcoming:organisations")
    context = {"form": form, "organisations": Organisation.objects.all()[:_MOST]}
    return render(request, "welcoming/organisations.html", context, status=422 if form.errors else 200)


@only_for(Role.ADMINISTRATOR)
@require_POST
def find(request: Visit) -> HttpResponse:
    """A patient's account by the address they told, posted so that no address holds it; no name is shown."""
    form = LoginForm(request.POST)
    typed = form.cleaned_data["login"] if form.is_valid() else ""
    account = directing.patient_of_login(actor=request.actor, typed=typed)
    return render(request, "welcoming/found.html", {"account": account, "login": typed})


@only_for(Role.ADMINISTRATOR)
@require_POST
@fresh_proof(staff_passkey=True)
def act_on_patient(request: Visit, act: str) -> HttpResponse:
    """What was pressed about a patient's account."""
    account: Account | None = directing.patient_of_login(actor=request.actor, typed=request.POST.get("login", ""))
    if account is None or act not in set(Act):
        raise Http404
    directing.direct(actor=request.actor, account=account, act=Act(act))
    if act == Act.DIED:
        close_after_death(actor=request.actor, account_id=account.pk)
    messages.success(request, _("Done, and written into the log."))
    return redirect("welcoming:people")


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
