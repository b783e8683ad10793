"""Addresses of the administrators' pages, under ``/administration/``."""

from django.urls import path

from portal.administration import undelivered, views

app_name = "administration"

urlpatterns = [
    path("", views.log, name="log"),
    path("integrity/", views.integrity, name="integrity"),
    path("integrity/verify/", views.verify_now, name="verify"),
    path("letters/", undelivered.undelivered, name="undelivered"),
]
