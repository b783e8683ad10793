"""Addresses of the letters, under ``/letters/``."""

from django.urls import path

from portal.notifications import address_views, views

app_name = "notifications"

urlpatterns = [
    path("", views.letters, name="letters"),
    path("read/", views.mark_read, name="mark_read"),
    path("<uuid:letter_id>/read/", views.mark_read, name="mark_one"),
    path("address/", address_views.address, name="address"),
    path("address/ask/", address_views.ask, name="address_ask"),
    path("address/confirm/", address_views.confirm, name="address_confirm"),
    path("address/leave/", address_views.leave, name="address_leave"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/words/", views.other_words, name="other_words"),
    path("preferences/<slug:kind>/", views.preview, name="preview"),
]
