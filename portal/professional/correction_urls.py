"""Addresses of corrections that patients ask of an author, under ``/pro/corrections/``."""

from django.urls import path

from portal.professional import corrections

app_name = "correcting"

urlpatterns = [
    path("", corrections.corrections, name="list"),
    path("<uuid:correction_id>/", corrections.correction, name="answer"),
    path("of/<uuid:record_id>/<int:revision>/", corrections.version, name="version"),
]
