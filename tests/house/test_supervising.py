"""The supervisor, with real processes: kept alive, stopped in order, cleared away after a kill."""

import json
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from portal.embedded import ServerRefused
from portal.running.supervisor import Part, Supervisor, end_leftovers
from tests.counts import COUNTS

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def starter(code):
    return lambda: subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(tmp_path / "processes.json", said.append)
    yield supervisor
    supervisor.ask_to_stop()
    supervisor.stop()


def watched(supervisor):
    thread = threading.Thread(target=supervisor.watch, daemon=True)
    thread.start()
    return thread


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_what_dies_is_started_again_each_time_a_little_later(supervisor, said):
    part = Part("web", starter(SLEEP), pause=0.1)
    supervisor.add(part)
    thread = watched(supervisor)
    for _ in range(COUNTS.restarts):
        killed = part.process
        killed.kill()
        wait_for(lambda killed=killed: part.process is not None and part.process is not killed)
    assert part.pause == pytest.approx(0.1 * 2**COUNTS.restarts)
    assert said[0] == "web ended (code -9); starting it again in 0 s."
    assert said[1] == "web runs again."
    supervisor.ask_to_stop()
    thread.join(5)
    assert not thread.is_alive()


def test_a_part_that_cannot_start_again_is_tried_again(supervisor, said):
    starts = iter([starter(SLEEP), None, starter(SLEEP)])

    def start():
        found = next(starts)
        if found is None:
            raise ServerRefused("The disk is full.")
        return found()

    part = Part("PostgreSQL", start, pause=0.1)
    supervisor.add(part)
    watched(supervisor)
    part.process.kill()
    wait_for(lambda: "PostgreSQL runs again." in said)
    assert "PostgreSQL: The disk is full." in said


def test_the_last_started_is_stopped_first(supervisor):
    parts = [Part(name, starter(SLEEP)) for name in ("PostgreSQL", "Redis", "web")]
    for part in parts:
        supervisor.add(part)
    stopped = []
    for part in parts:
        ask = part.process.send_signal
        part.process.send_signal = lambda number, name=part.name, ask=ask: (stopped.append(name), ask(number))
    supervisor.stop()
    assert stopped == ["web", "Redis", "PostgreSQL"]
    assert all(part.process.poll() is not None for part in parts)


def test_who_does_not_listen_is_killed(supervisor):
    part = Part("worker", starter(DEAF), seconds_to_stop=0.3)
    supervisor.add(part)
    part.process.stdout.readline()
    supervisor.stop()
    assert part.process.returncode == -signal.SIGKILL


def test_asking_twice_takes_no_time(supervisor):
    part = Part("worker", starter(DEAF), seconds_to_stop=60)
    supervisor.add(part)
    part.process.stdout.readline()
    supervisor.ask_to_stop()
    supervisor.ask_to_stop()
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 5


def test_what_a_killed_supervisor_left_is_ended(tmp_path, supervisor):
    part = Part("web", starter(SLEEP))
    supervisor.add(part)
    kept = json.loads((tmp_path / "processes.json").read_text())
    (tmp_path / "left.json").write_text(json.dumps(kept))
    assert end_leftovers(tmp_path / "left.json") == ["web"]
    assert part.process.wait(5) == -signal.SIGTERM
    assert not (tmp_path / "left.json").exists()


def test_a_number_given_out_again_is_left_in_peace(tmp_path, supervisor):
    part = Part("web", starter(SLEEP))
    supervisor.add(part)
    created = psutil.Process(part.process.pid).create_time() - 3600
    entry = {"name": "web", "pid": part.process.pid, "created": created, "signal": 15}
    (tmp_path / "left.json").write_text(json.dumps([entry]))
    assert end_leftovers(tmp_path / "left.json") == []
    assert part.process.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_broken_record_is_no_reason_to_stop(tmp_path, text):
    (tmp_path / "left.json").write_text(text)
    assert end_leftovers(tmp_path / "left.json") == []
    assert end_leftovers(tmp_path / "absent.json") == []
