"""Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): pure.

Counted when somebody asks: a library would bring registries that this house, whose numbers lie in its database, has
no use for. What only the memory of one process knows carries the number of that process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number per set of labels, which are tokens. It goes up and down; one that only goes up is a *counter*."""

    name: str
    meaning: str
    values: Mapping[tuple[tuple[str, str], ...], float] = field(default_factory=dict)
    kind: Literal["gauge", "counter"] = "gauge"


def gauge(name: str, meaning: str, value: float | None) -> Gauge:
    """A gauge without labels; without a value if there is none now."""
    return Gauge(name, meaning, {} if value is None else {(): value})


def exposed(gauges: Iterable[Gauge]) -> str:
    """The page that Prometheus reads."""
    lines = []
    for one in gauges:
        lines += [f"# HELP {one.name} {_escaped(one.meaning)}", f"# TYPE {one.name} {one.kind}"]
        lines += [f"{one.name}{_labels(labels)} {value:.10g}" for labels, value in sorted(one.values.items())]
    return "\n".join(lines) + "\n"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value, quote=True)}"' for name, value in labels) + "}"


def _escaped(text: str, *, quote: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quote else escaped
