"""Text as people look for it: without accents and case (pure). Nothing here keeps what it is given."""

from __future__ import annotations

import re
import unicodedata

_COMBINING = re.compile("[\u0300-\u036f]+")
# What no decomposition of Unicode takes apart, and what keyboards write in two ways.
_SAME = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "’": "'", "‘": "'", "\u00a0": " ", "\u202f": " "})


def folded(text: str) -> str:
    """The text in lower case without accents: ``"Œdème"`` and ``"oedeme"`` are the same."""
    if text.isascii():
        return text.lower()
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_SAME)))


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text and, for each of its characters, which character of ``text`` it came from."""
    pieces = [folded(char) for char in text]
    return "".join(pieces), [place for place, piece in enumerate(pieces) for _ in piece]
