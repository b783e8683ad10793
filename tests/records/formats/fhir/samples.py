"""The sample files beside the project, and small resources of our own."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data"

needs_samples = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"SKIPPED LOUDLY: the sample data are not at {DATA}; FHIR files of others were not tried."
)


def sample_files(*patterns: str) -> list[Path]:
    """The FHIR files of the sample data, none when they are absent."""
    return sorted(path for pattern in patterns for path in DATA.glob(pattern)) if DATA.is_dir() else []


def manifest(path: Path) -> dict[str, Any]:
    """What an independent script found in a sample file."""
    known: dict[str, Any] = json.loads((DATA / "manifest.json").read_text())["files"]
    return known[str(path.relative_to(DATA))]


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"use": "official", "family": "ESSAI", "given": ["Lou"]}],
    "birthDate": "1984-03-07",
    "gender": "female",
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d1",
    "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "899900000015"}],
    "name": [{"family": "Essai", "given": ["Ada"], "prefix": ["Dr"]}],
}


def coded(text: str, code: str = "", system: str = "http://loinc.org") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text} if code else {"text": text}


def lab(name: str = "o1", code: str = "4548-4", text: str = "HbA1c", value: str = "6.8", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [coded("Laboratory", "laboratory", "http://terminology.hl7.org/CodeSystem/observation-category")],
        "code": coded(text, code),
        "effectiveDateTime": "2026-11-20T08:30:00+01:00",
        "valueQuantity": {"value": Decimal(value), "unit": "%"},
        "referenceRange": [{"low": {"value": Decimal("4.0")}, "high": {"value": Decimal("6.0")}}],
        **more,
    }


def bundle_bytes(*resources: dict[str, Any], kind: str = "collection") -> bytes:
    def plain(value: object) -> object:
        return float(value) if isinstance(value, Decimal) else str(value)

    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012d}", "resource": resource}
        for place, resource in enumerate(resources)
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}, default=plain).encode()
