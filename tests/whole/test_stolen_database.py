"""A thief takes database, Redis, logs and data folder, and learns nobody's name and nothing of their health.

Left out of the search, and why: the keyring and the other secrets (they are what the thief does not have), PostgreSQL's
own programs, and the reference tables below, whose rows are the same in every house and speak of nobody.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
import redis

from portal import embedded
from portal.demo.people import PASSWORD as DEMO_PASSWORD
from portal.demo.people import PATIENTS, PROFESSIONALS
from tests.stolen.needles import Needle, needles_in, of_person
from tests.stolen.searching import Hit, search
from tests.whole.running import BASE, RunningHouse
from tests.whole.visitor import Visitor

REFERENCE_TABLES = (
    "consent_matrixversion",
    "consent_matrixrow",
    "django_content_type",
    "auth_permission",
    "django_migrations",
)
CANARY = Needle("canary", "Zéphyrine-Quenotte")
DOCTOR = "nadia.lefevre@carnet.example"
ADMINISTRATOR = "irene.vidal@carnet.example"
_PAGES_EACH = 12
_CUT_WORD = 5


@pytest.mark.asvs("v5.0.0-14.2.2", "v5.0.0-14.2.4", "v5.0.0-16.2.5")
def test_a_stolen_house_names_nobody(house: RunningHouse, synthea: list[Path]):
    people = _settle(house, synthea)
    for person in people:
        house.manage("import_fhir", person["bundle"], "--patient", person["dossier"])
    _browse(house, people)
    needles = [*needles_in(synthea), *_of_demo_people(), *(Needle("e-mail", person["login"]) for person in people)]
    hits = [hit for hit in search(_loot(house), needles) if not _is_postgres_own(house, hit)]
    assert len(needles) > 300
    assert not hits, _told(hits)


def test_the_search_would_have_found_somebody(house: RunningHouse):
    with psycopg.connect(superuser_url(house), autocommit=True) as connection:
        connection.execute("CREATE TABLE planted (clear text, bytes bytea)")
        try:
            connection.execute("INSERT INTO planted VALUES (%s, %s)", [CANARY.text, CANARY.text.encode()])
            found = search([("dump", _dump(house))], [CANARY])
        finally:
            connection.execute("DROP TABLE planted")
    assert {hit.view for hit in found} >= {"clear", "hex"}


def _settle(house: RunningHouse, bundles: list[Path]) -> list[dict[str, str]]:
    environment = house.environment
    done = subprocess.run(
        [sys.executable, "-m", "tests.whole.settling", *map(str, bundles)],
        cwd=BASE, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def _browse(house: RunningHouse, people: list[dict[str, str]]) -> None:
    """One of these patients, the doctor of all of them, and an administrator follow links from page to page."""
    for login, password in (
        (people[0]["login"], people[0]["password"]),
        (DOCTOR, DEMO_PASSWORD),
        (ADMINISTRATOR, DEMO_PASSWORD),
    ):
        visitor = Visitor(house.url)
        page = visitor.sign_in(login, password, house.code(login))
        assert page.status == 200
        assert "/signin" not in page.address, page.text[-1500:]
        if login == ADMINISTRATOR:
            visitor.add_passkey()
            page = visitor.get("/")
        seen, ahead = {page.address}, list(page.links)
        while ahead and len(seen) < _PAGES_EACH:
            address = ahead.pop(0)
            if address in seen or "/static/" in address:
                continue
            seen.add(address)
            page = visitor.get(address)
            assert page.status == 200, address
            # Deeper pages first: a record is three links away from home.
            ahead = [link for link in page.links if link not in seen] + ahead
        assert len(seen) >= _PAGES_EACH - 6, (login, seen)


def _of_demo_people() -> Iterator[Needle]:
    """The demo's patients; their name may also be a professional's, whose names are public."""
    public = {name for person in PROFESSIONALS for name in (person.family, person.given)}
    for patient in PATIENTS:
        for needle in of_person(patient.used_name or patient.family, patient.given, patient.born):
            if needle.text not in public:
                yield needle
        yield Needle("identifier", patient.ins)
        if patient.login:
            yield Needle("e-mail", patient.login)


def _loot(house: RunningHouse) -> Iterator[tuple[str, bytes]]:
    """What the thief carries away: the dump, and every file of the house but its secrets."""
    yield "dump of the database", _dump(house)
    redis.Redis.from_url(embedded.Redis(house.folder.redis, house.folder.sockets).url).save()
    for root in {house.folder.path, house.folder.postgres}:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink() and not _is_left_out(house, path):
                yield str(path.relative_to(root)), path.read_bytes()


def _is_left_out(house: RunningHouse, path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in (house.folder.secrets, house.folder.postgres / "pginstall"))


def _is_postgres_own(house: RunningHouse, hit: Hit) -> bool:
    """Whether a hit in PostgreSQL's own files is a reference row, or a piece of a word of its catalogues.

    Its catalogues are compressed in a way that cuts words (``R`ange``), so that in these files a name of up to five
    letters counts beside the other name only; in the dump it counts alone.
    """
    if not hit.source.startswith("data/"):
        return False
    if hit.needle.kind == "name" and len(hit.needle.text) <= _CUT_WORD:
        return True
    return hit.needle.text.encode() in _reference_rows(house)


@cache
def _reference_rows(house: RunningHouse) -> bytes:
    return _pg_dump(house, "--data-only", *(f"--table={table}" for table in REFERENCE_TABLES))


def _dump(house: RunningHouse) -> bytes:
    return _pg_dump(house, *(f"--exclude-table-data={table}" for table in REFERENCE_TABLES))


def _pg_dump(house: RunningHouse, *options: str) -> bytes:
    command = [_server(house).program("pg_dump"), *options, superuser_url(house)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def superuser_url(house: RunningHouse) -> str:
    """How a superuser of the database of this house connects."""
    return _server(house).url("carnet")


def _server(house: RunningHouse) -> embedded.Postgres:
    return embedded.Postgres(house.folder.postgres, house.folder.sockets, house.folder.secret("superuser"))


def _told(hits: list[Hit]) -> str:
    """Each needle and place once, with one example."""
    places = {(hit.needle, hit.source, hit.view): hit for hit in hits}
    return "\n".join(f"{hit.needle} in {hit.source} ({hit.view}): …{hit.around!r}…" for hit in [*places.values()][:60])
