"""A real browser against a real web server, on the database of the test.

The server is the one of production (Granian), in its own process, and connects as the application
role; the sequencer runs beside it. A page that raises a script error or breaks the content policy
fails its test.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.running.launching import granian_options
from tests import chromium
from tests.conftest import Database
from tests.whole.running import RunningHouse

BASE = Path(__file__).resolve().parent.parent.parent
_SECONDS = 30


@dataclass(frozen=True)
class Site:
    """Where the pages of this test are served, and on which database."""

    url: str
    database: Database


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once per session."""
    program = chromium.find()
    if program is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root; the pages are ours.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """Carnet with its demo people, opened once for the tests that only look at it or write in records of their own."""
    house = RunningHouse.open(tmp_path_factory.mktemp("seen") / "carnet")
    yield house
    house.stop()


@pytest.fixture
def site(db: Database, redis_url: str, test_folder: Path) -> Iterator[Site]:
    """The web and the sequencer on the database of the test; ask for your data before it, or after."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SITE_URL": f"http://localhost:{port}",
        "DATABASE_URL": db.app_url,
        "DATABASE_SEQUENCER_URL": db.sequencer_url,
        "REDIS_URL": redis_url,
    }
    commands = [
        [sys.executable, "-m", "granian", *granian_options(port), "--workers", "1", "portal.wsgi:application"],
        [sys.executable, "manage.py", "run_sequencer"],
    ]
    with (test_folder / f"site-{port}.log").open("ab") as log:
        running = [
            subprocess.Popen(command, cwd=BASE, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            for command in commands
        ]
    try:
        _wait_until_open(port, running[0], Path(log.name))
        yield Site(f"http://localhost:{port}", db)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(_SECONDS)


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A fresh browser profile, in French, whose base address is the site."""
    context = browser.new_context(base_url=site.url, locale="fr-FR", timezone_id="Europe/Paris")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test if a script fails or the content policy refuses something."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    assert complaints == []


def _wait_until_open(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"the web server does not answer:\n{log.read_text()[-2000:]}")
