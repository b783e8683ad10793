"""A search that looks through the disguises bytes wear at rest: hexadecimal, base64 and compression.

Each source is searched as it is, then every run of hexadecimal or base64 in it is decoded, and every zlib or gzip
stream in all of these is inflated; each of these views is searched for whole words.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.stolen.needles import Needle

# A pair of hex digits at least 8 times: shorter runs decode to less than the shortest needle worth finding.
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
# Headers of zlib (two bytes) and of gzip without optional fields (ten bytes).
_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08\x00.{6}", re.DOTALL)
_WORD = rb"[0-9A-Za-z\x80-\xff]"
_MAX_STREAM = 1 << 22
_MAX_INFLATED = 1 << 24
_PIECE = 128


@dataclass(frozen=True)
class Hit:
    """A needle that was found: where, under which disguise, and a little of what stands around it."""

    source: str
    view: str
    needle: Needle
    around: bytes


def search(sources: Iterable[tuple[str, bytes]], needles: Iterable[Needle]) -> list[Hit]:
    """Every hit of a needle as a whole word in any view of any source."""
    patterns: dict[bytes, list[tuple[Needle, bytes]]] = {}
    for needle in needles:
        for variant in _variants(needle.text):
            patterns.setdefault(_longest_word(variant), []).append((needle, variant))
    views = ((source, view, content) for source, data in sources for view, content in _views(data))
    return [hit for source, view, content in views for hit in _hits(source, view, content, patterns)]


def _longest_word(text: bytes) -> bytes:
    return max(re.findall(_WORD + rb"+", text), key=len)


def _variants(text: str) -> set[bytes]:
    """As written, in small letters, in capitals; random bytes imitate a word too easily when letter case is ignored."""
    return {form.encode(code) for form in (text, text.lower(), text.upper()) for code in _codes(form)}


def _codes(text: str) -> tuple[str, ...]:
    return ("utf-8",) if text.isascii() else ("utf-8", "latin-1")


def _hits(source: str, view: str, content: bytes, patterns: dict[bytes, list[tuple[Needle, bytes]]]) -> Iterator[Hit]:
    # One pass finds which longest words occur at all; a search per needle would read the loot a thousand times.
    occurring = {match[0] for match in re.finditer(_WORD + rb"{2,}", content) if match[0] in patterns}
    for needle, variant in (pattern for word in occurring for pattern in patterns[word]):
        whole = re.compile(rb"(?<!" + _WORD + rb")" + re.escape(variant) + rb"(?!" + _WORD + rb")")
        for match in whole.finditer(content):
            around = content[max(0, match.start() - 60) : match.end() + 60]
            yield Hit(source, view, needle, around)


def _views(data: bytes) -> Iterator[tuple[str, bytes]]:
    plain = {"clear": data, "hex": _decoded_hex(data), "base64": _decoded_base64(data)}
    # Base64 inside hex (a bytea holding base64 text) is one layer deeper than a dump of either shows.
    plain["base64 in hex"] = _decoded_base64(plain["hex"])
    yield from plain.items()
    for name, content in plain.items():
        yield f"compressed in {name}", _inflated(content)


def _decoded_hex(data: bytes) -> bytes:
    return b"\n".join(binascii.unhexlify(run) for run in _HEX.findall(data))


def _decoded_base64(data: bytes) -> bytes:
    """Every run decoded at its four possible starts: where a run begins is not always where the encoder began."""
    decoded = []
    for run in _BASE64.findall(data):
        run = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            part = run[shift:]
            decoded.append(base64.b64decode(part[: len(part) // 4 * 4]))
    return b"\n".join(decoded)


def _inflated(data: bytes) -> bytes:
    return b"\n".join(_inflate(data[match.end() : match.end() + _MAX_STREAM]) for match in _COMPRESSED.finditer(data))


def _inflate(body: bytes) -> bytes:
    """What can be inflated of a raw deflate body before it ends or breaks.

    Raw, since a checksum cut off or followed by other bytes would make zlib withhold what it had already inflated; by
    pieces, since an error takes the output of its whole call.
    """
    inflater, pieces = zlib.decompressobj(-zlib.MAX_WBITS), []
    try:
        for start in range(0, len(body), _PIECE):
            pieces.append(inflater.decompress(body[start : start + _PIECE], _MAX_INFLATED))
            if inflater.eof:
                break
    except zlib.error:
        pass
    return b"".join(pieces)
