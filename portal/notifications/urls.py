"""Addresses of the letters, under ``/letters/``."""

from django.urls import path

from portal.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.letters, name="letters"),
    path("read/", views.mark_read, name="mark_read"),
    path("<uuid:letter_id>/read/", views.mark_read, name="mark_one"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/words/", views.other_words, name="other_words"),
    path("preferences/<slug:kind>/", views.preview, name="preview"),
]
