"""``python -m benchmarks.servers [SECONDS]``: the portal's record list under other servers and other settings of ours.

All run at once and are asked in turn at 16 kept connections. gunicorn is compared where it is installed
(``requirements/peers.txt``).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import serving
from benchmarks.house import House, open_house
from benchmarks.loading import Load, load
from benchmarks.measuring import OURS, PEER, tell_limit, tell_rounds
from benchmarks.page_world import Reader, populate

_READERS, _ROUNDS, _PORT = 100, 3, 18180
_APPLICATION = "portal.wsgi:application"


@dataclass(frozen=True)
class Setting:
    """A command that serves the portal at a port, with what its environment says besides."""

    name: str
    command: tuple[str, ...]
    given: dict[str, str] = field(default_factory=dict)


def main(seconds: float) -> None:
    """Start all, ask in turn, tell ours against the best of the others."""
    with open_house() as house:
        readers = populate(_READERS)
        serving.collect(house)
        found = _measure(house, readers, seconds)
    names = list(found)
    best = [max(found[name][number].rate for name in names[1:]) for number in range(_ROUNDS)]
    tell_limit("G12", "the best of the others in each round", best, "pages/s")
    for number, (name, loads) in enumerate(found.items()):
        tell_rounds("G12", name, PEER if number else OURS, [each.rate for each in loads], best, "pages/s",
                    at_least=None if number else 0.95)  # fmt: skip


def _settings() -> list[Setting]:
    # Settings may be read once the house is open.
    from portal.running.launching import granian_options

    def granian(workers: int, threads: int) -> tuple[str, ...]:
        options = granian_options(0)
        for name, value in (("--workers", workers), ("--blocking-threads", threads)):
            options[options.index(name) + 1] = str(value)
        return ("granian", *options, _APPLICATION)

    cores = os.cpu_count() or 1
    settings = [
        Setting(f"granian, {cores} workers of {_of(granian_options(0))} threads, pool (ours)",
                ("granian", *granian_options(0), _APPLICATION)),
        Setting(f"granian, {cores} workers of 1 thread, pool", granian(cores, 1)),
        Setting(f"granian, {cores} workers of 2 threads, pool", granian(cores, 2)),
        Setting(f"granian, {cores} workers of 4 threads, pool", granian(cores, 4)),
        Setting(f"granian, {2 * cores} workers of 1 thread, pool", granian(2 * cores, 1)),
        Setting(f"granian, {cores} workers of 1 thread, pool of 1", granian(cores, 1), {"DATABASE_POOL": "1"}),
    ]  # fmt: skip
    if importlib.util.find_spec("gunicorn") is None:
        print("gunicorn is not installed: left out")
        return settings
    plain = ("benchmarks.gunicorned", "--bind", "127.0.0.1:0", "--log-level", "critical", "--keep-alive", "5")
    return [
        *settings,
        Setting(f"gunicorn gthread, {cores} workers of 4 threads, pool",
                (*plain, "--workers", str(cores), "--worker-class", "gthread", "--threads", "4", _APPLICATION)),
        Setting(f"gunicorn gthread, {cores} workers of 2 threads, pool",
                (*plain, "--workers", str(cores), "--worker-class", "gthread", "--threads", "2", _APPLICATION)),
    ]  # fmt: skip


def _of(options: list[str]) -> str:
    return options[options.index("--blocking-threads") + 1]


def _measure(house: House, readers: list[Reader], seconds: float) -> dict[str, list[Load]]:
    with ExitStack() as servers:
        asked: dict[str, tuple[int, list[bytes]]] = {}
        for number, setting in enumerate(_settings()):
            port = _PORT + number
            command = [sys.executable, "-m", *(_at(part, port) for part in setting.command)]
            if "--port" in command:
                command[command.index("--port") + 1] = str(port)
            given = serving.environment(house, port) | setting.given
            try:
                servers.enter_context(serving.running(command, given, port, readers[0]))
            except SystemExit as missing:
                if not number:
                    raise
                print(f"{setting.name}: left out ({missing})")
                continue
            asked[setting.name] = (port, [serving.request_of(reader, port) for reader in readers])
        for port, requests in asked.values():
            load(port, requests, seconds=1.0)
        found: dict[str, list[Load]] = {name: [] for name in asked}
        for _ in range(_ROUNDS):
            for name, (port, requests) in asked.items():
                found[name].append(load(port, requests, seconds=seconds))
        return found


def _at(part: str, port: int) -> str:
    return part.replace("127.0.0.1:0", f"127.0.0.1:{port}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
