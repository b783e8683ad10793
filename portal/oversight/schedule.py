"""When the alerts are counted, for ``portal.celery`` to hand to beat (seconds)."""

from __future__ import annotations

from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    "follow-the-alerts": {
        "task": "oversight.follow_alerts",
        "schedule": 60.0,
        # What waited longer is stale: the next run does its work.
        "options": {"queue": "bulk", "expires": 54.0},
    },
}
