"""Whether FHIR R4 that Carnet wrote is FHIR R4 in somebody else's eyes: ``fhir.resources`` in build/validate.

``make test`` makes that environment; where it is missing the tests that need it are skipped, and say so.
"""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

_BASE = Path(__file__).resolve().parent.parent
PYTHON = _BASE / "build" / "validate" / "bin" / "python"

needs_validator = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="SKIPPED LOUDLY: build/validate is missing, so nobody else judged the FHIR that Carnet writes; "
    "`make validate` installs it.",
)


def problems_of(*contents: dict[str, Any] | bytes | str) -> list[list[str]]:
    """For each resource or bundle, what an independent reader finds wrong with it; empty lists when nothing is."""
    told = [json.loads(each) if isinstance(each, bytes | str) else each for each in contents]
    done = subprocess.run(
        [PYTHON, "-I", _BASE / "tests" / "fhir_r4_outside.py"],
        input=json.dumps(told, default=_plain),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: list[list[str]] = json.loads(done.stdout)
    return answer


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
