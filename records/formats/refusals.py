"""Why a reader of another format refuses a file: a token and whole numbers.

A reader runs in a process of its own, where no language is set; the sentence is made outside
(``records.formats.sentences``). A reader that was taken over could say no more than that.
"""

from __future__ import annotations


class Unfit(Exception):
    """A file that a reader refuses: a token of ``records.formats.sentences`` and the whole numbers of its sentence."""

    def __init__(self, token: str, **facts: int) -> None:
        super().__init__(token)
        self.token = token
        self.facts = facts
