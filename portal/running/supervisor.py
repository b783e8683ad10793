"""Start processes in order, keep them alive, stop them in the reverse order.

One thread, one loop. A process that ends by itself is started again after a pause that doubles
from one second to thirty and is forgotten after a minute of good health. What runs is written to a
file, so that the next run can end what a killed supervisor left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from portal.embedded import ServerRefused, end_orphans

_LONGEST_PAUSE = 30.0
_HEALTHY_AFTER = 60.0
_TICK = 0.2


@dataclass
class Part:
    """One supervised process: how it starts and how it is asked to stop."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    seconds_to_stop: float = 15.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0
    pause: float = 1.0
    start_again_at: float | None = None


class Supervisor:
    """Runs parts until it is told to stop.

    ``say`` receives one sentence at a time for the person at the terminal.
    """

    def __init__(self, record: Path, say: Callable[[str], None]) -> None:
        self._record = record
        self._say = say
        self._parts: list[Part] = []
        self._stopping = False
        self._hurry = False

    def listen_to_signals(self) -> None:
        """Stop at Ctrl-C, SIGTERM and when the terminal closes; a second time without patience."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stopping

    def ask_to_stop(self) -> None:
        """Let :meth:`watch` return."""
        self._hurry = self._stopping
        self._stopping = True

    def add(self, part: Part) -> None:
        """Start ``part`` now and keep it alive from now on.

        Raises:
            ServerRefused: it does not start at all.
        """
        part.process = part.start()
        part.started_at = time.monotonic()
        self._parts.append(part)
        self._write_record()

    def watch(self) -> None:
        """Keep everything alive until asked to stop."""
        while not self._stopping:
            for part in self._parts:
                self._look_after(part)
            time.sleep(_TICK)

    def stop(self) -> None:
        """Stop every part, the last one started first."""
        self._stopping = True
        for part in reversed(self._parts):
            if part.process is not None:
                self._stop_part(part)
        self._parts.clear()
        self._record.unlink(missing_ok=True)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.start_again_at is not None:
            if now >= part.start_again_at:
                self._start_again(part)
            return
        if part.process is None or part.process.poll() is None:
            if now - part.started_at > _HEALTHY_AFTER:
                part.pause = 1.0
            return
        # The workers of a killed master would go on serving beside the new ones.
        _end_group(part.process.pid)
        self._say(f"{part.name} ended (code {part.process.returncode}); starting it again in {part.pause:.0f} s.")
        part.process = None
        part.start_again_at = now + part.pause
        part.pause = min(part.pause * 2, _LONGEST_PAUSE)

    def _start_again(self, part: Part) -> None:
        part.start_again_at = None
        try:
            part.process = part.start()
        except (ServerRefused, OSError) as error:
            self._say(f"{part.name}: {error}")
            part.start_again_at = time.monotonic() + part.pause
            part.pause = min(part.pause * 2, _LONGEST_PAUSE)
            return
        part.started_at = time.monotonic()
        self._write_record()
        self._say(f"{part.name} runs again.")

    def _stop_part(self, part: Part) -> None:
        process = part.process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(part.stop_signal)
        deadline = time.monotonic() + part.seconds_to_stop
        while process.poll() is None and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.05)
        if process.poll() is None:
            process.kill()
            process.wait()
        _end_group(process.pid)

    def _write_record(self) -> None:
        entries = []
        for part in self._parts:
            if part.process is not None:
                try:
                    created = psutil.Process(part.process.pid).create_time()
                except psutil.Error:
                    continue
                stop_signal = int(part.stop_signal)
                entries.append({"name": part.name, "pid": part.process.pid, "created": created, "signal": stop_signal})
        fresh = self._record.with_suffix(".new")
        fresh.write_text(json.dumps(entries))
        fresh.replace(self._record)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.ask_to_stop()


def end_leftovers(record: Path) -> list[str]:
    """End what a killed supervisor left running; the names of what was ended.

    A process counts as the recorded one only with the same number *and* time of creation: numbers
    are given out again.
    """
    try:
        entries = json.loads(record.read_text())
    except (OSError, ValueError):
        return []
    ended: list[str] = []
    for entry in reversed(entries):
        left = _left_of(entry["pid"], entry["created"])
        if left:
            end_orphans(left, signal.Signals(entry["signal"]))
            ended.append(entry["name"])
    record.unlink(missing_ok=True)
    return ended


def _left_of(pid: int, created: float) -> list[psutil.Process]:
    """The recorded process and what it started, itself first; also without it, if only they live.

    Every part leads a process group of its own, and no new process gets the number of a group that
    still has members.
    """
    left: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            born = process.create_time()
            is_itself = process.pid == pid and abs(born - created) < 0.05
            if is_itself or (process.pid != pid and os.getpgid(process.pid) == pid and born >= created):
                left.insert(0 if is_itself else len(left), process)
    return left


def _end_group(leader: int) -> None:
    """SIGKILL to whoever is left of a process that has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
