"""Addresses for machines."""

from django.urls import path

from portal.watching import views

app_name = "watching"

urlpatterns = [
    path("health/live/", views.live, name="live"),
    path("health/ready/", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
]
