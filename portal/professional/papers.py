"""Files of a patient: adding one in one's own name, looking at one, taking the original."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Role
from consent.categories import Category
from consent.facts import load_facts
from consent.granting import Invalid
from portal.acting import Visit
from portal.audiences import only_for
from portal.filing.forms import FileForm, PaperForm
from portal.filing.originals import send_original
from portal.filing.seeing import show_document
from portal.filing.taking import take
from portal.filing.telling import tell
from portal.professional.composing import author_of
from portal.professional.naming import named, signature_of
from portal.professional.offering import open_to_deposit
from portal.professional.standing import age_on
from portal.uploading import takes_files
from records.asking_papers import ask_paper, read_papers
from records.identity import ref_of
from records.receiving import Upload, begin_upload


def _begin(request: Visit, dossier_id: UUID) -> Upload:
    """The drawer of a file is said in the form, perhaps after it: until then it lies in one open to its sender."""
    open_to = open_to_deposit(load_facts(request.actor, ref_of(dossier_id)))
    category = open_to[0] if open_to else Category.ADMINISTRATIVE
    return begin_upload(actor=request.actor, dossier_id=dossier_id, category=category)


@takes_files(_begin)
@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Add a file to the record, under one's name."""
    identity = named(request.actor, dossier_id)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    open_to = open_to_deposit(load_facts(request.actor, ref_of(dossier_id)))
    form = FileForm(*posted, categories=open_to, initial={"day": timezone.localdate()})
    author = author_of(signature_of(request.actor))
    if form.is_valid() and (report := take(request.actor, dossier_id, form, author)):
        tell(request, report)
        return redirect("professional:drawer", dossier_id, form.cleaned_data["category"])
    age = age_on(identity.birth_date, timezone.localdate())
    context = {"form": form, "dossier_id": dossier_id, "identity": identity, "age": age}
    return render(request, "professional/file_add.html", context)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Ask the patient for a document, and see what became of earlier requests."""
    identity = named(request.actor, dossier_id)
    form = PaperForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            ask_paper(
                actor=request.actor,
                dossier_id=dossier_id,
                category=Category(said["category"]),
                words=said["words"],
            )
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("Your request was sent. You will see the document here if it is brought."))
            return redirect("filing:ask", dossier_id)
    lines = read_papers(actor=request.actor, dossier_id=dossier_id)
    age = age_on(identity.birth_date, timezone.localdate())
    context = {"form": form, "dossier_id": dossier_id, "identity": identity, "age": age, "lines": lines}
    return render(request, "professional/paper_ask.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def file(request: Visit, document_id: UUID) -> HttpResponse:
    """A document as pictures of its pages, with their text."""
    return show_document(request, document_id, "professional/file.html")


@only_for(Role.PROFESSIONAL)
@require_safe
def original(request: Visit, document_id: UUID) -> HttpResponseBase:
    """The document itself, to download."""
    return send_original(request, document_id)
