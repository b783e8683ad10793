"""A real PostgreSQL and Redis for the tests, and a database of its own for each test.

Django's flush would break on the triggers of the log, and triggers are never switched off; so the
session migrates one template database as the owner, and every test that asks for ``db`` gets a
copy (about 45 ms) where ``default`` connects as the application role, as the web does. What a test
commits stays there and is dropped with it.

``CARNET_TEST_SERVER`` (a superuser's connection string) replaces the embedded PostgreSQL,
``CARNET_TEST_REDIS`` the embedded Redis.
"""

import base64
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psutil
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections
from django.utils import translation
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from audit.models import Entry
from audit.sequencing import sequence_once
from audit.verifying import verify_log
from portal import embedded, roles
from portal.accounts import hashing
from portal.running.translations import compile_catalogues
from tests import chromium, wall
from tests.counts import COUNTS, IS_SOAK
from tests.settings import FOLDER, SOCKETS

TEMPLATE = "carnet_template"
ALIASES = ("default", "owner", "sequencer")

# At the normal counts everybody tries the same examples, so that a failure is met again; a soak looks for new ones.
hypothesis.settings.register_profile(
    "carnet",
    max_examples=COUNTS.properties,
    derandomize=not IS_SOAK,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("carnet")


def pytest_configure() -> None:
    """Compile the catalogues: Django reads them once per process."""
    compile_catalogues()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in tests/browser; without a browser it is skipped, in CI it fails by itself."""
    browser_tests = [item for item in items if "browser" in item.path.parts or item.get_closest_marker("browser")]
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
    if browser_tests and os.environ.get("CI") != "true" and chromium.find() is None:
        for item in browser_tests:
            item.add_marker(pytest.mark.skip(reason=chromium.MISSING))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line at the end if nobody looked at the pages; a parallel worker could not print it."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if chromium.MISSING in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(f"{chromium.MISSING} {len(skipped)} tests are skipped.", red=True, bold=True)


@dataclass(frozen=True)
class Database:
    """The database of one test, with its connection strings."""

    name: str
    app_url: str
    owner_url: str
    sequencer_url: str
    superuser_url: str


@pytest.fixture(scope="session", autouse=True)
def test_folder() -> Iterator[Path]:
    """The throw-away folder of ``tests/settings.py``, with fresh keys."""
    _clear_killed_runs()
    FOLDER.mkdir(mode=0o711, parents=True, exist_ok=True)
    FOLDER.chmod(0o711)  # PostgreSQL runs as another account when the tests run as root.
    (FOLDER / "static").mkdir(exist_ok=True)
    keyring = {"current": "local:test", "keys": {"local:test": base64.b64encode(secrets.token_bytes(32)).decode()}}
    for variable, text in (
        ("KEYRING_FILE", json.dumps(keyring)),
        ("AUDIT_SIGNING_KEY_FILE", base64.b64encode(secrets.token_bytes(32)).decode() + "\n"),
    ):
        path = Path(os.environ[variable])
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o400)
    yield FOLDER
    shutil.rmtree(FOLDER, ignore_errors=True)


def _clear_killed_runs() -> None:
    """End the server and remove the folder of every earlier session that was killed."""
    for folder in FOLDER.parent.glob("carnet-test-*"):
        number = folder.name.rpartition("-")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            embedded.Postgres(folder / "postgres", folder / "run", "").end_leftover()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(test_folder: Path) -> Iterator[str]:
    """A superuser's connection string to the PostgreSQL of the session."""
    given = os.environ.get("CARNET_TEST_SERVER")
    if given:
        yield given
        return
    server = embedded.Postgres(test_folder / "postgres", SOCKETS, "test-superuser", durable=False)
    server.initialise()
    process = server.start()
    yield server.url("postgres")
    embedded.stop(process)


@pytest.fixture(scope="session")
def redis_url(test_folder: Path, server_url: str) -> Iterator[str]:
    """The address of the Redis of the session."""
    given = os.environ.get("CARNET_TEST_REDIS")
    if given:
        yield given
        return
    SOCKETS.mkdir(parents=True, exist_ok=True)
    server = embedded.Redis(test_folder / "redis", SOCKETS, durable=False)
    process = server.start()
    yield server.url
    embedded.stop(process)


def _point_django_at(name: str, server_url: str) -> None:
    """Let every alias lead to the database ``name``; the settings are shared by all threads."""
    server = conninfo_to_dict(server_url)
    for alias in ALIASES:
        connections[alias].close()
        connections.settings[alias].update(
            NAME=name, HOST=str(server.get("host", "")), PORT=str(server.get("port", "") or "")
        )
        connections[alias].settings_dict.update(connections.settings[alias])


@pytest.fixture(scope="session")
def template(server_url: str, django_db_blocker: pytest.FixtureRequest) -> str:
    """A migrated database that nobody is connected to."""
    passwords = {alias: django_settings.DATABASES[alias]["PASSWORD"] for alias in ALIASES}
    with psycopg.connect(server_url, autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        roles.create_roles(
            superuser,
            owner_password=passwords["owner"],
            app_password=passwords["default"],
            sequencer_password=passwords["sequencer"],
        )
        roles.create_database(superuser, TEMPLATE)
    with psycopg.connect(make_conninfo(server_url, dbname=TEMPLATE), autocommit=True) as superuser:
        roles.prepare_schema(superuser)
    with django_db_blocker.unblock():
        _point_django_at(TEMPLATE, server_url)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        _point_django_at("none", server_url)
    with psycopg.connect(make_conninfo(server_url, dbname=TEMPLATE), autocommit=True) as superuser:
        wall.open_gate(superuser)
    return TEMPLATE


@pytest.fixture(scope="session", autouse=True)
def _hash_without_standing_back() -> None:
    """Here nobody waits for a page: behind another worker of the tests a hash would take seconds."""
    hashing.STEPS_BACK = 0


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test begins in English, whichever language the one before it left; pages choose their own."""
    with translation.override("en"):
        yield


@pytest.fixture
def db(
    request: pytest.FixtureRequest, template: str, server_url: str, django_db_blocker: pytest.FixtureRequest
) -> Iterator[Database]:
    """A copy of the migrated database for this test alone; ``default`` is the application role.

    After the test the log is verified, whatever the test did; one that damages it says so by the marker ``tampers``.
    Tests of the audit room damage it all the time, and verify for themselves.
    """
    name = f"carnet_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as superuser:
        roles.create_database(superuser, name, template=template)
    with django_db_blocker.unblock():
        _point_django_at(name, server_url)
        wall.GATE.found.clear()
        yield Database(name, *(_url(alias) for alias in ALIASES), make_conninfo(server_url, dbname=name))
        wrong = "" if _damages_the_log(request.node) else _what_is_wrong_with_the_log()
        _point_django_at("none", server_url)
    with psycopg.connect(server_url, autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert not wrong, wrong
    assert not wall.GATE.found, wall.GATE.found


def _damages_the_log(test: pytest.Item) -> bool:
    return test.get_closest_marker("tampers") is not None or "audit" in test.path.parts


def _what_is_wrong_with_the_log() -> str:
    """What `verify_audit` would say of what the test left in the log; nothing when all is well."""
    connections["default"].close()
    if not Entry.objects.exists():
        return ""
    while sequence_once():
        pass
    report = verify_log()
    return "" if report.ok else report.sentence


def _url(alias: str) -> str:
    entry = connections.settings[alias]
    parts = {key: entry[name] for key, name in (("host", "HOST"), ("port", "PORT")) if entry[name]}
    return make_conninfo(
        "", user=entry["USER"], password=entry["PASSWORD"], dbname=entry["NAME"],
        options=entry["OPTIONS"]["options"], **parts,
    )  # fmt: skip


@pytest.fixture
def owner(db: Database) -> Iterator[psycopg.Connection]:
    """The owner of the tables, in autocommit, on the database of the test."""
    with psycopg.connect(db.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def superuser(db: Database) -> Iterator[psycopg.Connection]:
    """A superuser, in autocommit, on the database of the test: what an attacker with the server can do."""
    with psycopg.connect(db.superuser_url, autocommit=True) as connection:
        yield connection


# pytest-django's own fixtures and its marker would create and flush databases: they lead to ours.
@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Nothing to set up: ``template`` does it."""


@pytest.fixture
def _django_db_helper(db: Database) -> None:
    """What the marker ``django_db`` asks for."""


@pytest.fixture
def transactional_db(db: Database) -> Database:
    """The same database: every test may commit."""
    return db
