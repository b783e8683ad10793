"""Acting in a colleague's name: entrusting it, seeing what is entrusted, beginning and ending it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Role
from consent.acting import now
from consent.categories import Category
from consent.delegating import DelegationKind, delegate, end_delegation, given_by, named_by
from consent.granting import Invalid
from consent.representing import SHAREABLE
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.directory import search, working
from portal.professional.forms import SearchForm
from portal.switching import start, stop

KINDS = {
    DelegationKind.REPLACEMENT: gettext_lazy("A replacement, of the same profession"),
    DelegationKind.SECRETARY: gettext_lazy("A secretary"),
}


class DelegationForm(forms.Form):
    """As what somebody acts in one's name, in which categories, until when."""

    kind = forms.ChoiceField(
        label=gettext_lazy("This person is"), choices=[(each.value, KINDS[each]) for each in KINDS]
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        error_messages={
            "required": gettext_lazy("Choose the last day: a delegation always ends."),
            "invalid": gettext_lazy("This date does not exist. Choose another one."),
        },
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories"),
        error_messages={"required": gettext_lazy("Choose at least one category.")},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (category.value, category.label) for category in Category if category in SHAREABLE
        ]

    def end(self) -> datetime:
        """The end of the last day. Read it after ``is_valid()``."""
        day = self.cleaned_data["until"] + timedelta(days=1)
        return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: Visit) -> HttpResponse:
    """Who acts in my name, in whose name I may act; and a search for somebody to entrust. The name is posted."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    mine = request.actor.professional or UUID(int=0)
    context = {
        "form": form,
        "found": [each for each in search(form.query) if each.id != mine] if form.query else None,
        "given": given_by(mine, now()),
        "held": named_by(mine, now()),
        "kinds": KINDS,
    }
    return render(request, "professional/delegations.html", context)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(staff_passkey=True, only_if=lambda request: request.method == "POST")
def entrust(request: Visit, professional_id: UUID) -> HttpResponse:
    """Let one person act in my name."""
    person = working().filter(pk=professional_id).first()
    if person is None:
        raise Http404
    form = DelegationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            delegate(
                actor=request.actor,
                delegate=person.id,
                kind=DelegationKind(form.cleaned_data["kind"]),
                categories=[Category(each) for each in form.cleaned_data["categories"]],
                until=form.end(),
            )
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("%(name)s may now act in your name.") % {"name": person.name})
            return redirect("professional:delegations")
    return render(request, "professional/entrust.html", {"form": form, "person": person})


@only_for(Role.PROFESSIONAL)
@require_POST
def end(request: Visit, delegation_id: UUID) -> HttpResponse:
    """A delegation ends before its time."""
    end_delegation(actor=request.actor, delegation_id=delegation_id)
    messages.success(request, _("This delegation is over."))
    return redirect("professional:delegations")


@only_for(Role.PROFESSIONAL, from_any_tab=True)
@require_POST
def act(request: Visit, delegation_id: UUID) -> HttpResponse:
    """From now on, this session acts in the name of the professional who entrusted it."""
    if not start(request, delegation_id):
        raise Http404
    return redirect("professional:patients")


@only_for(Role.PROFESSIONAL, from_any_tab=True)
@require_POST
def stop_acting(request: Visit) -> HttpResponse:
    """Back to one's own name."""
    stop(request)
    messages.success(request, _("You act in your own name again."))
    return redirect("professional:delegations")
