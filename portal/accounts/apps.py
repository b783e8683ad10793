"""The application as Django knows it: its label is part of every foreign key to an account."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Label ``accounts``, fixed by ``AUTH_USER_MODEL``."""

    name = "portal.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
