"""The application of questioned accesses."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Registered under the label that its migrations and tables carry."""

    name = "portal.oversight"
    label = "oversight"
