"""One run of the demo in a folder of its own, driven as a person would: by its commands and its pages."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from portal.env import read_variables
from portal.running.folder import DataFolder

BASE = Path(__file__).resolve().parent.parent.parent
_SECONDS_TO_OPEN = 180
_SECONDS_TO_STOP = 60


@dataclass(eq=False)
class RunningHouse:
    """Carnet in ``folder``, answering at ``url``."""

    folder: DataFolder
    port: int
    process: subprocess.Popen[str]
    output: Path

    @property
    def url(self) -> str:
        """The address that `make run` prints."""
        return f"http://localhost:{self.port}"

    @classmethod
    def open(cls, path: Path) -> RunningHouse:
        """Start it and wait until it says that it is ready.

        Raises:
            AssertionError: it ended or did not become ready in time; the message holds what it printed.
        """
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            port = trial.getsockname()[1]
        output = path.with_suffix(".output")
        environment = {name: value for name, value in os.environ.items() if not _is_ours(name)}
        environment |= {"PORT": str(port), "DATA_FOLDER": str(path)}
        with output.open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, "-m", "portal.running"],
                cwd=BASE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                text=True,
            )
        house = cls(DataFolder(path), port, process, output)
        house._wait_until_ready()
        return house

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _SECONDS_TO_OPEN
        while time.monotonic() < deadline and self.process.poll() is None:
            if "stop with Ctrl-C" in self.output.read_text():
                return
            time.sleep(0.1)
        raise AssertionError(f"the house did not open:\n{self.output.read_text()[-3000:]}")

    def stop(self) -> str:
        """Press Ctrl-C; what was printed in all."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_SECONDS_TO_STOP)
        return self.output.read_text()

    @property
    def variables(self) -> dict[str, str]:
        """The variables it left for `manage.py`."""
        return read_variables(self.folder.environment)

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this house runs with."""
        return {name: value for name, value in os.environ.items() if not _is_ours(name)} | self.variables

    def manage(self, *arguments: str | Path, expect: int = 0) -> str:
        """Run `manage.py`; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=BASE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, (
            f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
        return done.stdout + done.stderr

    def code(self, login: str) -> str:
        """The next one-time code of a demo person; waits while it is too early for it."""
        for _ in range(90):
            printed = self.manage("demo_code", login)
            if "works in" not in printed:
                return re.search(r"\d{6}", printed)[0]
            time.sleep(1)
        raise AssertionError(f"no code for {login}: {printed}")


def _is_ours(name: str) -> bool:
    """Variables of the test session, which would lead the demo to the tests' own servers."""
    return name in {
        *("CARNET_PROFILE", "DJANGO_SETTINGS_MODULE", "SITE_URL", "SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL"),
        "DATABASE_SEQUENCER_URL",
        *("REDIS_URL", "KEYRING_FILE", "AUDIT_ORIGIN", "AUDIT_SIGNING_KEY_FILE", "DATA_FOLDER", "PORT"),
    }
