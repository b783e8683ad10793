"""What leaves the house says nothing: every template, both languages, worst data; and previews are what is sent."""

import html
import re
from dataclasses import fields
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings
from django.template import engines
from django.utils import translation

from consent.categories import Category
from consent.professions import Profession
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Letter
from portal.notifications.wording import Topic, compose, render, render_code
from portal.notifications.words import known_words, three_words
from tests.portal.ward import a_carer, a_patient, browser_of

LANGUAGES = ("fr", "en")
CODE = "004217"
WORDS = ("lanterne", "olivier", "brise")
OF_A_PROFESSIONAL = {
    Kind.EMERGENCY_OF_PATIENT,
    Kind.CASE_OPENED,
    Kind.CASE_DUE,
    Kind.CORRECTION_ASKED,
    Kind.REQUEST_ANSWERED,
}
TOPICS = [Topic(kind, represented) for kind in Kind for represented in (False, True)]
SITE = "https://carnet.example.fr"
# The alphabet of an SMS (GSM 03.38) that texts of ours use: with another character, 70 fit instead of 160.
GSM = set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"()/-+*=@#%&<>_\néèùìòÇØøÅåÄÖÑÜäöñüàÉÆæß"
)
# Words that would tell a neighbour what the house is about, or who came.
BETRAYING = re.findall(
    r"\S+",
    """
    health medical medicine patient doctor physician hospital clinic nurse surgeon surgery disease illness sick symptom
    diagnosis treatment therapy drug prescription allergy laboratory analysis blood scan imaging pregnancy mental psych
    vaccine document result report emergency cancer disability care consultation appointment pharmacy specialist record
    santé médical médecin médecine docteur patient hôpital hospitalier clinique infirmier chirurgie maladie malade
    symptôme diagnostic traitement thérapie médicament ordonnance allergie laboratoire analyse sang imagerie grossesse
    mental psych vaccin document résultat compte-rendu urgence cancer handicap soin consultation rendez-vous pharmacie
    spécialiste biologie radiologie génétique dossier
""",
)
SPECIALTIES = re.findall(
    r"\S+",
    """
    psychiatrist psychiatre oncologist oncologue cardiologist cardiologue gynaecologist gynécologue dermatologist
    dermatologue neurologist neurologue urologist urologue addictologist addictologue geneticist généticien radiologist
    radiologue paediatrician pédiatre geriatrician gériatre endocrinologist endocrinologue rheumatologist rhumatologue
    midwife sage-femme dentist dentiste psychologist psychologue pharmacist pharmacien nurse infirmière biologist
    biologiste podiatrist pédicure physiotherapist kinésithérapeute dietitian diététicien orthophoniste
""",
)
# What asks somebody for something, as letters that imitate us do.
ASKING = re.compile(
    r"\b(please|click|tap|confirm|verify|enter|type|send|reply|call|sign in|log in|give|update|provide|open|visit|pay"
    r"|veuillez|merci de|cliqu\w+|confirm\w+|vérifi(?:er|ez)|saisi\w+|entr(?:er|ez)|tap(?:er|ez)|envoy(?:er|ez)"
    r"|répond(?:re|ez)|appel(?:er|ez)|connectez|identifiez|donn(?:er|ez)|pay(?:er|ez)|ouvrez|consultez)\b",
    re.I,
)


def files():
    return sorted(name for name in engines["jinja2"].env.list_templates() if name.startswith("emails/"))


def everything_that_leaves(words=WORDS):
    """Every message there can be: each topic alone by each way, and many of them together."""
    for language in LANGUAGES:
        for channel in Channel:
            for topics in [[topic] for topic in TOPICS] + [TOPICS]:
                yield language, channel, topics, render(channel, topics, language, words)
            yield language, channel, "code", render_code(channel, language, CODE)


def labels():
    """The names of categories and professions as people read them in both languages, whole and by their words."""
    for language in LANGUAGES:
        with translation.override(language):
            for label in [category.label for category in Category] + [
                str(profession.label) for profession in Profession
            ]:
                yield label
                yield from (word for word in re.findall(r"\w{5,}", label))
    yield from (category.value for category in Category)


@pytest.fixture(autouse=True)
def _a_site_of_usual_length(settings):
    settings.SITE_URL = SITE


def spoken(text):
    """A message without what is its own: its address, and the three words."""
    return text.replace(SITE, "").replace(" ".join(WORDS), "")


def test_every_kind_has_its_words_and_every_file_is_read() -> None:
    kinds = {kind.value for kind in Kind}
    for channel in ("mail", "sms"):
        own = {
            name.removeprefix(f"emails/{channel}/").removesuffix(".txt") for name in files() if f"/{channel}/" in name
        }
        assert own - {"several"} == kinds
    rest = {name for name in files() if name.count("/") == 1}
    codes = {"emails/code_mail.txt", "emails/code_sms.txt", "emails/code_subject.txt"}
    assert rest == {"emails/mail.txt", "emails/sms.txt", "emails/subject.txt", "emails/whose.txt", *codes}


@pytest.mark.asvs("v5.0.0-14.2.3")
def test_no_message_betrays_a_word_of_health_a_category_or_a_profession() -> None:
    forbidden = {word.lower() for word in [*BETRAYING, *SPECIALTIES, *labels()]}
    pattern = re.compile(
        r"(?<!\w)(" + "|".join(re.escape(word) for word in sorted(forbidden, key=len, reverse=True)) + ")", re.I
    )
    for language, channel, topics, message in everything_that_leaves():
        found = pattern.findall(spoken(f"{message.subject}\n{message.text}"))
        assert not found, f"{language} {channel} {topics}: {found}"


def test_the_search_would_find_what_it_looks_for() -> None:
    words = {word.lower() for word in labels()}
    assert {"mental", "génétique", "genetics", "pharmacien", "mental_health"} <= words
    assert ASKING.search("Veuillez confirmer votre mot de passe") and ASKING.search("Click here to sign in")  # noqa: PT018


@pytest.mark.asvs("v5.0.0-14.2.1")
def test_the_only_link_is_the_bare_address_of_the_house() -> None:
    for _language, _channel, _topics, message in everything_that_leaves():
        assert re.findall(r"\S*(?:://|www\.|\.fr\b|\.com\b|/\w+/)\S*", message.text) == [SITE]
        assert "http" not in message.subject
        assert message.html == ""


def test_no_message_asks_for_anything() -> None:
    for language, channel, topics, message in everything_that_leaves():
        said = spoken(f"{message.subject}\n{message.text}")
        assert not ASKING.search(said), f"{language} {channel} {topics}: {ASKING.search(said)}"
        assert "?" not in said


@pytest.mark.asvs("v5.0.0-1.3.11")
def test_nothing_else_can_enter_a_message() -> None:
    """Worst data: whatever a template may name, only kinds, a language, three words and the address are handed over."""
    named = set()
    for name in files():
        source = engines["jinja2"].env.loader.get_source(engines["jinja2"].env, name)[0]
        named |= set(re.findall(r"{{\s*([a-z_.]+)", source)) - {"_"}
    assert named <= {"sentence", "words", "address", "aside", "code", "ngettext"}
    assert {field.name for field in fields(Topic)} == {"kind", "represented", "stop_code"}


def test_a_letter_of_the_worst_person_says_none_of_it(db) -> None:
    patient = a_patient(family="Psychiatre-Hôpital", given="Oncologie")
    doctor = a_carer("psychologist", family="Génétique", given="Cancer")
    for account in (patient.account, doctor.account):
        for kind in Kind:
            letter = Letter(
                account=account, entry_index=7, kind=kind, at=datetime(2001, 2, 3, tzinfo=UTC), represents=uuid4()
            )
            for channel in Channel:
                message = compose(channel, [letter], account.language, three_words(account.pk))
                said = (message.subject + message.text).replace(" ".join(three_words(account.pk)), "").lower()
                for secret in ("psychiatre", "hôpital", "oncologie", "génétique", "cancer", "2001", str(account.pk)):
                    assert secret not in said
                assert str(letter.represents) not in said


def test_each_message_carries_the_three_words_and_its_language() -> None:
    for _language, channel, topics, message in everything_that_leaves():
        # What goes to an address that is not proven yet carries a code, and no word that is somebody's own.
        assert (" ".join(WORDS) in message.text) == (topics != "code")
        assert (CODE in message.text) == (topics == "code")
        assert "%(" not in message.text + message.subject
        assert (message.subject == "") == (channel is Channel.SMS), topics
    assert "Bonjour" in render(Channel.MAIL, [TOPICS[0]], "fr", WORDS).text
    assert "Hello" in render(Channel.MAIL, [TOPICS[0]], "en", WORDS).text


def test_an_sms_fits_in_one_with_the_longest_words() -> None:
    longest = tuple(sorted(known_words(), key=len)[-3:])
    for language, channel, topics, message in everything_that_leaves(longest):
        if channel is Channel.SMS:
            assert len(message.text) <= 160, f"{language} {topics}: {len(message.text)}: {message.text}"
            assert set(message.text) <= GSM, set(message.text) - GSM


def test_what_cannot_wait_says_so_in_its_subject_and_stands_alone_in_an_sms() -> None:
    for language in LANGUAGES:
        calm = render(Channel.MAIL, [Topic(Kind.NEW_DOCUMENT)], language, WORDS)
        for kind in Kind:
            same = render(Channel.MAIL, [Topic(kind)], language, WORDS).subject == calm.subject
            assert same == (kind.traits.urgency is not Urgency.EMERGENCY)
        alone = render(Channel.SMS, [Topic(Kind.EMERGENCY)], language, WORDS)
        assert render(Channel.SMS, [Topic(Kind.ACCESS), Topic(Kind.EMERGENCY)], language, WORDS).text == alone.text


def test_what_happened_twice_is_said_once() -> None:
    once = render(Channel.MAIL, [Topic(Kind.ACCESS)], "en", WORDS).text
    assert render(Channel.MAIL, [Topic(Kind.ACCESS)] * 5, "en", WORDS).text == once
    with pytest.raises(ValueError, match="at least one"):
        render(Channel.MAIL, [], "en", WORDS)


def test_a_mail_is_text_and_not_html() -> None:
    for _language, _channel, _topics, message in everything_that_leaves():
        assert html.unescape(message.text) == message.text
        assert not re.search(r"[<>{}]", message.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_previews_are_what_is_sent(db, language) -> None:
    patient = a_patient()
    patient.account.language = language
    patient.account.save(update_fields=["language"])
    browser = browser_of(patient.account)
    for kind in Kind:
        answer = browser.get(f"/letters/preferences/{kind.value}/")
        if kind in {*OF_A_PROFESSIONAL, Kind.ADDRESS_ASKED}:
            assert answer.status_code == 404
            continue
        shown = html.unescape(answer.content.decode())
        letter = Letter(account=patient.account, entry_index=1, kind=kind, at=datetime.now(UTC))
        for channel in Channel:
            sent = compose(channel, [letter], language, three_words(patient.account.pk))
            assert f'<p class="narrative">{sent.text}</p>' in shown
            assert f"<strong>{sent.subject}</strong>" in shown or channel is Channel.SMS


def test_the_address_in_force_is_bare() -> None:
    assert re.fullmatch(r"https?://[^/?#]+", settings.SITE_URL)
