"""Backups as a Django application: two commands, no model."""

from __future__ import annotations

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Gives ``manage.py backup`` and ``manage.py restore``."""

    name = "portal.backups"
    label = "backups"
