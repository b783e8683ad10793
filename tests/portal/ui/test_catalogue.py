"""The French catalogue is whole: every msgid of the code and the templates, none fuzzy, formats kept."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

TOP = Path(__file__).resolve().parents[3]
LOCALE = TOP / "portal" / "locale"
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(
    ["_", "gettext_noop", "gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2"]
)
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[sdf]")


@pytest.fixture(scope="module")
def catalogue():
    with (LOCALE / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


@pytest.fixture(scope="module")
def wanted():
    with (LOCALE / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(TOP, methods, options, keywords=KEYWORDS)
    return {(message, context): path for path, _, message, _, context in found}


def one(message):
    return message if isinstance(message, str) else message[0]


def test_every_message_is_translated(catalogue, wanted):
    missing = []
    for (message, context), path in wanted.items():
        known = catalogue.get(one(message), context)
        strings = (known.string,) if known and isinstance(known.string, str) else (known.string if known else ("",))
        if not all(strings):
            missing.append(f"{path}: {message}")
    assert not missing, "not in the French catalogue:\n" + "\n".join(missing)


def test_nothing_is_fuzzy_and_nothing_is_left_over(catalogue, wanted):
    ids = {one(message) for message, _ in wanted}
    assert not [message.id for message in catalogue if message.id and message.fuzzy]
    assert not catalogue.obsolete
    left_over = [message.id for message in catalogue if message.id and one(message.id) not in ids]
    assert not left_over, f"no longer used: {left_over}"


def test_placeholders_are_kept(catalogue):
    for message in catalogue:
        if not message.id:
            continue
        expected = set(PLACEHOLDER.findall(" ".join([message.id] if isinstance(message.id, str) else message.id)))
        for string in [message.string] if isinstance(message.string, str) else message.string:
            assert set(PLACEHOLDER.findall(string)) <= expected, message.id
        if isinstance(message.id, str):
            assert set(PLACEHOLDER.findall(message.string)) == expected, message.id


def test_french_is_set_as_french_is(catalogue):
    """Typographic apostrophes, and spaces that do not break before double punctuation."""
    wrong = []
    for message in catalogue:
        for string in [message.string] if isinstance(message.string, str) else message.string:
            plain = PLACEHOLDER.sub("x", string)
            if message.id and re.search(r"\w'\w|(?<=\w) [!?;:»]|« ", plain):
                wrong.append(string)
    assert not wrong


def test_no_sentence_hides_in_an_f_string():
    """Before Python 3.12 the extraction does not see into f-strings: such a sentence would stay English."""
    sources = [path for room in ("audit", "consent", "records", "portal") for path in (TOP / room).rglob("*.py")]
    hidden = [path.name for path in sources if re.search(r"\bf\"[^\"\n]*\{_\('", path.read_text(encoding="utf-8"))]
    assert not hidden
