"""The text of a document for its reader: narrative blocks (CDA R2, 4.3.5) to a few tags of XHTML.

Only what is listed here is written, and attributes are written by us: no script, style, link, image or
handler can come through, because nothing is copied.
"""

from __future__ import annotations

from html import escape

from records.formats.cda.xml import Element
from records.formats.parts import Made

# What a person can scroll through (the same as the limit of the pages, with room for tags).
_LONGEST = 400_000

_WRITTEN = {
    "paragraph": "p",
    "caption": "p",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tfoot": "tfoot",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "item": "li",
    "sub": "sub",
    "sup": "sup",
    "footnote": "p",
}
_HIDDEN = frozenset({"script", "style", "iframe", "object", "embed", "template", "svg", "math", "renderMultiMedia"})


def narrative(body: Element) -> Made:
    """The Narrative of a structured body, empty when no section has a word."""
    words = _Words()
    for section in body.all("component", "section"):
        _section(section, words, 2)
    inner = "".join(words.told)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'} if inner else {}


class _Words:
    """Markup as it is written, up to a length; whole tags only."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._room = _LONGEST

    def say(self, text: str) -> None:
        made = escape(text, quote=False)
        if len(made) <= self._room:
            self._room -= len(made)
            self.told.append(made)

    def tag(self, tag: str) -> None:
        self.told.append(tag)

    @property
    def full(self) -> bool:
        return self._room <= 0 or len(self.told) > _LONGEST


def _section(section: Element, words: _Words, level: int) -> None:
    if words.full:
        return
    if title := section.first("title").line:
        words.tag(f"<h{level}>")
        words.say(title)
        words.tag(f"</h{level}>")
    for text in section.all("text"):
        words.tag("<div>")
        _blocks(text, words)
        words.tag("</div>")
    for below in section.all("component", "section"):
        _section(below, words, min(level + 1, 6))


def _blocks(element: Element, words: _Words) -> None:
    for part in element.content:
        if isinstance(part, str):
            words.say(part)
        elif part.name.rpartition("}")[2] not in _HIDDEN and not words.full:
            _block(part, words)


def _block(element: Element, words: _Words) -> None:
    if element.name == "br":
        words.tag("<br/>")
        return
    tag = _tag(element)
    if tag:
        words.tag(f"<{tag}>")
    _blocks(element, words)
    if tag:
        words.tag(f"</{tag}>")


def _tag(element: Element) -> str:
    if element.name == "list":
        return "ol" if element.get("listType") == "ordered" else "ul"
    if element.name == "content" and "Bold" in element.get("styleCode"):
        return "b"
    return _WRITTEN.get(element.name, "")
