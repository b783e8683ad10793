"""``docs/benchmarks.md`` from what the programs found: figures beside their limits and goals, and the notes on them.

The figures lie beside the page (``docs/benchmarks.json``), so that a run of one case keeps the others; what was tried
and where the time goes is written by people in ``benchmarks/notes.md``, one section per goal.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import LIMIT, OURS, PART, Figure

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_PAGE, _KEPT = _DOCS / "benchmarks.md", _DOCS / "benchmarks.json"
_NOTES = Path(__file__).with_name("notes.md")

TITLES = {
    "G1": "One cold decision",
    "G2": "All 19 categories, exactly one query",
    "G3": "The second decision of a request",
    "G4": "Sealing and opening a record",
    "G5": "A document of 100 MiB",
    "G6": "An act with its entry in the log",
    "G7": "Sixteen writers",
    "G8": "The sequencer",
    "G9": "Verifying a million entries",
    "G10": "The record list: the whole page",
    "G11": "Beside an open medical record system",
    "G12": "How the web server is set",
    "G13": "Turning a patient's key",
    "G14": "Turning the master key",
}
_HEAD = """# How fast Carnet is

Written by `make bench` (`make bench ONLY=page` for one case); `benchmarks/` holds the programs. Only ratios within one
run count: limit, ours and peers take turns, block by block, on the same machine, and the middle round is told with the
lowest and the highest. A limit is what the same work costs written by hand with nothing around it. Access and audit are
pinned to one core together with the database that answers. Peers come from their own lock (`requirements/peers.txt`).

What differs from the portal in production, everywhere below: PostgreSQL listens on a Unix socket of the same machine,
there is no TLS, and nothing else is asked of the database meanwhile. Writes are durable (`fsync` on).
"""


def write(figures: Path, goals: Collection[str], *, failed: Mapping[str, str], load: float) -> None:
    """Put the figures of ``goals`` in the place of the former ones, and write the page."""
    known = json.loads(_KEPT.read_text()) if _KEPT.exists() else {}
    found = [Figure(**json.loads(line)) for line in figures.read_text().splitlines()]
    about = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": _machine(), "load": round(load, 1)}
    for goal in goals:
        rows = [asdict(each) for each in found if each.goal == goal]
        if rows:
            known[goal] = {"figures": rows, **about}
    for goal, reason in failed.items():
        known.setdefault(goal, {"figures": [], **about})["failed"] = f"The run of {about['date']} failed: {reason}."
    for goal in goals:
        known.get(goal, {}).pop("failed", None)
    _KEPT.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    _PAGE.write_text(page(known, _notes()), encoding="utf-8")


def page(known: Mapping[str, Mapping[str, Any]], notes: Mapping[str, str]) -> str:
    """The page of these figures and notes."""
    ordered = [goal for goal in TITLES if goal in known or goal in notes]
    parts = [_HEAD, notes.get("", ""), _summary(ordered, known)]
    for goal in ordered:
        parts += [f"## {goal} {TITLES[goal]}", _section(known.get(goal, {})), notes.get(goal, "")]
    parts += [f"## {name}\n\n{text}" for name, text in notes.items() if name and name not in TITLES]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _summary(ordered: Collection[str], known: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| goal | what | ratio | asked | |", "| --- | --- | ---: | ---: | --- |"]
    for goal in ordered:
        for figure in (Figure(**row) for row in known.get(goal, {}).get("figures", ())):
            if figure.met is not None:
                lines.append(
                    f"| {goal} | {figure.name} | {_number(figure.ratio)} | {_asked(figure)} | {_verdict(figure)} |"
                )
    return "\n".join(lines)


def _section(found: Mapping[str, Any]) -> str:
    figures = [Figure(**row) for row in found.get("figures", ())]
    lines = [f"**{found['failed']}**", ""] if "failed" in found else []
    if figures:
        lines += [f"{found['date']}, {found['machine']}; load when the run began {found['load']}.", ""]
        lines += ["| | median | ratio (lowest to highest round) | asked | |", "| --- | ---: | ---: | ---: | --- |"]
        lines += [_row(figure) for figure in figures]
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    roles = {LIMIT: "*limit:* ", OURS: "**Carnet:** ", PART: "– "}
    name = roles.get(figure.role, "") + figure.name + (f" ({figure.note})" if figure.note else "")
    spread = f" ({_number(figure.low)} to {_number(figure.high)})" if figure.low is not None else ""
    ratio = "" if figure.ratio is None or figure.role == LIMIT else _number(figure.ratio) + spread
    return f"| {name} | {_number(figure.value)} {figure.unit} | {ratio} | {_asked(figure)} | {_verdict(figure)} |"


def _asked(figure: Figure) -> str:
    if figure.met is None:
        return ""
    return f"≤ {figure.at_most:g}" if figure.at_most is not None else f"≥ {figure.at_least:g}"


def _verdict(figure: Figure) -> str:
    if figure.met is None:
        return ""
    if figure.met:
        return "met"
    bound = figure.at_most if figure.at_most is not None else figure.at_least
    away = abs((figure.ratio or 0) / (bound or 1) - 1)
    return f"falls short by {away:.0%}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value >= 100 else f"{value:.2f}"


def _notes() -> dict[str, str]:
    """The notes by section; what stands before the first under the empty name."""
    parts = re.split(r"^## (.+)$", _NOTES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def _machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Python {platform.python_version()}"
