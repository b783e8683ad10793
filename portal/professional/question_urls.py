"""Addresses of the accesses that a professional is asked to explain, under ``/pro/questions/``."""

from django.urls import path

from portal.professional import questions

app_name = "explaining"

urlpatterns = [
    path("", questions.questions, name="list"),
    path("<uuid:case_id>/", questions.answer, name="answer"),
]
