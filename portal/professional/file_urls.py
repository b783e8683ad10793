"""Addresses of patients' files as professionals use them, under ``/pro/files/``."""

from django.urls import path

from portal.professional import papers

app_name = "filing"

urlpatterns = [
    path("for/<uuid:dossier_id>/add/", papers.add, name="add"),
    path("for/<uuid:dossier_id>/ask/", papers.ask, name="ask"),
    path("<uuid:document_id>/", papers.file, name="file"),
    path("<uuid:document_id>/original/", papers.original, name="original"),
]
