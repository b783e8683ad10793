"""Who may come to which address, by which method: every address of the house, tried as everybody.

``access_matrix.txt`` holds one line for each address and method with what everybody is answered. An address that is not
there fails, and so does any answer that is another one; after a deliberate change, ``CARNET_MATRIX=write`` writes the
file anew, and the difference is read before it is kept.

Somebody else's object and one that does not exist are answered byte for byte alike, headers included, once the nonce,
the token and the identifiers of request and object are blanked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from audit.models import Entry
from consent.categories import Category
from consent.models import (
    AccessRequest,
    Choice,
    Emergency,
    Membership,
    Opposition,
    Representation,
    ReviewingDoctor,
)
from portal.accounts.models import SealedTOTPDevice
from portal.notifications.models import Letter
from portal.oversight.models import Case
from portal.switching import ACTING_KEY
from records.correcting import answer, ask_correction
from records.formats.fhir.bundle import to_json
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.reading import open_overview
from records.reasons import seal_words
from records.writing import deposit
from tests.portal import ward

FILE = Path(__file__).with_name("access_matrix.txt")
# In this order: who may change most comes last.
EVERYBODY = (
    "anonymous", "other", "expired", "adviser", "out_of_care", "admin", "reviewer", "carer", "in_care", "owner",
)  # fmt: skip
# To whom nothing of the patient is open, whatever the address.
STRANGERS = ("anonymous", "other", "expired", "adviser", "out_of_care")
# These end the session that sends them.
ENDING = {"accounts:sign_out", "accounts:session_end", "accounts:sessions_end", "accounts:language"}
PLAIN = {
    "category": "laboratory", "part": "results", "kind": "emergency", "act": "end", "key": "0" * 32, "number": 7,
    "level": 0, "place": "000", "revision": 1,
}  # fmt: skip
# What is public in the directory, so that a known one may be answered otherwise than an unknown one.
DIRECTORY = {"professional_id", "organisation_id"}
_UNSAFE = ("PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Address:
    """One address: its name, and what its parts are called."""

    name: str
    parts: tuple[str, ...]

    def of(self, known: dict[str, object]) -> str:
        """The address with these parts."""
        return reverse(self.name, kwargs={part: known[part] for part in self.parts})

    @property
    def names_an_object(self) -> bool:
        """Whether something of one person is named in it."""
        return any(part not in PLAIN and part not in DIRECTORY for part in self.parts)


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[Address]:
    """Every address of the house, static files aside."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            yield Address(f"{space}{each.name}", tuple(each.pattern.converters))
        else:
            yield from addresses(each, f"{space}{each.namespace}:" if each.namespace else space)


class World:
    """One patient with something of every kind, and everybody who might come to it."""

    def __init__(self) -> None:
        self.owner, self.carer, self.expired, self.other = (
            ward.a_patient(family) for family in ("Quintrec", "Abalain", "Kerdraon", "Le Goff")
        )
        self.in_care, self.out_of_care, self.reviewer, self.rescuer = (
            ward.a_carer(family=family) for family in ("Abgrall", "Morvan", "Tanguy", "Riou")
        )
        ward.in_care(self.owner, self.in_care)
        self.admin, self.adviser = (ward.an_account(role) for role in ("administrator", "adviser"))
        self.known: dict[str, object] = self._objects() | PLAIN
        self.clients = {who: self._client(who) for who in EVERYBODY}

    def _objects(self) -> dict[str, object]:
        dossier, person = self.owner.ref.id, self.in_care.person
        now = timezone.now()
        since = (now - timedelta(hours=2), None)
        acting = {"kind": "carer", "categories": [Category.LABORATORY.value], "dossier": dossier}
        Representation.objects.create(account=self.carer.account, during=since, **acting)
        ended = (now - timedelta(days=3), now - timedelta(days=1))
        over = Representation.objects.create(account=self.expired.account, during=ended, **acting)
        place = self.rescuer.organisation
        Membership.objects.create(professional=self.reviewer.person, organisation=place, during=since)
        ReviewingDoctor.objects.create(professional=self.reviewer.person, organisation=place, during=since)
        emergency_id = uuid4()
        with transaction.atomic():
            words = seal_words(dossier, emergency_id, "Sans connaissance")
        emergency = Emergency.objects.create(
            id=emergency_id, dossier=dossier, professional=self.rescuer.person, reason_code="unconscious",
            sealed_reason=words.blob, key_version=words.key_version, digest=words.digest,
            during=(now - timedelta(minutes=90), now - timedelta(minutes=30)),
        )  # fmt: skip
        choice = Choice.objects.create(
            dossier=dossier, professional=person, category="imaging", right="read", allowed=False, during=since
        )
        opposition = Opposition.objects.create(dossier=dossier, professional=self.rescuer.person, during=since)
        request = AccessRequest.objects.create(
            dossier=dossier, professional=person, category="imaging", purpose="treatment", asked_at=now
        )
        record = self._put_right_once()
        correction = ask_correction(actor=self.owner.actor, record_id=record, words="Ce n’est pas le mien.")
        open_overview(actor=self.in_care.actor, dossier_id=dossier)
        line = Entry.objects.filter(actor=self.in_care.account.pk).latest("at")
        case = Case.objects.create(
            entry=uuid4(), entry_at=now, event=line.event, dossier=dossier, pseudonym=self.owner.ref.pseudonym,
            actor=self.in_care.account.pk, due_at=now + timedelta(days=7),
        )  # fmt: skip
        letter = Letter.objects.create(account=self.owner.account, entry_index=0, kind="first_access", at=now)
        mine: dict[str, object] = {
            "dossier_id": dossier, "record_id": record, "emergency_id": emergency.id, "choice_id": choice.id,
            "opposition_id": opposition.id, "request_id": request.id, "representation_id": over.id,
            "entry_id": line.id, "case_id": case.id, "letter_id": letter.id, "correction_id": correction,
            "professional_id": person.id, "organisation_id": self.in_care.organisation.id,
        }  # fmt: skip
        # Of these the patient has none: what is answered is the same as for an unknown one.
        named = {part for address in addresses() for part in address.parts}
        return {part: uuid4() for part in sorted(named)} | mine

    def _put_right_once(self) -> UUID:
        """A result of the professional in care, with the version before it was put right."""
        resource = ward.exact(ward.a_result())
        header, written = header_of(resource, References()), to_json(resource)
        place = {"actor": self.in_care.actor, "dossier_id": self.owner.ref.id, "category": Category.LABORATORY}
        record = deposit(**place, header=header, resource=written)
        asked = ask_correction(actor=self.owner.actor, record_id=record, words="L’unité est fausse.")
        answer(actor=self.in_care.actor, correction_id=asked, done=True, words="", title="Ferritine")
        return record

    def _client(self, who: str) -> Client:
        if who == "anonymous":
            return Client()
        person = getattr(self, who)
        account = getattr(person, "account", person)
        # One that was begun on a page and never proven.
        SealedTOTPDevice.objects.filter(user=account, confirmed=False).delete()
        client = ward.browser_of(account)
        if who == "carer":
            session = client.session
            session[ACTING_KEY] = str(self.owner.ref.id)
            session.save()
        return client

    def ask(self, who: str, address: Address, method: str, parts: dict[str, object]) -> HttpResponse:
        """The answer to one request; an address that ends the session leaves a new one behind."""
        answer = self.clients[who].generic(method, address.of(parts))
        if method == "POST" and address.name in ENDING:
            self.clients[who] = self._client(who)
        return answer

    def unknown(self) -> dict[str, object]:
        """The same parts, of nobody."""
        return {part: uuid4() if isinstance(value, UUID) else value for part, value in self.known.items()}


@pytest.fixture
def world(db: object) -> World:
    return World()


def read_matrix() -> dict[str, str]:
    """By address and method, the answers to everybody in their order."""
    rows = (line.split(maxsplit=2) for line in FILE.read_text().splitlines() if line and not line.startswith("#"))
    return {f"{name} {method}": " ".join(answers.split()) for name, method, answers in rows}


def _write(found: dict[str, str]) -> None:
    head = f"# {'address':38}{'method':7}{' '.join(EVERYBODY)}\n"
    lines = (f"{key.split()[0]:40}{key.split()[1]:7}{answers}\n" for key, answers in found.items())
    FILE.write_text(head + "".join(lines))


def _answers(world: World, address: Address, method: str) -> str:
    return " ".join(str(world.ask(who, address, method, world.known).status_code) for who in EVERYBODY)


def test_everybody_is_answered_as_the_matrix_says(world: World) -> None:
    everywhere = list(addresses())
    found = {
        f"{each.name} {method}": _answers(world, each, method) for method in ("GET", "POST") for each in everywhere
    }
    if os.environ.get("CARNET_MATRIX") == "write":
        _write(dict(sorted(found.items())))
    expected = read_matrix()
    missing = sorted(found.keys() - expected.keys())
    assert missing == [], "addresses without a line in access_matrix.txt"
    assert {key: found.get(key) for key in expected if found.get(key) != expected[key]} == {}


# What a stranger is shown at the address of an object, with the reason; it is the same for one that does not exist.
SHOWN_TO_STRANGERS = {
    "keeping:download": "the page that asks for a fresh proof, before anything is looked for",
    "professional:emergency": "the form that breaks the glass, for whoever is not in care",
}
OF_PATIENTS = {"patient", "papers", "health", "keeping", "questions", "corrections"}
OF_PROFESSIONALS = {"professional", "filing", "caring", "explaining", "reviewing", "correcting"}


def test_the_matrix_opens_nothing_to_a_stranger() -> None:
    # Whatever was written into the file, these hold.
    by_name = {each.name: each for each in addresses()}
    for key, answers in read_matrix().items():
        name, method = key.split()
        told = dict(zip(EVERYBODY, map(int, answers.split()), strict=True))
        space = name.partition(":")[0]
        assert max(told.values()) < 500, key
        if space in OF_PATIENTS:
            assert {told[who] for who in ("adviser", "out_of_care", "admin", "reviewer", "in_care")} <= {403, 405}, key
        if space in OF_PROFESSIONALS:
            assert {told[who] for who in ("other", "expired", "adviser", "admin", "carer", "owner")} <= {403, 405}, key
        if space == "administration":
            assert {told[who] for who in EVERYBODY if who not in {"admin", "anonymous"}} <= {403, 405}, key
        if space in OF_PATIENTS | OF_PROFESSIONALS | {"administration", "notifications"}:
            assert told["anonymous"] in {302, 404}, key
        if by_name[name].names_an_object and method == "GET" and name not in SHOWN_TO_STRANGERS:
            assert all(told[who] != 200 for who in STRANGERS), key


def _who_comes_in(address: Address) -> str:
    """Somebody to whom this address opens, or anybody: whoever sees it could do the most there."""
    answers = read_matrix()[f"{address.name} GET"].split()
    return next((who for who, status in zip(EVERYBODY, answers, strict=True) if status == "200"), "in_care")


def test_no_other_method_does_anything(world: World) -> None:
    for address in addresses():
        who = _who_comes_in(address)
        for method in _UNSAFE:
            status = world.ask(who, address, method, world.known).status_code
            assert status in {302, 403, 404, 405, 503}, (address.name, who, method, status)
        assert world.ask(who, address, "OPTIONS", world.known).status_code in {302, 403, 404, 405}, address.name
        seen = world.ask(who, address, "HEAD", world.known)
        assert seen.status_code == world.ask(who, address, "GET", world.known).status_code, (address.name, who)


_BLANKS: tuple[tuple[str, str], ...] = (
    (r"nonce-[A-Za-z0-9+/=_-]+", "nonce-"),
    (r'nonce="[^"]*"', 'nonce=""'),
    (r'name="csrfmiddlewaretoken" value="[^"]*"', "token"),
    (r'"X-CSRFToken": ?"[^"]*"', "token"),
)


def _blanked(answer: HttpResponse, parts: dict[str, object]) -> tuple[int, dict[str, str], str]:
    def blank(text: str) -> str:
        for pattern, instead in _BLANKS:
            text = re.sub(pattern, instead, text)
        for part in parts.values():
            if isinstance(part, UUID):
                text = text.replace(str(part), "object")
        return text

    headers = {name: blank(value) for name, value in answer.items() if name != "X-Request-Id"}
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, headers, blank(body.decode(errors="replace"))


def _both(world: World, who: str, address: Address, method: str) -> list[tuple[int, dict[str, str], str]]:
    ask: Callable[[dict[str, object]], HttpResponse] = lambda parts: world.ask(who, address, method, parts)  # noqa: E731
    return [_blanked(ask(parts), parts) for parts in (world.known, world.unknown())]


def test_another_persons_object_and_an_unknown_one_are_answered_alike(world: World) -> None:
    unlike = []
    for address in addresses():
        if not address.names_an_object:
            continue
        # Who stands in the same role with somebody else's object; before a door of another role all is one refusal.
        for who in ("other", "expired", "out_of_care"):
            for method in ("GET", "POST"):
                known, unknown = _both(world, who, address, method)
                if known != unknown:
                    unlike.append((address.name, who, method, known[0], unknown[0]))
    assert unlike == []
