"""Addresses of the emergencies that a reviewing doctor reads, under ``/pro/reviews/``."""

from django.urls import path

from portal.professional import reviews

app_name = "reviewing"

urlpatterns = [
    path("", reviews.reviews, name="list"),
    path("<uuid:emergency_id>/", reviews.reason, name="reason"),
    path("<uuid:emergency_id>/verdict/", reviews.verdict, name="verdict"),
]
