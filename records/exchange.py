"""The door through which files from elsewhere come in: all of a file, or nothing of it.

A file is read and sorted out before the transaction opens. An attempt always leaves an entry, even when
the file is malformed or something breaks half-way; what the entry says is a number and a reason code,
never a word of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor, SystemTask
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Refused
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.granting import Invalid
from consent.models import Professional
from consent.thresholds import decide_opening
from records.amending import amend_record, kept_resources, may_amend, repeats_what_was_corrected
from records.attaching import Staged, attach_files, drop_staged
from records.dossiers import Unknown as Unknown
from records.dossiers import enter, ref_of
from records.formats.fhir.bundle import Bundle, Unreadable
from records.formats.fhir.carried import original
from records.formats.fhir.patient import contact_of, differs, has_misspelt_ins, identity_of
from records.formats.files import MAX_BYTES, read_bundle, read_bytes, read_file, title_of, whole
from records.formats.papers import About
from records.identity import found_dossier
from records.importing import ImportReport, Omission, Piece, Tally, only_patient, sort_out
from records.scanning import Infected, Unchecked, scan
from records.writing import Filing, begin_filing, write_record

__all__ = [
    "MAX_BYTES",
    "About",
    "Bundle",
    "ImportReport",
    "Unreadable",
    "import_bundle",
    "read_bundle",
    "read_bytes",
    "read_file",
    "title_of",
]

Progress = Callable[[int, int], object]

_FOUNDERS = frozenset({SystemTask.IMPORT, SystemTask.SEED})
_SOMEBODY_ELSE = {
    "birth_date": _("The file is about somebody else: the birth date differs. Nothing was imported."),
    "name": _("The file is about somebody else: the name differs. Nothing was imported."),
    "ins": _("The file is about somebody else: the national health number differs. Nothing was imported."),
}


def import_bundle(
    *,
    actor: Actor,
    source: Path | Bundle | Callable[[], Bundle],
    dossier_id: UUID | None = None,
    progress: Progress | None = None,
    reader: Callable[[Path], Bundle] = read_bundle,
    staged: Staged | None = None,
) -> ImportReport:
    """Take a file into one dossier, all or nothing; taking it in again changes nothing.

    A resource filed before is compared with the one that came: the same is left alone, a changed one becomes a
    new revision.

    Args:
        source: the path of the file, a bundle already read, or what reads one (a refusal of it is remembered too).
        dossier_id: the dossier; without it a new one is made from the file's Patient (import and seed only).
        progress: called with (done, total) as records are written.
        reader: what reads the file; :func:`read_file` takes every kind.
        staged: the file itself, when it was sealed while it came in: kept with its record, or taken out.

    Raises:
        Unreadable: the file is malformed, speaks of somebody else, or of nobody when a dossier is to be made.
        Unknown: there is no such dossier for this actor.
        Refused: the actor may not deposit in one of the drawers.
        Invalid: the patient of a new dossier already has one.
    """
    attempt = _Attempt(actor, dossier_id)
    try:
        bundle = _read(source, reader)
        attempt.format = bundle.format
        pieces, omissions = sort_out(bundle)
        patient = only_patient(bundle)
        with transaction.atomic(durable=True):
            filing, new = attempt.filing(patient)
            attempt.expect_drawers(filing, {piece.category for piece in pieces})
            landed = _file(filing, pieces, progress, staged)
            if staged is not None and not staged.kept:
                drop_staged(filing, staged)
            report = ImportReport(
                ref=filing.ref,
                new=new,
                landed=landed,
                left_out=tuple(omissions),
                misspelt_number=patient is not None and has_misspelt_ins(patient),
                cleaned=frozenset(what for piece in pieces for file in piece.files for what in file.removed),
                shut=bundle.shut,
            )
            attempt.done(report)
    except BaseException as problem:
        # The transaction is gone, and with it whatever it had written: the attempt is remembered in one of its own.
        attempt.failed(problem)
        raise
    return report


def _read(source: Path | Bundle | Callable[[], Bundle], reader: Callable[[Path], Bundle]) -> Bundle:
    if isinstance(source, Bundle):
        return source
    if isinstance(source, Path):
        scan(whole(source))
        return reader(source)
    return source()


class _Attempt:
    """Who imports, into what; leaves exactly one entry."""

    def __init__(self, actor: Actor, dossier_id: UUID | None) -> None:
        self.actor = actor
        self.dossier_id = dossier_id
        self.ref: DossierRef | None = None
        self.format = "fhir"

    def filing(self, patient: dict[str, object] | None) -> tuple[Filing, bool]:
        """The open dossier, and whether it was made just now."""
        if self.dossier_id is None:
            self.ref = self._found(patient)
            return begin_filing(actor=self.actor, ref=self.ref), True
        self.ref = ref_of(self.dossier_id)
        if not decide_opening(load_facts(self.actor, self.ref)).allowed:
            raise Unknown
        filing = begin_filing(actor=self.actor, ref=self.ref)
        if patient is not None:
            self._expect_same_person(patient)
        return filing, False

    def _found(self, patient: dict[str, object] | None) -> DossierRef:
        if self.actor.task not in _FOUNDERS:
            raise Unknown
        identity = identity_of(patient) if patient is not None else None
        if patient is None or identity is None:
            raise Unreadable(
                _("The file does not say whose record it is: a new one needs a Patient with a name and a birth date.")
            )
        return found_dossier(actor=self.actor, identity=identity, contact=contact_of(patient))

    def _expect_same_person(self, patient: dict[str, object]) -> None:
        """Compare the file's patient with the dossier's; the identity goes no further than this comparison."""
        entered = enter(self.actor, self.ref.id) if self.ref is not None else None
        if entered is None:
            raise Unknown
        if difference := differs(patient, entered.identity()):
            raise Unreadable(_SOMEBODY_ELSE[difference])

    def expect_drawers(self, filing: Filing, categories: Iterable[Category]) -> None:
        """Refuse before anything is written when one drawer is closed to the actor."""
        for category in sorted(categories):
            decision = filing.decision(category)
            if not decision.allowed:
                raise Refused(decision)

    def done(self, report: ImportReport) -> None:
        append(
            Event.IMPORT_DONE,
            actor=self.actor,
            outcome=Outcome.DONE,
            dossier=report.ref.pseudonym,
            facts={
                "format": self.format,
                "created": report.created,
                "amended": report.amended,
                "unchanged": report.unchanged,
                "left_out": len(report.left_out),
            },
        )

    def failed(self, problem: BaseException) -> None:
        decision = problem.decision if isinstance(problem, Refused) else None
        with transaction.atomic(durable=True):
            append(
                Event.IMPORT_REFUSED,
                actor=self.actor,
                outcome=Outcome.REFUSED if isinstance(problem, Refused | Unknown) else Outcome.FAILED,
                dossier=self._pseudonym(),
                category=str(decision.category) if decision is not None else "",
                ground=decision.ground if decision is not None else "",
                matrix=decision.matrix if decision is not None else "",
                facts={"format": self._format_of(problem), "error": _reason(problem)},
            )

    def _format_of(self, problem: BaseException) -> str:
        # A file that could not be read never came to be a bundle: its refusal says what it was taken for.
        return problem.format if isinstance(problem, Unreadable) and self.format == "fhir" else self.format

    def _pseudonym(self) -> UUID | None:
        # A dossier made by the failed import is gone too: only one that was there before can be named.
        try:
            return ref_of(self.dossier_id).pseudonym if self.dossier_id is not None else None
        except Unknown:
            return None


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (Infected, "infected"),
    (Unchecked, "unchecked"),
    (Unreadable, "unreadable"),
    (Unknown, "unknown"),
    (Refused, "refused"),
    (Invalid, "invalid"),
)


def _reason(problem: BaseException) -> str:
    """A token of the log for what went wrong."""
    for kind, token in _REASONS:
        if isinstance(problem, kind):
            return token
    return "interrupted" if isinstance(problem, KeyboardInterrupt | SystemExit) else "fault"


def _file(
    filing: Filing, pieces: list[Piece], progress: Progress | None, staged: Staged | None
) -> dict[tuple[str, Category], Tally]:
    landed: dict[tuple[str, Category], Tally] = {}
    authors = _directory(pieces)
    kept: dict[UUID, dict[str, object]] | None = None
    for done, piece in enumerate(pieces, start=1):
        tally = landed.setdefault((piece.header.kind, piece.category), Tally())
        write = partial(
            write_record,
            filing,
            category=piece.category,
            header=piece.header,
            resource=piece.resource,
            author=next((authors[number] for number in piece.authors if number in authors), None),
        )
        filed, same = write(source=piece.source), False
        if not filed.created:
            kept = kept if kept is not None else kept_resources(filing, filing.sources.values())
            same = _same(kept, filed.record_id, piece) or repeats_what_was_corrected(
                filing, filed.record_id, piece.plain
            )
            if not (same or may_amend(filing, filed.record_id)):
                # What others wrote stays as it is: another telling of it lies beside it, under a name of its own.
                filed = write(source=piece.source + f"#{filing.actor.id}".encode())
                same = not filed.created and _same(kept, filed.record_id, piece)
        if filed.created:
            tally.created += 1
            if piece.files:
                attach_files(filing, filed.record_id, piece.category, piece.files, staged)
        else:
            if same:
                tally.unchanged += 1
            else:
                amend_record(
                    filing, filed.record_id, category=piece.category, header=piece.header, resource=piece.resource
                )
                attach_files(filing, filed.record_id, piece.category, piece.files, staged)
                tally.amended += 1
        if progress is not None:
            progress(done, len(pieces))
    return landed


def _same(kept: Mapping[UUID, dict[str, object]], record_id: UUID, piece: Piece) -> bool:
    known = kept.get(record_id)
    return known is not None and original(known) == piece.plain


def _directory(pieces: Iterable[Piece]) -> dict[str, UUID]:
    """The professionals of our directory among the authors, by their number."""
    numbers = {number for piece in pieces for number in piece.authors}
    found = Professional.objects.filter(rpps__in=numbers).values_list("rpps", "id") if numbers else ()
    return {str(number): known for number, known in found}


def omissions_by_reason(omissions: Iterable[Omission]) -> dict[tuple[str, str], int]:
    """How many entries of each type were left out for each reason."""
    counts: dict[tuple[str, str], int] = {}
    for omission in omissions:
        key = (omission.kind, omission.reason)
        counts[key] = counts.get(key, 0) + 1
    return counts
