"""The addresses of the portal and three more: a desk that takes files, one that takes none, one that hands out."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import path

from consent.categories import Category
from portal.serving import document_response
from portal.uploading import takes_files
from portal.urls import *  # noqa: F403
from portal.urls import urlpatterns as portal_urls
from records.documents import open_document
from records.receiving import Upload, begin_upload


def begin(request, dossier_id: UUID) -> Upload:
    return begin_upload(actor=request.actor, dossier_id=dossier_id, category=Category.IMAGING)


@takes_files(begin)
def take(request, dossier_id: UUID) -> HttpResponse:
    return JsonResponse({"documents": [str(file.finish()) for file in request.FILES.getlist("file")]})


def ignore(request) -> HttpResponse:
    return JsonResponse({"files": [file.size for file in request.FILES.values()]})


def hand_out(request, document_id: UUID) -> HttpResponse:
    return document_response(request, open_document(actor=request.actor, document_id=document_id))


urlpatterns = [
    *portal_urls,
    path("desk/<uuid:dossier_id>/", take),
    path("desk/nothing/", ignore),
    path("desk/out/<uuid:document_id>/", hand_out),
]
