"""Where the time of the record list goes: the whole portal in one process, with the clock around its parts.

No server and no other connection: microseconds of the middle request. A part that other people renamed is left out and
said so; shares are of the whole.
"""

from __future__ import annotations

import importlib
import io
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from benchmarks.measuring import PART, Figure, tell
from benchmarks.page_world import DRAWER, Reader

_TIMES = 300
# (what, where, name): none lies within another, but for those that say so.
_PARTS = (
    ("session, account and second factor", "django_otp.middleware:OTPMiddleware", "_verify_user_sync"),
    ("finding one's own dossier", "portal.patient.record", "find_own"),
    ("the door: decide, open, remember, commit", "records.reading", "through"),
    ("in the door: keys, facts, opening", "records.reading", "enter"),
    ("in the door: facts of the decision", "records.dossiers", "load_facts"),
    ("in the door: rows, headers opened, items", "records.reading", "page_of"),
    ("in the door: the entry", "records.attempts", "append"),
    ("in the doors: commits to disk", "django.db.backends.base.base:BaseDatabaseWrapper", "commit"),
    ("rendering", "portal.patient.record", "render"),
)


def tell_parts(readers: list[Reader]) -> None:
    """Answer the page again and again, and tell the middle of each part."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection

    connection.settings_dict["CONN_MAX_AGE"] = None
    ask = _asker(WSGIHandler(), readers)
    for number in range(30):
        ask(number)
    taken: dict[str, list[float]] = defaultdict(list)
    spent: dict[str, float] = {}
    with ExitStack() as clocks:
        for what, where, name in _PARTS:
            try:
                clocks.enter_context(_clock(what, where, name, spent))
            except (ImportError, AttributeError):
                print(f"{what}: {where} has no {name} any more, left out")
        for number in range(_TIMES):
            spent.clear()
            start = time.perf_counter()
            ask(number)
            whole = time.perf_counter() - start
            taken["the whole request, without a server"].append(whole)
            for what, seconds in spent.items():
                taken[what].append(seconds)
            outside = sum(seconds for what, seconds in spent.items() if not what.startswith("in the door"))
            taken["everything else: middleware, addresses, answer"].append(whole - outside)
    middle = statistics.median(taken["the whole request, without a server"])
    for what, each in taken.items():
        value = statistics.median(each)
        tell(Figure(goal="G10", name=what, role=PART, value=value * 1e6, unit="µs", ratio=value / middle))


def _asker(application: Callable[..., Any], readers: list[Reader]) -> Callable[[int], None]:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["localhost"]

    def ask(number: int) -> None:
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": f"/record/{DRAWER}/", "QUERY_STRING": "", "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost:8000",
            "HTTP_ACCEPT_LANGUAGE": "fr", "HTTP_COOKIE": f"session={readers[number % len(readers)].session}",
            "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
        }  # fmt: skip
        said: list[str] = []
        body = application(environ, lambda status, _fields: said.append(status))
        b"".join(body)
        body.close()
        if said != ["200 OK"]:
            raise SystemExit(f"the record list answered {said}")

    return ask


@contextmanager
def _clock(what: str, where: str, name: str, spent: dict[str, float]) -> Iterator[None]:
    module, _, attribute = where.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, attribute) if attribute else owner
    function = getattr(owner, name)

    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[what] = spent.get(what, 0.0) + time.perf_counter() - start

    with patch.object(owner, name, timed):
        yield
