"""Addresses of corrections asked for, and of versions that were replaced, under ``/record/corrections/``."""

from django.urls import path

from portal.patient import corrections

app_name = "corrections"

urlpatterns = [
    path("", corrections.corrections, name="list"),
    path("<uuid:record_id>/", corrections.ask, name="ask"),
    path("<uuid:record_id>/<int:revision>/", corrections.version, name="version"),
]
