"""Text of a resource as plain text: XHTML narratives, notes, attached texts.

Nothing here keeps markup, so nothing of it can run: a page escapes what it gets as any other text.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from html import unescape

from records.formats.fhir.elements import Node, items, string

# What a person can scroll through; a longer text is a document of its own.
_LONGEST = 200_000
_SKIPPED = frozenset({"script", "style", "iframe", "object", "embed", "template", "svg", "math", "head", "noscript"})
_BLOCK_TAGS = "p div section article table tr ul ol li h1 h2 h3 h4 h5 h6 br hr pre blockquote dl dt dd"
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CELLS = frozenset({"td", "th"})
# Those of real files. Python knows more, and one of them (punycode) takes hours on what a file may hold.
_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252", "utf-16"}
)


# One pass, each letter looked at a bounded number of times: the standard library's parser takes minutes on
# two hundred thousand opening brackets. A comment left open swallows the rest; a bracket alone is text.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(/?)([A-Za-z][A-Za-z0-9:]{0,30})[^<>]{0,2000}>|<[!?][^<>]{0,2000}>|[^<]+|<", re.DOTALL
)


def text_of_html(markup: str) -> str:
    """The words of an HTML or XHTML fragment, one line per paragraph; nothing of what could run."""
    words: list[str] = []
    hidden = 0
    for token in _TOKEN.finditer(markup[:_LONGEST]):
        closing, tag, text = token[1], (token[2] or "").lower(), token[0]
        if tag in _SKIPPED:
            hidden = max(0, hidden - 1) if closing else hidden + (not text.endswith("/>"))
        elif hidden:
            continue
        elif tag in _BLOCKS:
            words.append("\n– " if tag == "li" and not closing else "\n")
        elif tag in _CELLS and not closing:
            words.append(" · ")
        elif not tag and not text.startswith(("<!", "<?")):
            words.append(" ".join(unescape(text).split("\n")))
    lines = (" ".join(line.split()).strip(" ·") for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line.strip("– "))


def tidy(text: str) -> str:
    """Plain text without control characters, at most one blank line in a row."""
    cut = text[:_LONGEST].replace("\r\n", "\n")
    kept = "".join(letter for letter in cut if letter in "\n\t" or letter.isprintable())
    lines: list[str] = []
    for line in kept.split("\n"):
        bare = line.rstrip()
        if bare or (lines and lines[-1]):
            lines.append(bare)
    return "\n".join(lines).strip()


def narrative_text(resource: Node) -> str:
    """The XHTML narrative of a resource (its ``text.div``) as plain text."""
    for text in items(resource, "text"):
        markup = text.get("div")
        if isinstance(markup, str):
            return text_of_html(markup)
    return ""


def notes_text(resource: Node) -> str:
    """The notes people wrote on a resource."""
    return "\n\n".join(tidy(note["text"]) for note in items(resource, "note") if isinstance(note.get("text"), str))


def attachments(resource: Node) -> Iterator[Node]:
    """Every Attachment of a document or report."""
    for content in items(resource, "content"):
        yield from items(content, "attachment")
    yield from items(resource, "presentedForm")
    if string(resource, "resourceType") == "Binary":
        yield resource


def attachment_text(attachment: Node) -> str:
    """The text of an attachment that is text or HTML in base64; empty for anything else."""
    kind, _separator, parameters = string(attachment, "contentType").partition(";")
    data = attachment.get("data")
    if not kind.startswith("text/") or not isinstance(data, str):
        return ""
    try:
        raw = b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    text = _decoded(raw, parameters)
    return text_of_html(text) if kind.strip() in ("text/html", "text/xml") else tidy(text)


def _decoded(raw: bytes, parameters: str) -> str:
    named = parameters.partition("charset=")[2].strip().strip("\"'").lower()
    for charset in (named, "utf-8-sig") if named in _CHARSETS else ("utf-8-sig",):
        try:
            return raw.decode(charset)
        except UnicodeError:
            continue
    # Every byte is a letter in Latin-1, the usual charset of old French files.
    return raw.decode("latin-1")
