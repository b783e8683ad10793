"""Text of a resource as plain text: XHTML narratives, notes, attached texts.

Nothing here keeps markup, so nothing of it can run: a page escapes what it gets as any other text.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser

from records.formats.fhir.elements import Node, items, string

# What a person can scroll through; a longer text is a document of its own.
_LONGEST = 200_000
_SKIPPED = frozenset({"script", "style", "iframe", "object", "embed", "template", "svg", "math", "head", "noscript"})
_BLOCK_TAGS = "p div section article table tr ul ol li h1 h2 h3 h4 h5 h6 br hr pre blockquote dl dt dd"
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CELLS = frozenset({"td", "th"})


class _Reader(HTMLParser):
    """Collects the words of a page, one line per block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (attributes are dropped)
        if tag in _SKIPPED:
            self._hidden += 1
        elif tag == "li":
            self.lines.append("– ")
        elif tag in _BLOCKS:
            self.lines.append("")
        elif tag in _CELLS and self.lines[-1]:
            self.lines[-1] += " · "

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.lines[-1] += data


def text_of_html(markup: str) -> str:
    """The words of an HTML or XHTML fragment, one line per paragraph; nothing of what could run."""
    reader = _Reader()
    reader.feed(markup[:_LONGEST])
    reader.close()
    lines = (" ".join(line.split()).strip(" ·") for line in reader.lines)
    return "\n".join(line for line in lines if line.strip("– "))


def tidy(text: str) -> str:
    """Plain text without control characters, at most one blank line in a row."""
    kept = "".join(
        letter for letter in text.replace("\r\n", "\n") if letter == "\n" or letter.isprintable() or letter == "\t"
    )
    lines: list[str] = []
    for line in kept[:_LONGEST].split("\n"):
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
    named = parameters.partition("charset=")[2].strip().strip("\"'")
    for charset in (named, "utf-8-sig"):
        try:
            return raw.decode(charset) if charset else raw.decode()
        except (LookupError, UnicodeError, ValueError):
            continue
    # Every byte is a letter in Latin-1, the usual charset of old French files.
    return raw.decode("latin-1")
