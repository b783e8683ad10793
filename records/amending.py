"""Writing a new version of a record that has changed where it came from.

Plain functions inside the open transaction of a door. To know whether a source changed, the record kept from
it is opened and compared here; nothing of it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import simplejson

from audit.actor import Role
from audit.events import Event
from consent.categories import Category
from consent.decisions import Refused
from records.correction_models import Correction, CorrectionState, FormerVersion
from records.formats.fhir.carried import original
from records.former import keep_former
from records.headers import Header
from records.models import Record
from records.writing import Filing, remember


def kept_resources(filing: Filing, record_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The resources now kept under these records of the dossier being filed, numbers as Decimals.

    The rows are locked until the transaction ends, so that what is compared is what is replaced.

    Raises:
        Unreadable: sealed data do not open.
    """
    rows = Record.objects.select_for_update().filter(dossier_id=filing.ref.id, id__in=list(record_ids)).defer("header")
    return {
        row.id: simplejson.loads(
            filing.keys.open_("record", row.id, row.revision, row.body, category=row.category), use_decimal=True
        )
        for row in rows.order_by("id")
    }


def may_amend(filing: Filing, record_id: UUID) -> bool:
    """Whether a file may replace this record: the house's own import, its author, or the patient who brought it.

    A file that names its resources as a laboratory did would otherwise rewrite the laboratory's results.
    """
    if filing.actor.role is Role.SYSTEM:
        return True
    author, brought_by = Record.objects.values_list("author", "brought_by").get(id=record_id)
    by_author = author is not None and author == filing.facts.professional
    return bool(by_author or brought_by == filing.actor.id)


def repeats_what_was_corrected(filing: Filing, record_id: UUID, plain: Mapping[str, object]) -> bool:
    """Whether a source tells again what its author has put right since: the correction stays.

    Raises:
        Unreadable: a former version does not open.
    """
    if not Correction.objects.filter(record_id=record_id, state=CorrectionState.DONE).exists():
        return False
    return any(
        original(
            simplejson.loads(
                filing.keys.open_("record", former.id, former.revision, former.body, category=former.category),
                use_decimal=True,
            )
        )
        == plain
        for former in FormerVersion.objects.filter(record_id=record_id, emptied_at=None).defer("header")
    )


def amend_record(filing: Filing, record_id: UUID, *, category: Category, header: Header, resource: bytes) -> None:
    """Replace a record by a new revision, in the drawer where its new content lies; the one before is kept.

    Raises:
        Refused: the actor may not deposit in this drawer, or in the one where the record lay.
        Record.DoesNotExist: no such record lies in the dossier being filed.
    """
    record = Record.objects.select_for_update().get(id=record_id, dossier_id=filing.ref.id)
    for drawer in (category, Category(record.category)):
        decision = filing.decision(drawer)
        if not decision.allowed:
            raise Refused(decision)
    keep_former(filing.keys, record)
    record.revision += 1
    record.category = category.value
    record.key_version = filing.keys.version
    record.header = filing.keys.seal("header", record.id, record.revision, header.to_bytes(), category=category.value)
    record.body = filing.keys.seal("record", record.id, record.revision, resource, category=category.value)
    record.save(update_fields=["revision", "category", "key_version", "header", "body"])
    remember(filing, Event.RECORD_AMENDED, record, filing.decision(category))
