"""Words that were looked for, marked where they stand in a text."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from markupsafe import Markup, escape

from records.folding import folded, folded_with_places
from records.seeking import Where, Word

_PLACES: dict[Where, Promise] = {
    Where.TITLE: _("the title"),
    Where.PLAIN: _("the everyday name"),
    Where.AUTHOR: _("the author"),
    Where.PLACE: _("the place"),
    Where.VALUE: _("the value"),
    Where.CODE: _("the code"),
    Where.DATE: _("the date"),
    Where.CATEGORY: _("the category"),
}


def place_found(where: Where) -> str:
    """The part of a row, as a word of a sentence."""
    return str(_PLACES[where])


def highlighted(text: str, words: Sequence[Word]) -> Markup:
    """The text, escaped, with what was looked for marked; accents and case of the text stay as they are."""
    if not words or not any(word.inside(folded(text)) for word in words):
        return escape(text)
    plain, places = folded_with_places(text)
    marked = [False] * len(text)
    for word in words:
        start = plain.find(word.text)
        while start >= 0:
            if _begins(plain, start, word):
                for place in places[start : start + len(word.text)]:
                    marked[place] = True
            start = plain.find(word.text, start + 1)
    pieces: list[Markup] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marked[place] is not marked[begin]:
            piece = escape(text[begin:place])
            pieces.append(Markup("<mark>%s</mark>") % piece if marked[begin] else piece)
            begin = place
    return Markup("").join(pieces)


def _begins(plain: str, start: int, word: Word) -> bool:
    """Whether a short word or a number stands at the beginning of a word, as it must to be found."""
    return word.inside(plain[max(start - 1, 0) : start + len(word.text)])
