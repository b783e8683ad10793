"""The identifiers that tie log lines together: of the request, and of the task that it asked for.

The identifier of a request is the one its entries in the log carry. It names nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request: ContextVar[str] = ContextVar("request", default="")
_task: ContextVar[str] = ContextVar("task", default="")
_task_name: ContextVar[str] = ContextVar("task_name", default="")


class TracingFilter(logging.Filter):
    """Gives every record the identifiers in force, unless it brings its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, always."""
        for field, value in (("request_id", _request.get()), ("task_id", _task.get()), ("task", _task_name.get())):
            if value and field not in record.__dict__:
                setattr(record, field, value)
        return True


@contextmanager
def during_request(request_id: object) -> Iterator[None]:
    """The identifier of the request for everything inside; a thread that serves the next one forgets it."""
    token = _request.set(str(request_id))
    try:
        yield
    finally:
        _request.reset(token)


def enter_task(task_id: str, name: str, request_id: str) -> None:
    """A task begins in this process; ``request_id`` is that of the request that asked for it, if one did."""
    _task.set(task_id)
    _task_name.set(name)
    _request.set(request_id)


def leave_task() -> None:
    """It has ended."""
    enter_task("", "", "")


def current_request() -> str:
    """The identifier of the request in force, or nothing."""
    return _request.get()
