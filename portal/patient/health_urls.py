"""Addresses of one's health on one page, under ``/record/health/``."""

from django.urls import path

from portal.patient import health

app_name = "health"

urlpatterns = [
    path("summary/", health.summary, name="summary"),
    path("card/", health.card, name="card"),
    path("vaccinations/", health.vaccinations, name="vaccinations"),
]
