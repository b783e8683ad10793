"""Web servers to measure, with what production gives them: collected static files, a pool of connections."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.house import House
from benchmarks.page_world import DRAWER, Reader

BASE = Path(__file__).resolve().parents[1]
_SECONDS = 60


def environment(house: House, port: int) -> dict[str, str]:
    """The demo's profile, which has the pool and the collected files of production, on plain http."""
    return os.environ | {
        "CARNET_PROFILE": "demo",
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost",
        "DATA_FOLDER": str(house.folder / "data"),
        "STATIC_ROOT": str(house.folder / "static"),
        "BENCH_DATABASE": house.superuser_url,
        "PYTHONPATH": str(BASE),
    }


def collect(house: House) -> None:
    """Put the static files where a server of :func:`environment` looks for them."""
    (house.folder / "data").mkdir(exist_ok=True)
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, check=True, cwd=BASE, env=environment(house, 8000))  # noqa: S603 - our own program


@contextmanager
def running(command: Sequence[str], given: Mapping[str, str], port: int, reader: Reader) -> Iterator[int]:
    """A server that answers the page; its port. It is ended afterwards, with its workers."""
    process = subprocess.Popen(command, cwd=BASE, env=given, start_new_session=True)  # noqa: S603 - our own programs
    try:
        _wait(process, port, reader)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def request_of(reader: Reader, port: int) -> bytes:
    """The request of a browser for the record list."""
    fields = (
        f"GET /record/{DRAWER}/ HTTP/1.1", f"Host: localhost:{port}",
        "User-Agent: Mozilla/5.0 (X11; Linux) Firefox/140.0",
        "Accept: text/html", "Accept-Language: fr", "Connection: keep-alive", f"Cookie: session={reader.session}",
    )  # fmt: skip
    return "\r\n".join((*fields, "", "")).encode()


def _wait(process: subprocess.Popen[bytes], port: int, reader: Reader) -> None:
    address = f"http://localhost:{port}/record/{DRAWER}/"
    asked = urllib.request.Request(address, headers={"Cookie": f"session={reader.session}"})
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own server
                if answer.status == 200 and answer.url == address:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    raise SystemExit(f"no page at {address} within {_SECONDS} s: {' '.join(map(str, process.args))}")
