"""What can be seen of Redis from outside: whether it answers, and how long its queues are."""

from __future__ import annotations

import json
from dataclasses import dataclass

import redis
from django.conf import settings
from django.utils import timezone

from portal.notifications.kinds import Urgency

_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Queue:
    """Waiting messages, and for how many seconds the oldest of them has waited."""

    length: int
    age: float | None


def answers() -> bool:
    """Whether Redis is there."""
    try:
        with _client() as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def queues() -> dict[str, Queue] | None:
    """Each queue by its name, or ``None`` while Redis is away."""
    try:
        with _client() as client:
            return {urgency.value: _queue(client, urgency.value) for urgency in Urgency}
    except redis.RedisError:
        return None


def _queue(client: redis.Redis, name: str) -> Queue:
    # Celery pushes on the left and takes from the right.
    return Queue(int(client.llen(name)), _age(client.lindex(name, -1)))


def _age(message: bytes | str | None) -> float | None:
    """The age that the header of a message tells; what is no message of ours has none."""
    try:
        queued_at = float(json.loads(message or b"")["headers"]["queued_at"])
    except (ValueError, KeyError, TypeError):
        return None
    return max(0.0, timezone.now().timestamp() - queued_at)


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
