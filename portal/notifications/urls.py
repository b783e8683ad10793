"""Addresses of the letters, under ``/letters/``."""

from django.urls import path

from portal.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.letters, name="letters"),
    path("read/", views.mark_read, name="mark_read"),
]
