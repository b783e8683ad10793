"""Letting a professional in: find them in the public directory, say for how long, confirm."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Func, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from consent.granting import open_relationship
from consent.models import Membership, Professional
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.forms import LengthForm, NameForm
from records.identity import find_own

_SHOWN = 20
# People type names without their accents: "lefevre" finds Lefèvre.
_ACCENTS, _PLAIN = "àâäãçéèêëîïíñôöóùûüúÿ", "aaaaceeeeiiinooouuuuy"


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
def find(request: Visit) -> HttpResponse:
    """Looks for a professional by name; the name travels in the body, so that no server log keeps it."""
    form = NameForm(request.POST if request.method == "POST" else None)
    found = search(form.cleaned_data["name"]) if form.is_bound and form.is_valid() else None
    return render(request, "patient/find.html", {"form": form, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
def welcome(request: Visit, professional_id: UUID) -> HttpResponse:
    """Says what opens, and for how long; then opens the care relationship."""
    person = _working().filter(pk=professional_id).first()
    if person is None:
        raise Http404
    form = LengthForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        ref = find_own(request.actor)
        open_relationship(actor=request.actor, ref=ref, professional=person.id, until=form.until)
        messages.success(request, _("%(name)s now takes care of you in Carnet.") % {"name": person.name})
        return redirect("patient:sharing_professional", person.id)
    return render(request, "patient/welcome.html", {"form": form, "person": person})


def search(name: str) -> list[Professional]:
    """Professionals who work somewhere today and whose names hold each word of ``name``."""
    found = _working().alias(plain_family=_plain("family"), plain_given=_plain("given"))
    for word in name.lower().translate(str.maketrans(_ACCENTS, _PLAIN)).split():
        found = found.filter(Q(plain_family__contains=word) | Q(plain_given__contains=word))
    return list(found[:_SHOWN])


def _plain(field: str) -> Func:
    return Func(Lower(field), Value(_ACCENTS), Value(_PLAIN), function="translate")


def _working() -> QuerySet[Professional]:
    """Those with a place of work today, each with ``places`` (a list of memberships)."""
    live = Membership.objects.live(timezone.now()).select_related("organisation")
    here = Professional.objects.filter(memberships__in=live).distinct()
    return here.prefetch_related(Prefetch("memberships", queryset=live, to_attr="places"))
