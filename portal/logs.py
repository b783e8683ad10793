"""Log lines that hold fields and never values.

A message that a library formats may carry a name, a path or a row of the database ("Key
(email)=(…) already exists"). So the arguments and the text of exceptions are never printed: a line
is a JSON object with the template of the message, in which only numbers are filled in, the listed
fields, and the place of an exception. JSON also keeps a line break in a value from starting a line of its own.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType

# Fields that a log call may add with extra={…}: numbers and identifiers only.
ALLOWED = ("status", "route", "request_id", "task_id", "task", "count", "seconds", "port", "version")

_PLACEHOLDER = re.compile(r"%[-+ #0-9.*]*[a-zA-Z]")
_LONGEST_NUMBER = 10**6


class FieldsFormatter(logging.Formatter):
    """Format a record as one JSON object of allowed fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without any argument of the message."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record)[:200],
        }
        line |= _request_fields(record)
        if isinstance(record.args, dict) and record.name.startswith("celery."):
            # The name of a task is ours; its arguments are not shown.
            line["task"] = str(record.args.get("name", ""))[:64]
        line |= {name: str(getattr(record, name))[:64] for name in ALLOWED if name in record.__dict__}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _chain(record.exc_info[1])
            line["frames"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True)


def _message(record: logging.LogRecord) -> str:
    """The template; numbers are shown unless they are long enough to name somebody (an INS has 15 digits)."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and record.msg == str(error):
        # Django logs what it suspects by the words of the exception, which quote the request.
        return type(error).__name__
    shown = iter(record.args if isinstance(record.args, tuple) else ())
    return _PLACEHOLDER.sub(lambda placeholder: _number(next(shown, placeholder[0])), record.msg)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and abs(value) < _LONGEST_NUMBER else "…"


def _request_fields(record: logging.LogRecord) -> dict[str, object]:
    """Django's request records: the route instead of the address, which a person may have typed."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    found: dict[str, object] = {}
    if "status_code" in record.__dict__:
        found["status"] = record.__dict__["status_code"]
    if match is not None:
        found["route"] = match.view_name
    return found


def _chain(error: BaseException | None) -> list[str]:
    names: list[str] = []
    while error is not None and len(names) < 5:
        names.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return names


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-12:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
