"""Addresses of the published log, under ``/log/``: those of ``c2sp.org/tlog-tiles``."""

from django.urls import path

from portal.transparency import views

app_name = "transparency"

urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("keys", views.keys, name="keys"),
    path("tile/entries/<path:place>", views.entries, name="entries"),
    path("tile/<int:level>/<path:place>", views.tile, name="tile"),
]
