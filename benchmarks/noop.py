"""A task that does nothing: how fast a worker can be here at all."""

from __future__ import annotations

from portal.celery import app


@app.task(name="benchmarks.noop")
def noop() -> None:
    """Nothing."""
