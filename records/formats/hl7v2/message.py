"""A file of HL7 v2 messages as segments (HL7 v2.5.1, chapter 2): delimiters, repetitions, escapes, charsets.

Real files begin with a byte-order mark, end their lines with LF or CR LF, are framed for the wire (MLLP) and
declare one charset while they are written in another. All are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from records.formats.refusals import Unfit

MAX_BYTES = 10 * 1024 * 1024
MAX_SEGMENTS = 20_000
# The longest segment of the standard has some sixty fields.
_MAX_FIELDS = 400

# Table 0211, as laboratories write it; anything else is tried as UTF-8, then as Windows wrote French.
_CHARSETS = {
    "ASCII": "utf-8",
    "8859/1": "cp1252",
    "8859/15": "iso8859-15",
    "ISO IR100": "cp1252",
    "ISO IR6": "utf-8",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
}
_FRAME = b"\x0b\x1c"
_HEXADECIMAL = re.compile(r"X((?:[0-9A-Fa-f]{2}){1,200})")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Marks:
    """The five letters that a message cuts itself with (MSH-1 and MSH-2)."""

    field: str
    component: str
    repetition: str
    escape: str
    part: str


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """One line of a message. Fields count from 1, as the standard does."""

    name: str
    fields: Sequence[str]
    marks: Marks
    charset: str

    def __repr__(self) -> str:
        return f"<Segment {self.name}>"

    def raw(self, place: int) -> str:
        """A field as it is written, empty when it is missing or says "delete" (two quotes)."""
        told = self.fields[place - 1] if 0 < place <= len(self.fields) else ""
        return "" if told == '""' else told

    def times(self, place: int) -> list[str]:
        """The repetitions of a field as they are written."""
        return [one for one in self.raw(place).split(self.marks.repetition) if one]

    def texts(self, place: int) -> list[str]:
        """The repetitions of a field, unescaped."""
        return [self.plain(one) for one in self.times(place)]

    def parts(self, place: int) -> list[str]:
        """The components of the first repetition, unescaped."""
        return self.cut(next(iter(self.times(place)), ""))

    def part(self, place: int, component: int = 1) -> str:
        """One component of the first repetition, unescaped, empty when it is missing."""
        return at(self.parts(place), component)

    def cut(self, written: str) -> list[str]:
        """The components of one repetition, unescaped."""
        return [self.plain(part) for part in written.split(self.marks.component)]

    def plain(self, written: str) -> str:
        """The text behind the escapes (2.7): delimiters, new lines, bytes in hexadecimal; others are dropped."""
        escape = self.marks.escape
        told = written
        if escape and escape in written:
            pieces = written.split(escape)
            # Text and commands take turns; one escape alone is a letter of the text.
            commands = [self._command(piece) if place % 2 else piece for place, piece in enumerate(pieces)]
            told = "".join(commands if len(pieces) % 2 else [*commands[:-1], escape, pieces[-1]])
        return _CONTROL.sub("", told).strip()

    def _command(self, command: str) -> str:
        marks = self.marks
        known = {
            "F": marks.field,
            "S": marks.component,
            "T": marks.part,
            "R": marks.repetition,
            "E": marks.escape,
            ".br": "\n",
            ".sp": "\n",
        }
        if command in known:
            return known[command]
        if found := _HEXADECIMAL.fullmatch(command):
            return bytes.fromhex(found[1]).decode(self.charset, "replace").replace("\r", "\n")
        return ""


def at(parts: Sequence[str], place: int) -> str:
    """The part at ``place`` (from 1), empty when it is missing."""
    return parts[place - 1] if 0 < place <= len(parts) else ""


def read_messages(raw: bytes) -> list[list[Segment]]:
    """The messages of a file, each from its MSH on.

    Raises:
        Unfit: too large, too many lines, or no message.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    bare = raw.removeprefix(b"\xef\xbb\xbf").strip(_FRAME + b"\r\n \t")
    charset = _charset(bare)
    lines = re.split(r"[\r\n]+", bare.decode(charset, "replace"))
    if len(lines) > MAX_SEGMENTS:
        raise Unfit("too-many", most=MAX_SEGMENTS)
    messages: list[list[Segment]] = []
    marks: Marks | None = None
    for line in lines:
        told = line.strip("\x0b\x1c \t\ufeff")
        if told.startswith("MSH"):
            marks = _marks(told)
            messages.append([])
        # Batches wrap messages in FHS, BHS, BTS and FTS, which say nothing of a patient.
        if marks is None or not told or told[:3] in ("FHS", "BHS", "BTS", "FTS"):
            continue
        messages[-1].append(_segment(told, marks, charset))
    if not messages:
        raise Unfit("not-hl7")
    return messages


def _segment(told: str, marks: Marks, charset: str) -> Segment:
    name, *fields = told.split(marks.field, _MAX_FIELDS)
    # MSH-1 is the separator itself.
    return Segment(name[:3], [marks.field, *fields] if name == "MSH" else fields, marks, charset)


def _marks(line: str) -> Marks:
    if len(line) < 8:
        raise Unfit("not-hl7")
    field, written = line[3], line[4:].split(line[3])[0]
    # The escape and the part are optional; what is missing is what everybody writes.
    four = (written + "^~\\&"[len(written) :])[:4]
    if len({field, *four}) < 5 or any(mark.isalnum() or mark.isspace() for mark in field + four):
        raise Unfit("not-hl7")
    return Marks(field, four[0], four[1], four[2], four[3])


def _charset(raw: bytes) -> str:
    """The charset that MSH-18 names when the bytes agree, else UTF-8, else Windows-1252."""
    head = re.split(rb"[\r\n]", raw, maxsplit=1)[0][:4096]
    start = head.find(b"MSH")
    fields = head[start:].split(head[start + 3 : start + 4]) if 0 <= start < len(head) - 3 else []
    named = fields[17].split(b"~")[0].decode("ascii", "replace").strip().upper() if len(fields) > 17 else ""
    for charset in (_CHARSETS.get(named, "utf-8"), "utf-8"):
        try:
            raw.decode(charset)
        except UnicodeDecodeError:
            continue
        return charset
    return "cp1252"
