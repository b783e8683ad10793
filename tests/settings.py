"""The settings under test: Carnet's own, with variables that lead to a throw-away folder.

Used by pytest and by the tools that only need models (mypy, makemigrations). Nothing is created
here; ``tests/conftest.py`` fills the folder. A child process inherits the variables.
"""

import os
import tempfile
from pathlib import Path

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if os.environ.get("CARNET_TEST_WORKER", "") != _WORKER:
    # A parallel worker inherits what its parent set here, and would share its folder, keys and servers.
    for name in os.environ.pop("CARNET_TEST_SET", "").split():
        del os.environ[name]
    os.environ["CARNET_TEST_WORKER"] = _WORKER
_given = set(os.environ)

# The folder is short because the path of a Unix socket may not pass 107 bytes.
FOLDER = Path(os.environ.setdefault("CARNET_TEST_FOLDER", f"{tempfile.gettempdir()}/carnet-test-{os.getpid()}"))
SOCKETS = FOLDER / "run"

os.environ.setdefault("CARNET_PROFILE", "test")
# Playwright keeps an event loop in the thread of the tests, which Django takes for ours.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
if os.environ["CARNET_PROFILE"] == "test":
    for name, value in {
        "SITE_URL": "http://localhost:8000",
        "DATA_FOLDER": str(FOLDER),
        "SECRET_KEY": "test-" + "0" * 60,
        "DATABASE_URL": f"postgresql://carnet_app:test-app@/carnet?host={SOCKETS}",
        "DATABASE_OWNER_URL": f"postgresql://carnet_owner:test-owner@/carnet?host={SOCKETS}",
        "DATABASE_SEQUENCER_URL": f"postgresql://carnet_sequencer:test-sequencer@/carnet?host={SOCKETS}",
        "REDIS_URL": f"unix://{SOCKETS}/redis.sock?db=0",
        "KEYRING_FILE": str(FOLDER / "keyring.json"),
        "AUDIT_ORIGIN": "localhost/carnet-test",
        "AUDIT_SIGNING_KEY_FILE": str(FOLDER / "audit-signing-key"),
    }.items():
        os.environ.setdefault(name, value)
if set(os.environ) - _given:
    os.environ["CARNET_TEST_SET"] = " ".join(sorted(set(os.environ) - _given))

from portal.settings import *  # noqa: E402, F403
