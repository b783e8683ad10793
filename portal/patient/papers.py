"""One's own files: bringing one, looking at one, taking the original, taking out what one brought oneself."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.categories import Category
from portal.acting import Visit
from portal.audiences import only_for
from portal.filing.forms import FileForm
from portal.filing.names import name_of_professional
from portal.filing.originals import send_original
from portal.filing.seeing import show_document
from portal.filing.taking import take
from portal.filing.telling import tell
from portal.uploading import takes_files
from records.asking_papers import Asked, brought, decline, read_papers
from records.identity import find_own
from records.receiving import Upload, begin_upload
from records.removing import remove_own


def _begin(request: Visit) -> Upload:
    """The drawer of a file is said in the form, perhaps after the file: until then it lies where nobody else looks."""
    dossier_id = find_own(request.actor).id
    return begin_upload(actor=request.actor, dossier_id=dossier_id, category=Category.PERSONAL_NOTES)


@takes_files(_begin)
@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
def add(request: Visit) -> HttpResponse:
    """Bring a file or a photo: category, date, title; perhaps one that a professional asked for (``?for=``)."""
    ref, wanted = find_own(request.actor), _wanted(request)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    category = wanted.category if wanted else request.GET.get("category", "")
    form = FileForm(*posted, categories=Category, initial={"day": timezone.localdate(), "category": category})
    if form.is_valid() and (report := take(request.actor, ref.id, form, {"display": _("The patient")})):
        if wanted is not None:
            brought(actor=request.actor, request_id=wanted.request_id)
        tell(request, report)
        return redirect("patient:category", form.cleaned_data["category"])
    who = name_of_professional(wanted.professional) if wanted else ""
    return render(request, "patient/file_add.html", {"form": form, "wanted": wanted, "who": who})


@require_safe
@only_for(Role.PATIENT)
def asked(request: Visit) -> HttpResponse:
    """Documents that professionals ask for."""
    lines = [(one, name_of_professional(one.professional)) for one in read_papers(actor=request.actor)]
    return render(request, "patient/papers_asked.html", {"lines": lines})


@require_POST
@only_for(Role.PATIENT)
def refuse(request: Visit, request_id: UUID) -> HttpResponse:
    """Not to bring a document that was asked for."""
    decline(actor=request.actor, request_id=request_id)
    messages.success(request, _("The professional is told that you do not bring it. No reason is given."))
    return redirect("papers:asked")


def _wanted(request: Visit) -> Asked | None:
    """The request that waits for this file, when the address names one."""
    name = request.GET.get("for", "")
    if not name:
        return None
    waiting = (one for one in read_papers(actor=request.actor) if not one.answer)
    return next((one for one in waiting if str(one.request_id) == name), None)


@require_safe
@only_for(Role.PATIENT)
def file(request: Visit, document_id: UUID) -> HttpResponse:
    """A document as pictures of its pages, with their text."""
    return show_document(request, document_id, "patient/file.html")


@require_safe
@only_for(Role.PATIENT)
def original(request: Visit, document_id: UUID) -> HttpResponseBase:
    """The document itself, to download."""
    return send_original(request, document_id)


@require_POST
@only_for(Role.PATIENT)
def remove(request: Visit, record_id: UUID) -> HttpResponse:
    """Take out a document that one brought oneself."""
    category = remove_own(actor=request.actor, record_id=record_id, confirmed="confirmed" in request.POST)
    messages.success(request, _("Your document is deleted. The log keeps that it was there, and not what it said."))
    return redirect("patient:category", category)
