"""The order in which the demo starts: folder, servers, preparation, processes, and one page of text."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from portal import roles
from portal.embedded import Postgres, Redis, ServerRefused
from portal.env import Environment, SettingsRefused
from portal.running.folder import DataFolder, RunRefused
from portal.running.supervisor import Part, Supervisor, end_leftovers
from portal.running.witnessing import free_port, witness_command, witness_key

BASE = Path(__file__).resolve().parent.parent.parent
_DATABASE = "carnet"
_ORIGIN = "localhost/carnet-demo"
_SECONDS_TO_ANSWER = 60


def main() -> int:
    """Run the demo until Ctrl-C; 1 and one sentence when it cannot run."""
    try:
        Launch.from_environment().run()
    except (RunRefused, ServerRefused, SettingsRefused, psycopg.OperationalError) as refusal:
        print(f"Carnet: {str(refusal).strip()}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Carnet: {error.filename or 'a file'} cannot be used ({error.strerror}).", file=sys.stderr)
        return 1
    return 0


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(f"Carnet: {sentence}", flush=True)


@dataclass
class Launch:
    """One run of the demo."""

    folder: DataFolder
    port: int
    demo_people: bool
    # Given from outside: then the embedded server is not started.
    database: str | None
    owner_database: str | None
    sequencer_database: str | None
    redis: str | None

    @classmethod
    def from_environment(cls) -> Launch:
        """Read what may be chosen: ``PORT``, ``DATA_FOLDER``, ``DEMO_PEOPLE``, and servers that are not ours.

        Raises:
            SettingsRefused: a variable is wrong, or the profile is not the demo's.
        """
        env = Environment(os.environ)
        profile = env.text("CARNET_PROFILE", "demo", expected="demo")
        if profile != "demo":
            raise SettingsRefused(f"CARNET_PROFILE is {profile!r}; expected demo: production does not use `make run`.")
        database = owner = sequencer = None
        if env.has("DATABASE_URL"):
            env.database("DATABASE_URL")
            env.database("DATABASE_OWNER_URL")
            env.database("DATABASE_SEQUENCER_URL")
            database = env.secret("DATABASE_URL", expected="a connection string")
            owner = env.secret("DATABASE_OWNER_URL", expected="a connection string")
            sequencer = env.secret("DATABASE_SEQUENCER_URL", expected="a connection string")
        return cls(
            folder=DataFolder(env.path("DATA_FOLDER", BASE / ".carnet", expected="the folder of the demo")),
            port=env.integer("PORT", 8000, at_least=1, at_most=65535),
            demo_people=env.flag("DEMO_PEOPLE", default=True),
            database=database,
            owner_database=owner,
            sequencer_database=sequencer,
            redis=env.redis("REDIS_URL") if env.has("REDIS_URL") else None,
        )

    def run(self) -> None:
        """Start everything, watch until asked to stop, stop everything."""
        began = time.monotonic()
        supervisor = Supervisor(self.folder.processes, say)
        supervisor.listen_to_signals()
        lock = self.folder.open()
        for name in end_leftovers(self.folder.processes):
            say(f"ended {name}, which an interrupted run had left.")
        expect_free_port(self.port)
        self.folder.make_secrets()
        try:
            self._start(supervisor)
            if not supervisor.stopping:
                self._greet(time.monotonic() - began)
            supervisor.watch()
        finally:
            if supervisor.stopping:
                say("stopping…")
            supervisor.stop()
            os.close(lock)
        say("stopped. The data is kept; `make run` opens it again.")

    def _start(self, supervisor: Supervisor) -> None:
        first = not self.folder.ready.exists()
        variables = self._start_servers(supervisor, first=first)
        variables |= {"AUDIT_WITNESSES": self._start_witness(supervisor)}
        self.folder.write_environment(variables)
        if supervisor.stopping:
            return
        say("preparing the database and the demo people; the first time takes a minute…" if first else "starting…")
        self._prepare(supervisor, os.environ | variables, seed=self.demo_people)
        if supervisor.stopping:
            return
        self.folder.ready.touch()
        self._start_processes(supervisor, variables)

    def _start_servers(self, supervisor: Supervisor, *, first: bool) -> dict[str, str]:
        """Start what is not given from outside; the variables for everything that follows."""
        folder = self.folder
        database, owner_database, redis = self.database, self.owner_database, self.redis
        sequencer_database = self.sequencer_database
        if database is None:
            server = Postgres(folder.postgres, folder.sockets, folder.secret("superuser"))
            server.initialise()
            supervisor.add(Part("PostgreSQL", server.start, signal.SIGINT, seconds_to_stop=40))
            passwords = {name: folder.secret(name) for name in ("owner", "application", "sequencer")}
            _prepare_database(server, passwords, first=first)
            database = server.url(_DATABASE, user=roles.APPLICATION, password=passwords["application"])
            owner_database = server.url(_DATABASE, user=roles.OWNER, password=passwords["owner"])
            sequencer_database = server.url(_DATABASE, user=roles.SEQUENCER, password=passwords["sequencer"])
        if redis is None:
            cache = Redis(folder.redis, folder.sockets)
            supervisor.add(Part("Redis", cache.start))
            redis = cache.url
        return {
            "CARNET_PROFILE": "demo",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SITE_URL": f"http://localhost:{self.port}",
            "DATA_FOLDER": str(folder.path),
            "SECRET_KEY_FILE": str(folder.secrets / "secret-key"),
            "DATABASE_URL": database,
            "DATABASE_OWNER_URL": owner_database or "",
            "DATABASE_SEQUENCER_URL": sequencer_database or "",
            "REDIS_URL": redis,
            "KEYRING_FILE": str(folder.secrets / "keyring.json"),
            "AUDIT_ORIGIN": _ORIGIN,
            "AUDIT_SIGNING_KEY_FILE": str(folder.secrets / "audit-signing-key"),
        }

    def _start_witness(self, supervisor: Supervisor) -> str:
        """Start the witness with nothing of ours in its environment; what the sequencer must know of it."""
        key, port = witness_key(self.folder, BASE), free_port()
        command = witness_command(self.folder, _ORIGIN, port)
        environment = {"PATH": os.environ.get("PATH", ""), "DATA_FOLDER": str(self.folder.path)}
        start = partial(_start_command, command, environment, self.folder.log("witness"))
        supervisor.add(Part("witness", start))
        return f"{key} http://127.0.0.1:{port}"

    def _prepare(self, supervisor: Supervisor, environment: dict[str, str], *, seed: bool) -> None:
        command = [sys.executable, "-m", "portal.running.preparing", *(["--seed"] if seed else [])]
        process = subprocess.Popen(command, cwd=BASE, env=environment, start_new_session=True)  # noqa: S603 - words of ours, no shell  # nosec B603
        while process.poll() is None:
            if supervisor.stopping:
                process.terminate()
                process.wait()
                return
            time.sleep(0.05)
        if process.returncode:
            raise RunRefused("the preparation failed; the lines above say why. Nothing is lost: run it again.")

    def _start_processes(self, supervisor: Supervisor, variables: dict[str, str]) -> None:
        # The web and the worker never hold the owner's password, nor that of the role that numbers the log.
        environment = os.environ | variables
        environment.pop("DATABASE_OWNER_URL", None)
        numbering = dict(environment)
        environment.pop("DATABASE_SEQUENCER_URL", None)
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "--app", "portal.celery"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        commands = {
            "sequencer": [sys.executable, "manage.py", "run_sequencer"],
            "letters": [sys.executable, "manage.py", "run_letters"],
            "web": [*python, "granian", *granian_options(self.port), "portal.wsgi:application"],
            "worker": [*celery, "worker", "--concurrency", "1", "--hostname", "worker@carnet", *quiet],
            "beat": [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="],
        }
        for name, command in commands.items():
            given = numbering if name == "sequencer" else environment
            supervisor.add(Part(name, partial(_start_command, command, given, self.folder.log(name))))
        self._wait_for_web(supervisor)

    def _wait_for_web(self, supervisor: Supervisor) -> None:
        deadline = time.monotonic() + _SECONDS_TO_ANSWER
        while not supervisor.stopping and not _answers(self.port):
            if time.monotonic() > deadline:
                raise RunRefused(f"the web does not answer; its reasons are in {self.folder.logs / 'web.log'}.")
            time.sleep(0.05)

    def _greet(self, seconds: float) -> None:
        say(f"ready in {seconds:.0f} s at http://localhost:{self.port} — stop with Ctrl-C.")


def granian_options(port: int, *, host: str = "127.0.0.1") -> list[str]:
    """How the web server runs: a worker per core; threads enough that one serves pages while others wait for a hash.

    ``docs/decisions/granian.md`` says why, ``portal.accounts.hashing.IN_LINE`` how many may wait.
    """
    workers = str(os.cpu_count() or 1)
    return [
        *("--interface", "wsgi", "--host", host, "--port", str(port), "--workers", workers),
        *("--blocking-threads", "3", "--no-ws", "--respawn-failed-workers", "--log-level", "warning"),
    ]


def expect_free_port(port: int) -> None:
    """Raise :class:`RunRefused` if the web could not listen on ``port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            raise RunRefused(
                f"port {port} cannot be used ({error.strerror}); choose another: PORT={port % 65535 + 1} make run"
            ) from None


def _prepare_database(server: Postgres, passwords: dict[str, str], *, first: bool) -> None:
    """Roles and database; until the first run was completed the database is made anew."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as superuser:
        roles.create_roles(
            superuser,
            owner_password=passwords["owner"],
            app_password=passwords["application"],
            sequencer_password=passwords["sequencer"],
        )
        if first:
            superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_DATABASE)))
            roles.create_database(superuser, _DATABASE)
    with psycopg.connect(server.url(_DATABASE), autocommit=True) as superuser:
        roles.prepare_schema(superuser)


def _start_command(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - words of ours, no shell  # nosec B603
            command,
            cwd=BASE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches the supervisor alone, which stops the parts in order.
            start_new_session=True,
        )


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.settimeout(1)
        return trial.connect_ex(("127.0.0.1", port)) == 0
