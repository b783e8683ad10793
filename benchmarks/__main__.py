"""``python -m benchmarks [ONLY]`` (``make bench ONLY=page``): run the cases one after the other, write the page.

Each case is a program of its own, with a house of its own, and may fail without costing the others their turn.
``ONLY`` names cases or goals, separated by commas; the page keeps what it knew of the others.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import page_of_figures
from benchmarks.measuring import FIGURES

_BASE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Program:
    """A module to run: for which goals, with what arguments.

    It is given up after ``seconds``, several times what it takes on a quiet machine.
    """

    name: str
    goals: tuple[str, ...]
    seconds: int
    arguments: tuple[str, ...] = ()
    # Left out of the whole run, which has a quarter of an hour.
    long: bool = False


PROGRAMS = (
    Program("deciding", ("G1", "G2", "G3"), 300),
    Program("sealing", ("G4",), 300),
    Program("documents", ("G5",), 300),
    Program("acts", ("G6",), 300),
    Program("appending", ("G7",), 300),
    Program("numbering", ("G8",), 300, ("400000",)),
    Program("verifying", ("G9",), 300),
    Program("page", ("G10", "G11"), 300),
    Program("servers", ("G12",), 300),
    Program("rotation", ("G13",), 300),
    Program("rewrapping", ("G14",), 300),
    Program("showing", (), 300),
    Program("searching", (), 900, long=True),
    Program("letters", (), 900, long=True),
)


def main() -> int:
    """Run, tell, write; 1 if a program failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="names of cases or goals, separated by commas")
    wanted = {name.strip().lower() for name in parser.parse_args().only.split(",") if name.strip()}
    names = {program.name for program in PROGRAMS} | {goal.lower() for program in PROGRAMS for goal in program.goals}
    if not wanted <= names:
        parser.error(f"{', '.join(sorted(wanted - names))}: expected {', '.join(sorted(names))}")
    chosen = [each for each in PROGRAMS if _is_wanted(each, wanted)]
    # So that what is running is ended, too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("asked to stop"))
    began = time.monotonic()
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        figures.touch()
        load = os.getloadavg()[0]
        for program in chosen:
            reason = _run(program, figures)
            if reason:
                failed[program.name] = reason
                print(f"{program.name}: {reason}", file=sys.stderr, flush=True)
        goals = {goal for program in chosen for goal in program.goals if program.name not in failed}
        page_of_figures.write(figures, goals, failed={goal: failed[each.name] for each in chosen if each.name in failed
                                                      for goal in each.goals}, load=load)  # fmt: skip
    print(f"\ndocs/benchmarks.md is written; {time.monotonic() - began:.0f} s.")
    return 1 if failed else 0


def _is_wanted(program: Program, wanted: set[str]) -> bool:
    if not wanted:
        return not program.long
    return program.name in wanted or any(goal.lower() in wanted for goal in program.goals)


def _run(program: Program, figures: Path) -> str:
    """Run one program to its end; why it failed, or nothing."""
    print(f"\n== {program.name} {' '.join(program.goals)}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{program.name}", *program.arguments]
    environment = os.environ | {FIGURES: str(figures), "PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=_BASE, env=environment, start_new_session=True)  # noqa: S603 - our own
    try:
        code = process.wait(program.seconds)
        reason = f"ended with code {code}" if code else ""
    except subprocess.TimeoutExpired:
        reason = f"given up after {program.seconds} s"
    finally:
        _end(process)
    print(f"   {time.monotonic() - started:.0f} s", flush=True)
    return reason


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a program and of the servers it started: first asked, then made to."""
    for ask, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, ask)
            process.wait(seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


if __name__ == "__main__":
    sys.exit(main())
