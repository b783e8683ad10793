"""The patient summary on paper: a PDF of one page or a few, for somebody who has no computer at hand.

It is made here (fpdf2), with the fonts that every reader of PDF has: no file of anybody is opened, nothing is fetched,
and the file runs nothing. Those fonts know Windows-1252; what they do not know is written with the letters they have.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from portal.takeaway.summary import chosen_of, parts_of
from portal.ui.formatting import day, moment
from records.formats.fhir.ips import CODES, REQUIRED, Part
from records.taking_summary import SummaryShare

_FONT, _CHARSET = "helvetica", "windows-1252"
_INK, _QUIET, _ALERT = (20, 24, 32), (84, 92, 108), (160, 20, 30)
# Millimetres.
_MARGIN, _LINE = 16.0, 5.2
_SIGNS = str.maketrans(
    {"≥": ">=", "≤": "<=", "−": "-", "→": "->", "μ": "µ", "\u202f": "\xa0", "\u2009": " ", "Ł": "L", "ł": "l"}
    | dict(zip("⁰¹⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉", ["^0", "^1", *(f"^{n}" for n in range(4, 10)), "^-", *"0123456789"], strict=True))
)


class _Paper(FPDF):
    """A sheet with its number at the foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.core_fonts_encoding = _CHARSET
        self._foot = foot
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=20)

    def footer(self) -> None:
        """Whose it is and which page, on each page: sheets come apart."""
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_QUIET)
        self.cell(0, 4, f"{self._foot} · {self.page_no()} / {{nb}}", align="C")


def summary_pdf(share: SummaryShare) -> bytes:
    """The summary as a PDF, in the active language."""
    identity, parts = share.identity, parts_of(chosen_of(share))
    title = gettext("Medical summary of %(name)s") % {"name": identity.full_name}
    born = gettext("born on %(day)s") % {"day": day(identity.birth_date)}
    paper = _Paper(printable(f"{identity.full_name}, {born}"))
    paper.set_title(printable(title))
    paper.set_creator("Carnet")
    paper.add_page()
    _write(paper, title, size=17, bold=True, after=1)
    facts = [
        born,
        gettext("national health number %(number)s") % {"number": identity.ins} if identity.ins else "",
        gettext("as of %(moment)s") % {"moment": moment(share.at)},
    ]
    _write(paper, " · ".join(filter(None, facts)), size=10, colour=_QUIET, after=3)
    for name in CODES:
        if name in REQUIRED or parts[name].lines:
            _section(paper, parts[name], alert=name == "allergies")
    _write(paper, _what_it_is(), size=8.5, colour=_QUIET, before=3)
    return bytes(paper.output())


def _what_it_is() -> str:
    return gettext(
        "Made from what is in Carnet. What was never entered is missing, and so is what you hide from your own screens."
        " Mental health, maternity and sexual health, genetics and social care are never on this page."
    )


def _section(paper: FPDF, part: Part, *, alert: bool) -> None:
    # A heading alone at the foot of a page is read with nothing under it.
    if paper.will_page_break(3 * _LINE + 6):
        paper.add_page()
    _write(paper, part.title, size=12, bold=True, colour=_ALERT if alert and part.lines else _INK, before=3, after=0.5)
    paper.set_draw_color(*_QUIET)
    paper.line(_MARGIN, paper.get_y(), paper.w - _MARGIN, paper.get_y())
    paper.ln(1)
    for what, details, when in part.lines:
        _write(paper, what, size=10.5, bold=True)
        if told := " · ".join(filter(None, (details, when))):
            _write(paper, told, size=9.5, colour=_QUIET, after=1)
    if not part.lines:
        _write(paper, part.nothing, size=10)


def _write(
    paper: FPDF,
    text: str,
    *,
    size: float,
    bold: bool = False,
    colour: tuple[int, int, int] = _INK,
    before: float = 0,
    after: float = 0,
) -> None:
    if before:
        paper.ln(before)
    paper.set_font(_FONT, style="B" if bold else "", size=size)
    paper.set_text_color(*colour)
    paper.multi_cell(0, size * 0.5, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
    if after:
        paper.ln(after)


def printable(text: str) -> str:
    """``text`` in the signs of the fonts: accents that they lack fall, and what has no letter there becomes ``?``."""
    return "".join(_signs(text.translate(_SIGNS)))


def _signs(text: str) -> Iterable[str]:
    for sign in unicodedata.normalize("NFC", text):
        if _known(sign):
            yield sign
        else:
            plain = "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
            yield plain if plain and all(map(_known, plain)) else "?"


def _known(sign: str) -> bool:
    try:
        sign.encode(_CHARSET)
    except UnicodeEncodeError:
        return False
    return True
