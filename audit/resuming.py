"""Where a verification stood, in a file: the next one goes on from there.

Keep the file where whoever runs the database cannot write: what lies before the place is not read again.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from audit.merkle import CompactRange
from audit.walking import Gone, Place

FORMAT = 1


class BadPlace(ValueError):
    """The file holds no place; ``str()`` is the sentence to show."""


def load_place(path: Path) -> Place:
    """The place in ``path``; the beginning if there is no such file.

    Raises:
        BadPlace: it is no such file.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        place = Place(
            size=int(stored["size"]),
            peaks=tuple(bytes.fromhex(peak) for peak in stored["peaks"]),
            signed=int(stored["signed"]),
            signed_root=bytes.fromhex(stored["signed_root"]),
            signed_at=datetime.fromisoformat(stored["signed_at"]) if stored["signed_at"] else None,
            gone={
                date.fromisoformat(month): Gone(int(first), int(count), bytes.fromhex(digest))
                for month, (first, count, digest) in stored.get("gone", {}).items()
            },
        )
        CompactRange(place.size, place.peaks)
    except FileNotFoundError:
        return Place()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadPlace(
            f"{path} does not say where a verification stood ({type(error).__name__}); remove it to begin anew."
        ) from None
    if stored.get("format") != FORMAT:
        raise BadPlace(f"{path} has format {stored.get('format')!r}; expected {FORMAT}. Remove it to begin anew.")
    return place


def save_place(path: Path, place: Place) -> None:
    """Write the place in one step: an interruption leaves the one before."""
    stored = {
        "format": FORMAT,
        "size": place.size,
        "peaks": [peak.hex() for peak in place.peaks],
        "signed": place.signed,
        "signed_root": place.signed_root.hex(),
        "signed_at": place.signed_at.isoformat() if place.signed_at else None,
        "gone": {month.isoformat(): [gone.first, gone.count, gone.digest.hex()] for month, gone in place.gone.items()},
    }
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    fresh.replace(path)
