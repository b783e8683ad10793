"""What professionals do about consent: type a code, hold a result back, keep a minor's secret, tell an authority."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.acting import now
from consent.disclosing import agree_deferral, bases, disclose, read_deferrals
from consent.granting import Invalid
from consent.models import DisclosureBasis
from portal.acting import Visit
from portal.audiences import only_for
from portal.professional.naming import named
from records.care_codes import enter_code
from records.identity import ref_of
from records.marking import hold, keep_secret, release


class CodeForm(forms.Form):
    """A code that a patient shows."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Eight letters and digits, shown on the patient's phone."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code-input"}),
    )


class HoldForm(forms.Form):
    """Until when a result waits."""

    until = forms.DateField(
        label=gettext_lazy("It appears to the patient on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def instant(self) -> datetime:
        """The first instant of that day. Read it after ``is_valid()``."""
        return datetime.combine(self.cleaned_data["until"], time(), tzinfo=timezone.get_current_timezone())


class DisclosureForm(forms.Form):
    """A legal ground; the details that it allows are all sent."""

    basis = forms.ChoiceField(label=gettext_lazy("What the law makes you tell"))
    implicated = forms.BooleanField(
        label=gettext_lazy("A parent or guardian may be implicated: never show it to them"), required=False
    )

    review = forms.DateField(
        label=gettext_lazy("Tell the patient later: date of review"),
        help_text=gettext_lazy(
            "Leave it empty to tell them at once. A second professional must agree within two days."
        ),
        required=False,
        error_messages={"invalid": gettext_lazy("This date does not exist. Choose another one.")},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, known: list[DisclosureBasis], *args: object, in_own_name: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not in_own_name:
            del self.fields["review"]
        french = (get_language() or "").startswith("fr")
        self.known = {each.code: each for each in known}
        self.fields["basis"].choices = [  # type: ignore[attr-defined]
            (each.code, f"{each.label_fr if french else each.label_en} ({each.law})") for each in known
        ]

    @property
    def review_at(self) -> datetime | None:
        """The first instant of the day of review. Read it after ``is_valid()``."""
        day = self.cleaned_data.get("review")
        return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()) if day else None


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: Visit) -> HttpResponse:
    """Opens a care relationship with the code that the patient shows."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            dossier_id = enter_code(actor=request.actor, code=form.cleaned_data["code"])
        except Invalid as invalid:
            form.add_error("code", invalid.sentence)
        else:
            messages.success(request, _("You now take care of this patient."))
            return redirect("professional:patient", dossier_id)
    return render(request, "professional/code.html", {"form": form})


@only_for(Role.PROFESSIONAL)
@require_POST
def hold_back(request: Visit, record_id: UUID) -> HttpResponse:
    """A result waits for a visit."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose the day on which the result appears to the patient."))
    hold(actor=request.actor, record_id=record_id, until=form.instant())
    messages.success(request, _("The patient does not see this result before that day."))
    return redirect("professional:item", record_id)


@only_for(Role.PROFESSIONAL)
@require_POST
def let_appear(request: Visit, record_id: UUID) -> HttpResponse:
    """A held result appears now."""
    release(actor=request.actor, record_id=record_id)
    messages.success(request, _("The patient sees this result from now on."))
    return redirect("professional:item", record_id)


@only_for(Role.PROFESSIONAL)
@require_POST
def secret(request: Visit, record_id: UUID) -> HttpResponse:
    """A minor's document stays from their guardians."""
    keep_secret(actor=request.actor, record_id=record_id)
    messages.success(request, _("This document does not reach the parents or guardians."))
    return redirect("professional:item", record_id)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Writes a lawful disclosure into the register, which the patient reads."""
    identity, known = named(request.actor, dossier_id), bases(now())
    own = request.actor.on_behalf_of is None
    form = DisclosureForm(known, request.POST if request.method == "POST" else None, in_own_name=own)
    if form.is_bound and form.is_valid():
        try:
            _disclose(request, dossier_id, form)
        except Invalid as invalid:
            form.add_error("review" if own else None, invalid.sentence)
        else:
            return redirect("professional:patient", dossier_id)
    context = {"form": form, "identity": identity, "dossier_id": dossier_id}
    return render(request, "professional/tell.html", context)


def _disclose(request: Visit, dossier_id: UUID, form: DisclosureForm) -> None:
    basis = form.known[form.cleaned_data["basis"]]
    disclose(
        actor=request.actor,
        ref=ref_of(dossier_id),
        basis=basis.code,
        fields=basis.fields,
        review_at=form.review_at,
        implicated=form.cleaned_data["implicated"],
    )
    if form.review_at is None:
        messages.success(request, _("It is written in the register, and the patient can read it."))
    else:
        messages.success(request, _("It is written in the register. A second professional has two days to agree."))


@only_for(Role.PROFESSIONAL)
@require_safe
def deferrals(request: Visit, dossier_id: UUID) -> HttpResponse:
    """What waits for a second professional before the patient is told later."""
    identity = named(request.actor, dossier_id)
    waiting = read_deferrals(actor=request.actor, ref=ref_of(dossier_id))
    context = {"waiting": waiting, "identity": identity, "dossier_id": dossier_id}
    return render(request, "professional/deferrals.html", context)


@only_for(Role.PROFESSIONAL)
@require_POST
def agree(request: Visit, dossier_id: UUID, disclosure_id: UUID) -> HttpResponse:
    """A second professional agrees that the patient is told at the date of review."""
    # Outside of one's care the door would say "refused" of a record that is there, and "nothing" of one that is not.
    named(request.actor, dossier_id)
    agree_deferral(actor=request.actor, ref=ref_of(dossier_id), disclosure_id=disclosure_id)
    messages.success(request, _("You agreed. The patient is told at the date of review, at the latest."))
    return redirect("professional:deferrals", dossier_id)
