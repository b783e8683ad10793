"""When the background work of the letters runs, for ``portal.celery`` to hand to beat (seconds)."""

from __future__ import annotations

from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    "follow-the-log": {
        "task": "notifications.follow_log",
        "schedule": 5.0,
        # A run that waited longer than this is stale: the next one does its work.
        "options": {"expires": 30},
    },
    "clear-expired-sessions": {
        "task": "notifications.clear_expired_sessions",
        "schedule": 3600.0,
        "options": {"expires": 1800},
    },
}
