"""`make run` itself: started, used, hurt, and stopped."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from portal import embedded
from portal.env import read_variables
from portal.running.folder import DataFolder

BASE = Path(__file__).resolve().parent.parent.parent


class Run:
    """One `python -m portal.running` and what it said."""

    def __init__(self, folder: DataFolder, port: int) -> None:
        self.folder, self.port = folder, port
        self.output = folder.path.parent / f"output-{time.monotonic_ns()}"
        variables = {
            "PATH": os.environ["PATH"],
            "DATA_FOLDER": str(folder.path),
            "PORT": str(port),
            "DEMO_PEOPLE": "no",
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.running"], cwd=BASE, env=variables, stdout=output, stderr=output
            )

    def says(self, sentence: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while sentence not in self.output.read_text():
            ended = self.process.poll() is not None and sentence not in self.output.read_text()
            assert not ended, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        connection.request("GET", path)
        return connection.getresponse().status

    def text(self, path: str) -> str:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = DataFolder(tmp_path_factory.mktemp("run") / ".carnet")
    yield folder
    if embedded.service_account() is not None:
        shutil.rmtree(folder.postgres.parent, ignore_errors=True)


@pytest.fixture
def run(folder):
    """Starts runs on the same data folder; none survives the test."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    runs = []

    def start() -> Run:
        runs.append(Run(folder, port))
        return runs[-1]

    yield start
    for started in runs:
        if started.process.poll() is None:
            started.stop(signal.SIGTERM)


def ours(folder):
    """The living processes of this data folder (its path, or that of its servers, is in their command or variables)."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and (
                process.environ().get("DATA_FOLDER") == str(folder.path)
                or str(folder.postgres.parent) in " ".join(process.cmdline())
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_the_life_of_a_run(run, folder):
    first = run()
    first.says("stop with Ctrl-C")
    assert first.get("/signin/") == 200
    variables = read_variables(folder.environment)

    # Who is connected: the application role, never the owner.
    with psycopg.connect(embedded_superuser(folder)) as superuser:
        users = {row[0] for row in superuser.execute("SELECT usename FROM pg_stat_activity WHERE datname = 'carnet'")}
    assert users <= {"carnet_app", "carnet_sequencer"}
    assert users
    holders = [process for process in ours(folder) if "DATABASE_OWNER_URL" in process.environ()]
    assert holders == [], "only migrations may hold the owner's password"
    holders = [process for process in ours(folder) if "DATABASE_SEQUENCER_URL" in process.environ()]
    assert {"run_sequencer"} <= {part for process in holders for part in process.cmdline()}
    assert all("run_sequencer" in process.cmdline() for process in holders), "only the sequencer may number the log"

    # The witness signs what the sequencer signed, and holds no secret of ours.
    witness = next(p for p in ours(folder) if "audit.witness" in p.cmdline())
    assert not {"SECRET_KEY_FILE", "DATABASE_URL", "AUDIT_SIGNING_KEY_FILE"} & set(witness.environ())
    remember = (
        "import django; django.setup(); from django.db import transaction; from audit.log import append; "
        "from audit.actor import Actor; from audit.events import Event\n"
        "with transaction.atomic(): append(Event.LOG_VERIFIED, actor=Actor.system('sweep'))"
    )
    subprocess.run([sys.executable, "-c", remember], cwd=BASE, env=variables, check=True, timeout=60)
    deadline = time.monotonic() + 60
    while "carnet-demo-witness" not in first.text("/log/checkpoint"):
        assert time.monotonic() < deadline, "the witness has signed nothing"
        time.sleep(0.2)

    # A second run on the same folder is told so.
    second = run()
    assert second.process.wait(20) == 1
    assert "already runs" in second.output.read_text()
    assert "Traceback" not in second.output.read_text()

    # A worker that is killed comes back.
    next(p for p in ours(folder) if {"granian", "--interface"} <= set(p.cmdline())).kill()
    first.says("web runs again.", 30)

    # Ctrl-C: everything stops, nothing is left, the port is free.
    assert first.stop(signal.SIGINT) == 0
    text = first.output.read_text()
    assert "Traceback" not in text
    assert "stopped. The data is kept" in text
    assert ours(folder) == []
    assert variables["CARNET_PROFILE"] == "demo"


def test_a_killed_run_is_cleared_away_and_the_next_is_quick(run, folder):
    first = run()
    first.says("stop with Ctrl-C")
    before = (folder.secrets / "keyring.json").read_text()
    first.stop(signal.SIGKILL)
    assert ours(folder) != []
    second = run()
    second.says("ended PostgreSQL, which an interrupted run had left.")
    second.says("stop with Ctrl-C", 60)
    assert second.get("/signin/") == 200
    assert (folder.secrets / "keyring.json").read_text() == before
    assert second.stop(signal.SIGTERM) == 0
    assert ours(folder) == []


def test_a_port_in_use_is_a_sentence(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        started = run()
        started.stop(signal.SIGKILL)
        refused = Run(started.folder, taken.getsockname()[1])
        assert refused.process.wait(30) == 1
        text = refused.output.read_text().strip()
        assert text.splitlines()[-1].startswith(f"Carnet: port {taken.getsockname()[1]} cannot be used")
        assert "Traceback" not in text


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "web"}, "PORT is 'web'; expected a whole number"),
        ({"CARNET_PROFILE": "production"}, "CARNET_PROFILE is 'production'; expected demo"),
        ({"DATABASE_URL": "postgresql://u@/d"}, "DATABASE_OWNER_URL is not set"),
        ({"DATA_FOLDER": "here"}, "DATA_FOLDER is 'here'; expected an absolute path"),
        ({"DATA_FOLDER": "/dev/null/x"}, "cannot be written (Not a directory)"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(variables, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "portal.running"], cwd=BASE, env={"PATH": os.environ["PATH"]} | variables,
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert sentence in done.stderr


def embedded_superuser(folder: DataFolder) -> str:
    return embedded.Postgres(folder.postgres, folder.sockets, folder.secret("superuser")).url("postgres")
