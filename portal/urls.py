"""Every address of the house."""

from __future__ import annotations

from django.urls import path

from portal.ui import views as ui

urlpatterns = [
    path("", ui.front_step, name="home"),
]

handler400 = "portal.refusals.bad_request"
handler403 = "portal.refusals.forbidden"
handler404 = "portal.refusals.not_found"
handler500 = "portal.refusals.server_error"
