"""A file that lies beside its record, and not in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class File:
    """A file to keep beside its record; ``removed`` says what was cleaned away."""

    name: str
    media_type: str
    content: bytes
    removed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<File>"
