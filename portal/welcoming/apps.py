"""The application as Django knows it."""

from django.apps import AppConfig


class WelcomingConfig(AppConfig):
    """Label ``welcoming``."""

    name = "portal.welcoming"
    label = "welcoming"
    default_auto_field = "django.db.models.BigAutoField"
