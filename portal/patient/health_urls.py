"""Addresses of one's health on one page, under ``/record/health/``."""

from django.urls import path

from portal.patient import health, measures

app_name = "health"

urlpatterns = [
    path("summary/", health.summary, name="summary"),
    path("card/", health.card, name="card"),
    path("vaccinations/", health.vaccinations, name="vaccinations"),
    path("measures/", measures.measures, name="measures"),
    path("measures/add/", measures.add, name="measure_add"),
    path("measures/<uuid:record_id>/remove/", measures.remove, name="measure_remove"),
]
