"""Addresses of the entrance."""

from __future__ import annotations

from django.urls import path

from portal.entrance import advice, views

app_name = "entrance"

urlpatterns = [
    path("never/", views.never, name="never"),
    path("never/report/", views.report, name="report"),
    path("privacy/", views.legal, {"page": "privacy"}, name="privacy"),
    path("accessibility/", views.legal, {"page": "accessibility"}, name="accessibility"),
    path("hosting/", views.legal, {"page": "hosting"}, name="hosting"),
    path("callback/", views.call_back, name="call_back"),
    path("advice/", advice.queue, name="queue"),
    path("advice/<uuid:call_id>/done/", advice.done, name="call_done"),
    path("advice/messages/", advice.reported, name="reports"),
    path("advice/messages/<uuid:report_id>/", advice.answer, name="report_answer"),
]
