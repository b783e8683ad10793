"""Addresses of a patient's health on one page, under ``/pro/health/``."""

from django.urls import path

from portal.professional import health

app_name = "caring"

urlpatterns = [
    path("<uuid:dossier_id>/summary/", health.summary, name="summary"),
    path("<uuid:dossier_id>/vaccinations/", health.vaccinations, name="vaccinations"),
    path("<uuid:dossier_id>/measures/", health.measures, name="measures"),
]
