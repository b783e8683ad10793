"""The demo as a Django application: a command, no model."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Gives ``manage.py seed_demo``."""

    name = "portal.demo"
    label = "demo"
