"""When copies are picked up again and destroyed, for ``portal.celery`` to hand to beat (seconds)."""

from __future__ import annotations

from typing import Any


def _every(seconds: float, task: str) -> dict[str, Any]:
    # What waited longer than a beat is stale: the next one does its work.
    return {"task": task, "schedule": seconds, "options": {"queue": "bulk", "expires": 0.9 * seconds}}


BEAT: dict[str, dict[str, Any]] = {
    "pick-up-copies": _every(120.0, "takeaway.pick_up"),
    "destroy-old-copies": _every(300.0, "takeaway.sweep"),
}
