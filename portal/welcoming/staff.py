"""Pages of administrators about advisers and about each other."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Role
from consent.granting import Invalid
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.welcoming import directing, staffing
from portal.welcoming.directing import Act
from portal.welcoming.forms import ReachForm
from portal.welcoming.inviting import invite_again


class StaffForm(ReachForm):
    """Somebody new."""

    role = forms.ChoiceField(
        label=gettext_lazy("What this person will do"),
        choices=[
            (Role.ADVISER.value, gettext_lazy("Call people back: they see that queue and nothing else")),
            (Role.ADMINISTRATOR.value, gettext_lazy("Administrate: another administrator has to agree")),
        ],
        initial=Role.ADVISER.value,
        widget=forms.RadioSelect,
    )


@only_for(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(staff_passkey=True, only_if=lambda request: request.method == "POST")
def staff(request: Visit) -> HttpResponse:
    """Everybody of these roles; inviting an adviser, proposing an administrator."""
    form = StaffForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if form.cleaned_data["role"] == Role.ADVISER:
                code = staffing.invite_adviser(actor=request.actor, reached=form.reached)
                return _paper(request, code, form.reached.mail)
            staffing.propose(actor=request.actor, mail=form.reached.mail)
        except Invalid as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. Nothing happens until another administrator agrees."))
            return redirect("welcoming:staff")
    found = staffing.read_staff(actor=request.actor)
    return render(request, "welcoming/staff.html", {"form": form, "staff": found}, status=422 if form.errors else 200)


@only_for(Role.ADMINISTRATOR)
@require_POST
@fresh_proof(staff_passkey=True)
def agree(request: Visit, nomination_id: UUID) -> HttpResponse:
    """Agrees to what another administrator proposed; somebody new gets a paper."""
    code = staffing.agree(actor=request.actor, nomination_id=nomination_id)
    if code:
        return _paper(request, code, _("the new administrator"))
    messages.success(request, _("The role is changed. This person signs in anew."))
    return redirect("welcoming:staff")


@only_for(Role.ADMINISTRATOR)
@require_POST
@fresh_proof(staff_passkey=True)
def act_on_staff(request: Visit, handle: str, act: str) -> HttpResponse:
    """What was pressed beside a colleague."""
    if act == "role":
        staffing.propose_role(actor=request.actor, handle=handle)
        messages.success(request, _("Proposed. Nothing happens until another administrator agrees."))
        return redirect("welcoming:staff")
    account = staffing.account_of(handle)
    if act == "again":
        return _paper(request, invite_again(actor=request.actor, account=account), _("your colleague"))
    if act not in set(Act) - {Act.DIED}:
        raise Http404
    directing.direct(actor=request.actor, account=account, act=Act(act))
    messages.success(request, _("Done, and written into the log."))
    return redirect("welcoming:staff")


def _paper(request: Visit, code: str, name: str) -> HttpResponse:
    return render(request, "welcoming/paper.html", {"code": code, "name": name, "back": "welcoming:staff"})
