"""What a browser says of itself, brought to a few words (pure): enough to know one's own device again."""

from __future__ import annotations

# The first that fits: most browsers also claim to be the ones before them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """The name of the browser, or nothing."""
    return next((name for mark, name in _BROWSERS if mark in agent), "")


def system_of(agent: str) -> str:
    """The name of the system, or nothing."""
    return next((name for mark, name in _SYSTEMS if mark in agent), "")
