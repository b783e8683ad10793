"""The application as Django knows it."""

from django.apps import AppConfig


class EntranceConfig(AppConfig):
    """Label ``entrance``."""

    name = "portal.entrance"
    label = "entrance"
    default_auto_field = "django.db.models.BigAutoField"
