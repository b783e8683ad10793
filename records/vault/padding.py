"""Lengths are information: hide all but their order of magnitude.

A header says "negative" or "positive" by one byte more or less. JSON allows blanks after its
value (RFC 8259, section 2), so the padding needs no frame and readers need not know of it.
"""

from __future__ import annotations

SMALLEST = 256


def padme(length: int) -> int:
    """The length to round up to, so that only its leading bits show.

    PURBs (Nikitin et al., PoPETs 2019): at most 12 % longer, O(log log length) bits leaked.
    """
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()
    step = 1 << (exponent - kept)
    return (length + step - 1) & -step


def pad_json(document: bytes) -> bytes:
    """The same JSON document followed by blanks, at least :data:`SMALLEST` bytes long."""
    return document.ljust(padme(max(len(document), SMALLEST)), b" ")
