"""Plain text: nothing but letters, signs and lines."""

from __future__ import annotations

from records.formats.child import Made
from records.formats.refusals import Unfit

MAX_BYTES = 2 * 2**20
_ALLOWED = frozenset("\n\t\f")


def read_text(raw: bytes) -> Made:
    """The text in ``raw`` (UTF-8, UTF-16 with its mark, else Windows-1252), with lines ended by ``\\n``.

    Raises:
        Unfit: too large, empty, or no text.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    told = _decoded(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not told.strip():
        raise Unfit("empty")
    if any(not sign.isprintable() and sign not in _ALLOWED and not sign.isspace() for sign in told.lstrip("\ufeff")):
        raise Unfit("not-text")
    return Made({"text": told.lstrip("\ufeff")})


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charsets: tuple[str, ...] = ("utf-16",)
    else:
        charsets = ("utf-8-sig", "cp1252")
    for charset in charsets:
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    raise Unfit("not-text")
