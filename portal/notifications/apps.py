"""The Django application of the letters."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registered under the label that its migrations and tables carry."""

    name = "portal.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
