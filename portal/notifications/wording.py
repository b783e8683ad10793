"""What a mail or an SMS says: neutral words, no link but the bare address of the house.

Only these enter a message: kinds of letters, whether they are about somebody else, a language, and
the three words of the reader. No name, date, number or text of a record can be handed over.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from portal.accounts.recoveries import stop_code
from portal.notifications.held import WAITS
from portal.notifications.kinds import Channel, Kind, Message, Urgency
from portal.notifications.models import Letter
from portal.notifications.words import Words

# What typography adds in a catalogue and the alphabet of an SMS (GSM 03.38) has not: with one such
# character the message would be counted in parts of 70 characters instead of 160.
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "\u00a0": " ", "\u202f": " "}) | {
    ord("…"): "...",
    ord("–"): "-",
    ord("œ"): "oe",
}
# Where a code would stand, in a preview and in a letter whose recovery was stopped meanwhile.
_NO_CODE = "XXXX-XXXX"
_GSM_ACCENTS = frozenset("éèùìòÇØøÅåÄÖÑÜäöñüàÉÆæß")


@dataclass(frozen=True, slots=True)
class Topic:
    """What one letter is about; ``represented`` when it concerns somebody for whom the reader acts."""

    kind: Kind
    represented: bool = False
    # What stops a recovery of the account, typed at our usual address; only such a letter has one.
    stop_code: str = _NO_CODE


def compose(channel: Channel, letters: Sequence[Letter], language: str, words: Words, *, code: str = "") -> Message:
    """One message for these letters of one person, in their language and with their three words.

    With a ``code`` it goes to an address that is not proven to be theirs: the words stay at home.
    """
    if code:
        return render_code(channel, language, code)
    topics = [Topic(Kind(letter.kind), letter.represents is not None, _stop_code_for(letter)) for letter in letters]
    return render(channel, topics, language, words)


def render_code(channel: Channel, language: str, code: str) -> Message:
    """What goes to an address that shall prove that it is read by who typed it."""
    with translation.override(language):
        context = {"code": code, "minutes": int(WAITS.total_seconds() // 60), "address": settings.SITE_URL}
        if channel is Channel.SMS:
            return Message(text=_plain(_text("code_sms", context)))
        return Message(subject=_one_line(_text("code_subject", {})), text=f"{_text('code_mail', context)}\n")


def render(channel: Channel, topics: Iterable[Topic], language: str, words: Words) -> Message:
    """The words that leave by this way; topics that come twice are said once.

    Raises:
        ValueError: there is nothing to tell.
    """
    told = list(dict.fromkeys(topics))
    if not told:
        raise ValueError("topics=[]: expected at least one")
    with translation.override(language):
        if channel is Channel.SMS:
            return Message(text=_plain(_file("sms", _sms_lines(told), words)))
        urgent = any(topic.kind.traits.urgency is Urgency.EMERGENCY for topic in told)
        text = _file("mail", [_sentence("mail", topic) for topic in told], words)
        return Message(subject=_one_line(_text("subject", {"urgent": urgent})), text=f"{text}\n")


def said_in_portal(letter: Letter) -> str:
    """What the portal says of a letter, in the language in force; of somebody else's Carnet never "your record"."""
    if letter.represents is None:
        return letter.sentence
    return _sentence("mail", Topic(Kind(letter.kind), represented=True))


def _stop_code_for(letter: Letter) -> str:
    return (stop_code(letter.account_id) if letter.kind == Kind.RECOVERY_ASKED else "") or _NO_CODE


def _sms_lines(told: Sequence[Topic]) -> list[str]:
    """One sentence: several letters are announced together, the most urgent alone."""
    urgent = [topic for topic in told if topic.kind.traits.urgency is Urgency.EMERGENCY]
    chosen = urgent or told
    return [_sentence("sms", chosen[0]) if len(chosen) == 1 else _one_line(_text("sms/several", {}))]


def _sentence(channel: str, topic: Topic) -> str:
    return _one_line(
        _text(f"{channel}/{topic.kind.value}", {"represented": topic.represented, "code": topic.stop_code})
    )


def _file(name: str, sentences: Sequence[str], words: Words) -> str:
    return _text(name, {"sentences": sentences, "words": " ".join(words), "address": settings.SITE_URL})


def _text(name: str, context: dict[str, object]) -> str:
    # Templates escape for HTML, as those of pages must; a mail is text.
    return html.unescape(render_to_string(f"emails/{name}.txt", context)).strip()


def _one_line(text: str) -> str:
    # Not str.split, which would also break at the spaces that French does not break at.
    return re.sub(r"[ \n]+", " ", text).strip()


def _plain(text: str) -> str:
    """The same text in the alphabet of an SMS: accents it does not have fall off."""
    spelled = text.translate(_PLAIN)
    kept = (char if char in _GSM_ACCENTS else unicodedata.normalize("NFD", char)[0] for char in spelled)
    return _one_line("".join(kept))
