"""Consent as a Django application."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """The room that decides."""

    name = "consent"
    verbose_name = "Consent"
