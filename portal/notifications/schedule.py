"""When the background work of the letters runs, for ``portal.celery`` to hand to beat (seconds).

Each task bears being started twice at once, so that two beats do no harm; what waited longer than
``expires`` is stale, since the next one does its work.
"""

from __future__ import annotations

from typing import Any


def _every(seconds: float, task: str, *, queue: str, expires: float) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": expires}}


BEAT: dict[str, dict[str, Any]] = {
    "follow-the-log": _every(2.0, "notifications.follow_log", queue="emergency", expires=10),
    "send-urgent-letters": _every(2.0, "notifications.send_urgent", queue="emergency", expires=4),
    "send-letters": _every(3.0, "notifications.send", queue="default", expires=10),
    "send-bulk-letters": _every(5.0, "notifications.send_bulk", queue="bulk", expires=60),
    "announce-what-the-clock-brings": _every(900.0, "notifications.announce", queue="bulk", expires=800),
    "forget-old-deliveries": _every(3600.0, "notifications.forget", queue="bulk", expires=1800),
    "clear-expired-sessions": _every(3600.0, "notifications.clear_expired_sessions", queue="bulk", expires=1800),
}
