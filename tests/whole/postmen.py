"""The processes that carry letters, as `make run` starts them, and the ways in which a test breaks them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from portal import embedded
from tests.portal.notifications.relay import Relay

BASE = Path(__file__).resolve().parent.parent.parent
_CELERY = [sys.executable, "-m", "celery", "--app", "portal.celery"]
_QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
WORKER = [*_CELERY, "worker", "--concurrency", "1", *_QUIET]
BEAT = [*_CELERY, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "INFO", "--pidfile="]


@dataclass
class Postmen:
    """A Redis of their own, workers, two beats, and the process that needs neither."""

    folder: Path
    environment: dict[str, str]
    cache: embedded.Redis
    redis: subprocess.Popen[bytes]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start one part; its log goes on where it was."""
        command = {"worker": [*WORKER, "--hostname", f"{name}@test"], "beat": BEAT}.get(
            name.split("-")[0], [sys.executable, "manage.py", "run_letters"]
        )
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=BASE, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """End a part and its children with SIGKILL, as the kernel does when memory runs out."""
        process = self.processes.pop(name)
        for one in [*_children(process.pid), process]:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
        process.wait()

    def kill_child(self, name: str) -> None:
        """End what works inside a worker; the worker itself notices."""
        for child in _children(self.processes[name].pid):
            with contextlib.suppress(psutil.Error):
                child.kill()

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.cache.socket))

    def flush(self) -> None:
        with contextlib.suppress(redis.RedisError):
            self.client().flushall()

    def restart_redis(self, away: float) -> None:
        self.redis.kill()
        self.redis.wait()
        time.sleep(away)
        self.redis = self.cache.start()

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        embedded.stop(self.redis, signal.SIGTERM)


@contextlib.contextmanager
def postmen(folder: Path, app_url: str, relay: Relay, names: list[str]) -> Iterator[Postmen]:
    """Everything that carries letters, on this database and this relay."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = embedded.Redis(folder / "redis", folder / "r", durable=False)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "CARNET_PROFILE": "test",
        "DATABASE_URL": app_url,
        "REDIS_URL": cache.url,
        "MAIL_SERVER": f"smtp://127.0.0.1:{relay.port}",
        "MAIL_FROM": "carnet@example.fr",
        "SMS_PROVIDER": "sink",
    }
    for name in ("DATABASE_OWNER_URL", "DATABASE_SEQUENCER_URL"):
        environment.pop(name, None)
    running = Postmen(folder, environment, cache, cache.start())
    try:
        for name in names:
            running.start(name)
        yield running
    finally:
        running.stop()


@dataclass
class Weather:
    """One bad thing after the other, in an order that ``seed`` decides."""

    postmen: Postmen
    relay: Relay
    seed: int
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._coming: list[str] = []

    def strike(self) -> None:
        """Break one thing; each of them comes before any comes again."""
        if not self._coming:
            self._coming = ["flush", "redis", "worker", "child", "letters", "slow", "busy", "silent", "closed", "fair"]
            self._random.shuffle(self._coming)
        what = self._coming.pop()
        self.happened.append(what)
        getattr(self, f"_{what}")()

    def clear(self) -> None:
        """Everything works again."""
        self._fair()

    def _flush(self) -> None:
        self.postmen.flush()

    def _redis(self) -> None:
        self.postmen.restart_redis(away=self._random.uniform(0.2, 2))

    def _worker(self) -> None:
        self._again(self._random.choice([name for name in self.postmen.processes if name.startswith("worker")]))

    def _letters(self) -> None:
        self._again("letters")

    def _child(self) -> None:
        self.postmen.kill_child(self._random.choice([n for n in self.postmen.processes if n.startswith("worker")]))

    def _again(self, name: str) -> None:
        self.postmen.kill(name)
        self.postmen.start(name)

    def _slow(self) -> None:
        self.relay.slow = 0.3

    def _busy(self) -> None:
        self.relay.refuse_data = self._random.choice(["451 try later", "452 full"])

    def _silent(self) -> None:
        self.relay.drop_after_data = True

    def _closed(self) -> None:
        self.relay.greeting = "421 not now"

    def _fair(self) -> None:
        self.relay.slow, self.relay.refuse_data, self.relay.greeting = 0.0, "", "220 relay"
        self.relay.drop_after_data = False


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
