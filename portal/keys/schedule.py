"""When keys turn by themselves, for ``portal.celery`` to hand to beat (seconds).

Everything is on the bulk queue: a letter or a verification never waits behind a rotation for longer than one run.
"""

from __future__ import annotations

from typing import Any


def _every(seconds: float, task: str) -> dict[str, Any]:
    # What waited longer than a beat is stale: the next one does its work.
    return {"task": task, "schedule": seconds, "options": {"queue": "bulk", "expires": 0.9 * seconds}}


BEAT: dict[str, dict[str, Any]] = {
    "carry-on-turning-keys": _every(60.0, "keys.carry_on"),
    "turn-keys-of-a-year": _every(3600.0, "keys.turn_yearly"),
    "turn-house-keys": _every(600.0, "keys.turn_house"),
    "shred-what-is-over": _every(3600.0, "keys.shred_expired"),
    "sweep-documents": _every(3600.0, "keys.sweep_documents"),
    "destroy-former-keys": _every(600.0, "keys.destroy_ripe"),
}
