"""Who a dossier is about, and how to reach them: plaintext for one page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """A patient's identity. ``sex`` is a FHIR administrative gender, ``ins_oid`` says which register
    gave the national health number ``ins`` (both empty while unknown).
    """

    family: str
    given: str
    birth_date: date
    used_name: str = ""
    sex: str = "unknown"
    ins: str = ""
    ins_oid: str = ""
    address: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "<Identity>"

    @property
    def full_name(self) -> str:
        """Given name and the name in use, as the person is addressed."""
        return f"{self.given} {self.used_name or self.family}".strip()

    def to_bytes(self) -> bytes:
        """JSON with a version."""
        return _written(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Identity:
        """Read what :meth:`to_bytes` wrote, padded or not.

        Raises:
            ValueError: other bytes; the message quotes nothing of them.
        """
        try:
            known = _read(data)
            return cls(**{**known, "birth_date": date.fromisoformat(known["birth_date"])})
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"sealed identity: expected one of version {_VERSION}") from None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contact:
    """Where letters to a patient go."""

    email: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "<Contact>"

    def to_bytes(self) -> bytes:
        """JSON with a version."""
        return _written(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Contact:
        """Read what :meth:`to_bytes` wrote, padded or not.

        Raises:
            ValueError: other bytes; the message quotes nothing of them.
        """
        try:
            return cls(**_read(data))
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"sealed contact: expected one of version {_VERSION}") from None


def _written(known: dict[str, Any]) -> bytes:
    kept = {name: str(value) for name, value in known.items() if value != ""}
    return json.dumps({"v": _VERSION, **kept}, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _read(data: bytes) -> dict[str, Any]:
    known = json.loads(data)
    if not isinstance(known, dict) or known.pop("v", None) != _VERSION:
        raise ValueError
    return known
