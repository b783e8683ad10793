"""Keeping somebody out: a person or a whole organisation, of everything or of what one author wrote."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from consent.explaining import read_sharing
from consent.granting import Invalid, oppose
from consent.models import Professional
from portal.acting import Visit
from portal.audiences import only_for
from portal.directory import search, working
from portal.patient.forms import NameForm
from records.on_behalf import find_dossier

_PERSON = "person"


class OppositionForm(forms.Form):
    """Who is kept out, and of what."""

    who = forms.ChoiceField(label=gettext_lazy("Who sees nothing"), widget=forms.RadioSelect, initial=_PERSON)
    author = forms.ChoiceField(
        label=gettext_lazy("Of what"),
        required=False,
        help_text=gettext_lazy("Everything, or only what one professional wrote."),
    )

    def __init__(self, *args: object, person: Professional, authors: dict[UUID, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        places = [(str(each.organisation_id), each.organisation.name) for each in person.places]  # type: ignore[attr-defined]
        team = _("Everybody who works at %(place)s")
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (_PERSON, person.name),
            *((id_, team % {"place": name}) for id_, name in places),
        ]
        only = _("Only what %(name)s wrote")
        self.fields["author"].choices = [  # type: ignore[attr-defined]
            ("", _("My whole record")),
            *((str(id_), only % {"name": name}) for id_, name in authors.items()),
        ]

    @property
    def organisation(self) -> UUID | None:
        """The organisation, when all of it is kept out. Read it after ``is_valid()``."""
        who = self.cleaned_data["who"]
        return None if who == _PERSON else UUID(who)

    @property
    def of(self) -> UUID | None:
        """The author, when it is only about what they wrote. Read it after ``is_valid()``."""
        author = self.cleaned_data["author"]
        return UUID(author) if author else None


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def find(request: Visit) -> HttpResponse:
    """Looks for whom to keep out; the name travels in the body. ``author`` says whose writing it is about."""
    form = NameForm(request.POST if request.method == "POST" else None)
    found = search(form.cleaned_data["name"]) if form.is_bound and form.is_valid() else None
    author = _author(request)
    return render(request, "patient/oppose_find.html", {"form": form, "found": found, "author": author})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def opposing(request: Visit, professional_id: UUID) -> HttpResponse:
    """Says what an opposition does; then records it."""
    person = working().filter(pk=professional_id).first()
    if person is None:
        raise Http404
    ref = find_dossier(request.actor)
    author = _author(request)
    known = [each.person for each in read_sharing(actor=request.actor, ref=ref).professionals]
    authors = {each.id: each.name for each in known}
    if author is not None:
        authors[author.id] = author.name
    form = OppositionForm(
        request.POST if request.method == "POST" else None,
        person=person,
        authors=authors,
        initial={"who": _PERSON, "author": str(author.id) if author else ""},
    )
    if form.is_bound and form.is_valid():
        whom = {"organisation": form.organisation} if form.organisation else {"professional": person.id}
        try:
            oppose(actor=request.actor, ref=ref, author=form.of, **whom)
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("Your opposition is recorded. It holds from the next page they open."))
            return redirect("patient:sharing")
    return render(request, "patient/oppose.html", {"form": form, "person": person})


def _author(request: Visit) -> Professional | None:
    """Whose writing it is about, when the page was reached from a document."""
    try:
        return Professional.objects.filter(pk=UUID(request.GET.get("author", ""))).first()
    except ValueError:
        return None
