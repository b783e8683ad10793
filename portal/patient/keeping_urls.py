"""Addresses of what a patient does with the record as a whole, under ``/record/keeping/``."""

from django.urls import path

from portal.patient import closing, copies, keeping

app_name = "keeping"

urlpatterns = [
    path("", keeping.overview, name="overview"),
    path("lock/", keeping.lock, name="lock"),
    path("copy/", copies.copy, name="copy"),
    path("copy/<uuid:copy_id>/file/", copies.download, name="download"),
    path("close/", closing.close, name="close"),
    path("closed/", closing.closed, name="closed"),
    path("closed/proof/", closing.proof, name="receipt"),
]
