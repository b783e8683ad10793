"""What the demo keeps between two runs: its secrets, its servers' data, its logs.

The folder is closed to everybody else (0700) and ignored by git. Secrets are made once, all
together; a folder that lost one of them is refused instead of being filled with new ones, because
the sealed records could never be opened again.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from portal.embedded import service_account
from portal.env import DEMO_MARKER, DEMO_PREFIX

_LONGEST_SOCKET_FOLDER = 80
_PASSWORDS = ("superuser", "owner", "application", "sequencer")
_SECRETS = (*_PASSWORDS, "secret-key", "keyring.json", "audit-signing-key")
# Each start tells the server these passwords again, so that a new one loses nothing.
_TOLD_AGAIN = {"owner", "application", "sequencer"}


class RunRefused(Exception):
    """The demo cannot run here; ``str()`` is the sentence to show."""


@dataclass(frozen=True)
class DataFolder:
    """The folder ``.carnet`` and what lies where in it."""

    path: Path

    def open(self) -> int:
        """Make the folder and take its lock; the lock lasts as long as the returned descriptor.

        Raises:
            RunRefused: it cannot be written, or another run holds it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            for folder in (self.logs, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
            if service_account() is not None:
                for folder in (self._servers_home().parent, self._servers_home()):
                    folder.mkdir(exist_ok=True)
                    folder.chmod(0o711)
                # For whoever finds these files after the data folder is gone.
                (self._servers_home() / "belongs-to").write_text(f"{self.path}\n")
            (self.path / DEMO_MARKER).write_text("Everything here belongs to the demo; production refuses it.\n")
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            where = error.filename or self.path
            raise RunRefused(f"{where} cannot be written ({error.strerror}); expected a folder of yours.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(lock)
            raise RunRefused(
                f"Carnet already runs in {self.path} (process {holder}); stop it there with Ctrl-C first."
            ) from None
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return lock

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """One file per secret, 0400."""
        return self.path / "secrets"

    @property
    def processes(self) -> Path:
        """What runs, for the next run to end if this one is killed."""
        return self.path / "processes.json"

    @property
    def witness(self) -> Path:
        """The witness's key and what it remembers: its own, not the log's."""
        return self.path / "witness"

    @property
    def environment(self) -> Path:
        """The variables for `manage.py`."""
        return self.path / "environment"

    @property
    def ready(self) -> Path:
        """Written last in the first run: until then the database is made anew."""
        return self.path / "ready"

    @property
    def sockets(self) -> Path:
        """Where the servers listen; elsewhere when the path would be too long for a Unix socket."""
        inside = self._servers_home() / "run"
        if len(str(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        return Path(tempfile.gettempdir()) / f"carnet-{self._mark()}"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's home."""
        return self._servers_home() / "postgres"

    @property
    def redis(self) -> Path:
        """Redis's home."""
        return self.path / "redis"

    def _servers_home(self) -> Path:
        # Run by root, PostgreSQL has another account, which cannot pass through a folder closed
        # to everybody; opening the folders above (as the wheel itself would do) is worse.
        return self.path if service_account() is None else Path("/var/lib/carnet") / self._mark()

    def _mark(self) -> str:
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:12]

    def make_secrets(self) -> None:
        """Make the demo's secrets, once.

        Raises:
            RunRefused: some are there and some are lost.
        """
        missing = [name for name in _SECRETS if not (self.secrets / name).is_file()]
        if not missing:
            return
        lost = [name for name in missing if name not in _TOLD_AGAIN]
        if lost and self.ready.exists():
            raise RunRefused(
                f"{self.secrets / lost[0]} is missing and the records cannot be opened without it; put it back, "
                f"or remove {self.path} to begin again with new demo people."
            )
        made = {name: DEMO_PREFIX + secrets.token_hex(32) for name in (*_PASSWORDS, "secret-key")}
        version = f"local:{datetime.now(tz=UTC):%Y-%m}"
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        made["keyring.json"] = json.dumps({"current": version, "keys": {version: key}})
        made["audit-signing-key"] = base64.b64encode(secrets.token_bytes(32)).decode()
        for name in missing if self.ready.exists() else _SECRETS:
            path, text = self.secrets / name, made[name]
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
                file.write(text + "\n")

    def secret(self, name: str) -> str:
        """One of the demo's secrets."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def log(self, name: str) -> Path:
        """The log of a process; the one of the run before is kept as ``.1``."""
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return path

    def write_environment(self, variables: dict[str, str]) -> None:
        """Leave the variables for `manage.py`, readable by us alone."""
        fresh = self.environment.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        lines = ["# Written by `make run` for manage.py.", *(f"{name}={value}" for name, value in variables.items())]
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        fresh.replace(self.environment)
