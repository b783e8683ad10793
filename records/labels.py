"""What is written on a document: its name, its media type, and the record it belongs to.

A label is plaintext: sealed beside the document, opened inside a door, and silent about itself. It names the record, so
that a document whose row was pointed at another record does not open there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

_VERSION = 1
_LONGEST_NAME = 255
_FALLBACK = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Label:
    """What is written on one document; ``record`` is ``None`` while it is staged."""

    name: str
    media_type: str
    record: UUID | None = None

    def __repr__(self) -> str:
        return "<Label>"

    def to_bytes(self) -> bytes:
        """As it is sealed: JSON in UTF-8."""
        record = {"record": self.record.hex} if self.record else {}
        return json.dumps(
            {"v": _VERSION, "name": self.name, "type": self.media_type, **record}, ensure_ascii=False
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Label:
        """What :meth:`to_bytes` wrote.

        Raises:
            ValueError: it is of an unknown version or malformed.
        """
        document: Any = json.loads(data)
        if not isinstance(document, dict) or document.get("v") != _VERSION:
            raise ValueError("label: expected version 1")
        record = document.get("record")
        return cls(
            name=str(document["name"]),
            media_type=str(document["type"]),
            record=UUID(record) if record else None,
        )


def label_of(name: str, media_type: str) -> Label:
    """A label from what a stranger called a file: no folder, no control sign, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    plain = media_type.isascii() and 3 <= len(media_type) <= 100 and media_type.count("/") == 1
    return Label(name=printable[:_LONGEST_NAME], media_type=media_type if plain else _FALLBACK)
