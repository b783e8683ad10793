"""Addresses of one's own files and of what professionals ask for, under ``/record/files/``."""

from django.urls import path

from portal.patient import papers

app_name = "papers"

urlpatterns = [
    path("add/", papers.add, name="add"),
    path("asked/", papers.asked, name="asked"),
    path("asked/<uuid:request_id>/no/", papers.refuse, name="refuse"),
    path("of/<uuid:record_id>/remove/", papers.remove, name="remove"),
    path("<uuid:document_id>/", papers.file, name="file"),
    path("<uuid:document_id>/original/", papers.original, name="original"),
]
