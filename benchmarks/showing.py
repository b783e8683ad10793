"""Pages of one category and searches of a whole record, in dossiers of three sizes: ``python -m benchmarks.showing``.

Three dossiers of one house, filled alike. Printed for each page: the median of its processor time, its queries and what
each further record adds to it, beside what opening its header takes the vault in the same run. The rounds of all sizes
take turns, so that whatever else the machine does meets all of them. Exit code 1 if the queries grow, or if a further
record adds more than :data:`_MOST` times what the vault takes.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

from benchmarks.house import open_house

_SIZES = (100, 1_000, 5_000)
_ROUNDS = 9
# Opening is the vault's; fetching, deciding, reading, comparing and sorting may take three times as long again.
_MOST = 4.0
_ANALYSES = (
    ("718-7", "Hémoglobine", "g/dL"),
    ("4548-4", "Hémoglobine glyquée (HbA1c)", "%"),
    ("2823-3", "Potassium", "mmol/L"),
    ("14682-9", "Créatinine", "µmol/L"),
)

Act = Callable[[], object]


def main(sizes: tuple[int, ...]) -> None:
    """Fill, look, print."""
    with open_house():
        worlds = {size: _world(size) for size in sizes}
        names = list(next(iter(worlds.values())))
        acts = {(name, size): worlds[size][name] for name in names for size in sizes}
        queries = {key: _queries(act) for key, act in acts.items()}
        times = _medians(acts)
    least, most = sizes[0], sizes[-1]
    vault = _each_more(times, names[0], least, most)
    refused = []
    for name in names:
        figures = "".join(f"{times[name, size] * 1000:10.1f} ms" for size in sizes)
        more = _each_more(times, name, least, most)
        asked = {queries[name, size] for size in sizes}
        print(
            f"{name:34}{figures}   {max(asked):3} queries  {more * 1e6:7.1f} µs a record  {more / vault:5.2f} × vault"
        )
        if len(asked) > 1 or more / vault > _MOST:
            refused.append(name)
    if refused:
        raise SystemExit(f"grows faster than it may: {', '.join(refused)}")


def _each_more(times: dict[tuple[str, int], float], name: str, least: int, most: int) -> float:
    return (times[name, most] - times[name, least]) / (most - least)


def _queries(act: Act) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as caught:
        act()
    # Once a second a process asks whether a key was destroyed meanwhile, whatever it does.
    return sum("records_keys_destroyed" not in query["sql"] for query in caught)


def _medians(acts: dict[tuple[str, int], Act]) -> dict[tuple[str, int], float]:
    taken: dict[tuple[str, int], list[float]] = {key: [] for key in acts}
    for _ in range(_ROUNDS):
        for key, act in acts.items():
            start = time.thread_time()
            act()
            taken[key].append(time.thread_time() - start)
    return {key: statistics.median(each) for key, each in taken.items()}


def _world(size: int) -> dict[str, Act]:
    """A dossier of that size, and what is looked at in it; the first is the vault alone."""
    from audit.actor import Actor, Role, Strength
    from consent.categories import Category
    from portal.accounts.models import Account
    from records.glances import Row
    from records.identity import create_dossier
    from records.models import PatientKey, Record
    from records.patient_keys import PatientKeys
    from records.people import Identity
    from records.reading import Leaf, open_category, open_overview, open_record
    from records.searching import Sought, search

    owner = Account.objects.create(login_digest=uuid4().bytes * 2, role="patient", password="!")  # noqa: S106
    identity = Identity(family="Essai", given="Lou", birth_date=datetime(1984, 3, 7, tzinfo=UTC).date(), sex="female")
    ref = create_dossier(actor=Actor.system("seed"), identity=identity, account_id=owner.id)
    _fill(ref.id, size)
    actor = Actor(id=owner.id, role=Role.PATIENT, strength=Strength.OTP)
    keys = PatientKeys(ref.id, PatientKey.objects.filter(dossier_id=ref.id))
    rows = [Row._make(row) for row in Record.objects.filter(dossier_id=ref.id).values_list(*Row._fields)]
    find = partial(search, actor=actor, dossier_id=ref.id)
    newest = next(row.id for row in rows if row.category == "laboratory")
    category = partial(open_category, actor=actor, dossier_id=ref.id, category=Category.LABORATORY)
    return {
        "headers in the vault alone": lambda: [
            keys.open_("header", row.id, row.revision, row.header, category=row.category) for row in rows
        ],
        "one category": category,
        "one year of it": lambda: category(leaf=Leaf(year=2019)),
        "one result with its curve": lambda: open_record(actor=actor, record_id=newest),
        "everything by date": lambda: find(sought=Sought()),
        "a word in many rows": lambda: find(sought=Sought(words="hemoglobine")),
        "two words in few rows": lambda: find(sought=Sought(words="tilleuls 2019")),
        "a word in no row": lambda: find(sought=Sought(words="zzzz")),
        "the first page of a record": lambda: open_overview(actor=actor),
    }


def _fill(dossier_id: UUID, size: int) -> None:
    """Results of twenty years, four in five, and reports: sealed as a deposit seals them, inserted at once."""
    from django.db import transaction

    from records.headers import Header
    from records.models import Record
    from records.patient_keys import WritingKeys

    start = datetime(2006, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        keys = WritingKeys(dossier_id)
        rows = []
        for number in range(size):
            code, title, unit = _ANALYSES[number % len(_ANALYSES)]
            is_report = number % 5 == 4
            header = Header(
                kind="DocumentReference" if is_report else "Observation",
                title="Compte rendu de consultation" if is_report else title,
                date=start + timedelta(days=number * 7_300 // size),
                author_name="Dr Nadia Lefèvre",
                place="Cabinet médical des Tilleuls",
                code="" if is_report else code,
                system="" if is_report else "http://loinc.org",
                value=None if is_report else Decimal(number % 90) / 10,
                unit="" if is_report else unit,
                low=None if is_report else Decimal(2),
                high=None if is_report else Decimal(6),
                status="final",
            )
            record_id, category = uuid4(), "consultation_report" if is_report else "laboratory"
            rows.append(
                Record(
                    id=record_id,
                    dossier_id=dossier_id,
                    category=category,
                    header=keys.seal("header", record_id, 1, header.to_bytes(), category=category),
                    body=keys.seal("record", record_id, 1, b'{"resourceType":"Basic"}', category=category),
                    key_version=keys.version,
                )
            )
        Record.objects.bulk_create(rows, batch_size=500)


if __name__ == "__main__":
    main(tuple(int(argument) for argument in sys.argv[1:]) or _SIZES)
