"""XML of strangers to a small tree: no document type, no entity, nothing fetched, bounded depth and size.

Every attack of the XML family (external entities, expansion, external DTD) starts with a document type
declaration: the first one met stops the parser (https://www.w3.org/TR/xml/#sec-prolog-dtd).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from records.formats.refusals import Unfit

MAX_BYTES = 10 * 1024 * 1024
# The deepest real document given has 31 levels.
MAX_DEPTH = 100
# The largest has 4 000.
MAX_ELEMENTS = 200_000
MAX_ATTRIBUTES = 400_000

V3 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Element:
    """An element: its name (bare when it is of HL7 v3, ``{namespace}name`` otherwise), attributes and content."""

    __slots__ = ("attributes", "content", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.content: list[Element | str] = []

    def get(self, attribute: str) -> str:
        """An attribute on one line, empty when it is missing."""
        return " ".join(self.attributes.get(attribute, "").split())

    @property
    def children(self) -> list[Element]:
        """The elements inside, in their order."""
        return [part for part in self.content if isinstance(part, Element)]

    def all(self, *path: str) -> list[Element]:
        """Every element at the end of ``path``."""
        found = [self]
        for name in path:
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def first(self, *path: str) -> Element:
        """The first element at the end of ``path``; one without anything when there is none."""
        found = self.all(*path)
        return found[0] if found else Element("", {})

    def within(self, name: str) -> Iterator[Element]:
        """Every element of that name at any depth, in the order of the file."""
        stack = [self]
        while stack:
            element = stack.pop()
            if element.name == name:
                yield element
            stack.extend(reversed(element.children))

    @property
    def text(self) -> str:
        """All the text inside, as it is written."""
        told: list[str] = []
        stack: list[Element | str] = [self]
        while stack:
            part = stack.pop()
            if isinstance(part, str):
                told.append(part)
            else:
                stack.extend(reversed(part.content))
        return "".join(told)

    @property
    def line(self) -> str:
        """All the text inside, on one line."""
        return " ".join(self.text.split())

    def __bool__(self) -> bool:
        return bool(self.name)


def parse(raw: bytes) -> Element:
    """The root of the file.

    Raises:
        Unfit: too large, too deep, too many parts, not XML, or with a document type.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    # Text in whole runs: one call per letter would be a way to be slow.
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        raise Unfit("not-xml", line=getattr(problem, "lineno", 1)) from None
    if builder.root is None:
        raise Unfit("not-xml", line=1)
    return builder.root


def _refuse(*_told: object) -> NoReturn:
    raise Unfit("doctype")


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0
        self._attributes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._attributes += len(attributes)
        if self._elements > MAX_ELEMENTS or self._attributes > MAX_ATTRIBUTES:
            raise Unfit("too-many", most=MAX_ELEMENTS)
        if len(self._open) >= MAX_DEPTH:
            raise Unfit("too-deep", depth=MAX_DEPTH)
        element = Element(_named(name), {_named(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, told: str) -> None:
        self._open[-1].content.append(told)


def _named(name: str) -> str:
    space, separator, bare = name.rpartition("}")
    if not separator or space == V3:
        return bare
    return "xsi:type" if space == XSI and bare == "type" else f"{{{space}}}{bare}"
