"""One invented patient: sealed identity and records, choices, and every line that these acts would have left."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.range import Range

from audit.actor import Actor, Role, SystemTask
from audit.entry import Entry
from audit.events import Event, Outcome
from consent.categories import Category
from consent.decisions import Ground
from consent.rights import Right
from portal.demo.scale import tables
from portal.demo.scale.sizes import CARERS_EACH, Size
from portal.demo.scale.town import UNUSABLE, Carer, carers_of, name_of
from records.headers import Flag, Header
from records.likeness import likeness_of
from records.models import KeyState
from records.patient_keys import FirstKeys, digest_of
from records.people import Contact, Identity

_SEED = Actor.system(SystemTask.SEED)
_SHARED = [category for category in Category if category is not Category.PERSONAL_NOTES]
_MEASURES = (
    ("HbA1c", "4548-4", "%", 55), ("Glucose", "2345-7", "g/L", 9), ("Créatinine", "2160-0", "mg/L", 8),
    ("Ferritine", "2276-4", "µg/L", 90), ("TSH", "3016-3", "mUI/L", 20), ("Hémoglobine", "718-7", "g/dL", 130),
)  # fmt: skip
# Long enough that a history has months, short enough that nothing in it is due to expire.
DAYS = 330


@dataclass(slots=True)
class Rows:
    """What some lives add to each table, and their entries."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def add(self, table: tables.Table, *row: Any) -> None:
        """One row more."""
        self.rows.setdefault(table.name, []).append(row)


@dataclass(frozen=True, slots=True)
class World:
    """What all lives share; it travels to other processes. ``first`` is the account of the first patient."""

    size: Size
    carers: Sequence[Carer]
    first: UUID
    matrix: str
    end: datetime


class Life:
    """Patient ``number`` of a world; :meth:`write` puts everything about them into ``rows``.

    ``likeness`` is the digester of that name (``records.house``).
    """

    def __init__(self, world: World, number: int, rows: Rows, likeness: Callable[[str], bytes]) -> None:
        self._world, self._rows, self._number, self._likeness = world, rows, number, likeness
        self._chance = random.Random(number)  # noqa: S311 - invented people  # nosec B311
        self._account = uuid4() if number else world.first
        self._id, self._pseudonym = uuid4(), uuid4()
        self._carers = carers_of(world.carers, number, CARERS_EACH)
        self._keys = FirstKeys(self._id)
        self._began = world.end - timedelta(days=DAYS)
        self._records: list[tuple[UUID, str]] = []

    def write(self) -> None:
        """The account and the dossier, then care, choices and records, then who looked."""
        records, choices, reads = self._world.size.of(self._number)
        self._found()
        for carer in self._carers:
            self._let_in(carer)
        for each in range(choices):
            self._choose(each)
        for _each in range(records):
            self._file()
        for _each in range(reads):
            self._look()

    def _found(self) -> None:
        identity, contact = self._identity(), Contact(email=f"patient-{self._number + 1}@scale.example")
        day, add = self._began.date(), self._rows.add
        if self._number:
            digest = self._account.bytes * 2
            add(tables.ACCOUNTS, self._account, UNUSABLE, digest, Role.PATIENT.value, "fr", b"", True, day)
        sealed_identity = self._keys.seal("identity", self._id, 1, identity.to_bytes())
        sealed_contact = self._keys.seal("contact", self._id, 1, contact.to_bytes())
        add(tables.DOSSIERS, self._id, self._pseudonym, self._account, 1, sealed_identity, 1, sealed_contact, 1, day)
        row = self._keys.row
        state = KeyState.ACTIVE.value
        add(tables.KEYS, row.id, self._id, 1, state, row.kek_id, row.wrapped, row.check_value, self._began)
        likeness = likeness_of(self._likeness, self._id, identity)
        add(tables.LIKENESSES, self._id, likeness["surname"], likeness["used_name"], likeness["address"])
        facts = {"role": Role.PATIENT.value, "language": "fr"}
        self._remember(Event.ACCOUNT_CREATED, at=self._began, object_id=self._account, dossier=None, facts=facts)
        self._remember(Event.KEY_CREATED, at=self._began, key_version=1)
        ground, digest = Ground.SYSTEM_DEPOSIT, digest_of(sealed_identity, sealed_contact)
        self._remember(
            Event.DOSSIER_CREATED, at=self._began, ground=ground.value, digest=digest, revision=1, key_version=1
        )

    def _identity(self) -> Identity:
        family, given = name_of(self._chance)
        born = date(1930, 1, 1) + timedelta(days=self._chance.randrange(28_000))
        return Identity(family=family, given=given, birth_date=born, address=f"{self._number} rue Neuve, 29000 Quimper")

    def _let_in(self, carer: Carer) -> None:
        opened = uuid4()
        self._rows.add(tables.RELATIONSHIPS, opened, self._id, carer.professional, Range(self._began, None))
        facts = {"professional": str(carer.professional)}
        self._remember(
            Event.RELATIONSHIP_OPENED,
            own=True,
            at=self._began,
            object_id=opened,
            ground=Ground.OWN_DOSSIER.value,
            facts=facts,
        )

    def _choose(self, each: int) -> None:
        carer, category = self._carers[each % CARERS_EACH], _SHARED[each // CARERS_EACH]
        made, allowed, at = uuid4(), self._chance.random() < 0.7, self._moment()
        self._rows.add(
            tables.CHOICES,
            *(made, self._id, carer.professional, "", False, category.value, Right.READ.value, allowed),
            Range(at, None),
        )
        facts = {
            "professional": str(carer.professional),
            "right": Right.READ.value,
            "allowed": "yes" if allowed else "no",
        }
        self._remember(
            Event.CHOICE_MADE, own=True, at=at, category=category.value, object_id=made, choice=made,
            ground=Ground.OWN_DOSSIER.value, facts=facts,
        )  # fmt: skip

    def _file(self) -> None:
        record, at, author = uuid4(), self._moment(), self._chance.choice(self._carers)
        category = self._chance.choice(_SHARED).value
        header, resource = self._measure(at)
        sealed = self._keys.seal("header", record, 1, header.to_bytes(), category=category)
        body = self._keys.seal("record", record, 1, resource, category=category)
        self._rows.add(
            tables.RECORDS, record, self._id, category, sealed, body, at, author.professional, "", False, 1, 1
        )
        self._records.append((record, category))
        self._remember(
            Event.RECORD_CREATED, at=at, outcome=Outcome.ALLOWED.value, category=category, object_id=record,
            ground=Ground.SYSTEM_DEPOSIT.value, digest=digest_of(sealed, body), revision=1, key_version=1,
        )  # fmt: skip

    def _measure(self, at: datetime) -> tuple[Header, bytes]:
        name, code, unit, middle = self._chance.choice(_MEASURES)
        value = Decimal(self._chance.randrange(middle * 5, middle * 15)) / 10
        header = Header(
            kind="Observation", title=name, date=at, author_name="Laboratoire du port", code=code,
            system="http://loinc.org", value=value, unit=unit, low=Decimal(middle * 8) / 10,
            high=Decimal(middle * 12) / 10, flag=Flag.NORMAL, status="final",
        )  # fmt: skip
        resource = {
            "resourceType": "Observation", "status": "final", "effectiveDateTime": at.isoformat(),
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}], "text": name},
            "valueQuantity": {"value": float(value), "unit": unit, "system": "http://unitsofmeasure.org"},
            "referenceRange": [{"low": {"value": middle * 0.8}, "high": {"value": middle * 1.2}}],
        }  # fmt: skip
        return header, json.dumps(resource, ensure_ascii=False).encode()

    def _look(self) -> None:
        """One read: three in ten by the patient; two in a hundred are refused, by what the matrix never opens."""
        own = self._chance.random() < 0.3
        refused = not own and self._chance.random() < 0.03
        record, category = self._chance.choice(self._records or [(None, Category.LABORATORY.value)])
        if refused:
            record, ground = None, Ground.MATRIX_NEVER
        else:
            ground = Ground.OWN_DOSSIER if own else Ground.DEFAULT_OPEN
        self._remember(
            Event.RECORD_READ if record else Event.CATEGORY_READ,
            by=None if own else self._chance.choice(self._carers), own=own, at=self._moment(),
            outcome=(Outcome.REFUSED if refused else Outcome.ALLOWED).value, category=category, object_id=record,
            ground=ground.value, purpose="" if own else "care",
        )  # fmt: skip

    def _moment(self) -> datetime:
        return self._began + timedelta(seconds=self._chance.randrange(60, DAYS * 86_400 - 60))

    def _remember(
        self, event: Event, *, at: datetime, own: bool = False, by: Carer | None = None, **known: Any
    ) -> None:
        """One line: of the patient, of a professional, or of the seeding."""
        actor = by.account if by else self._account if own else _SEED.id
        role = Role.PROFESSIONAL if by else Role.PATIENT if own else Role.SYSTEM
        self._rows.entries.append(
            Entry(
                id=self._identifier(at), at=at, event=event.dotted, actor=actor, role=role.value,
                profession=by.profession if by else "", organisation=by.organisation if by else None,
                strength="otp" if by or own else "none", request=self._identifier(at), matrix=self._world.matrix,
                **{"dossier": self._pseudonym, "outcome": Outcome.DONE.value, **known},
            )
        )  # fmt: skip

    def _identifier(self, at: datetime) -> UUID:
        """A UUID of version 7 (RFC 9562), as the log gives."""
        drawn = self._chance.getrandbits(74)
        milliseconds = int(at.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 7 << 76 | (drawn >> 62) << 64 | 2 << 62 | drawn & (1 << 62) - 1)
