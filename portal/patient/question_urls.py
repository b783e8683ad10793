"""Addresses of what a patient asked about accesses, under ``/accesses/questions/``."""

from django.urls import path

from portal.patient import questions

app_name = "questions"

urlpatterns = [
    path("", questions.questions, name="list"),
    path("<uuid:entry_id>/", questions.question, name="ask"),
]
