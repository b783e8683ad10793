"""The app of the wall: migrations, no models."""

from django.apps import AppConfig


class WallConfig(AppConfig):
    """Found by its full name; its label is ``wall``."""

    name = "portal.wall"
    label = "wall"
