"""The virus scanner: what it says decides, and silence keeps a file apart. With a real clamd where there is one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from datetime import date

import pytest
from django.utils import translation

from audit.log import entries_by
from consent.categories import Category
from portal.env import Environment, SettingsRefused
from portal.scanner import read_scanner
from records.documents import Unknown
from records.exchange import About
from records.looking import look_at
from records.models import Document, Record
from records.receiving import begin_upload
from records.scanning import Infected, Unchecked, scan
from records.staging import import_staged
from tests.records.formats.pdfs import pdf

# Joined here, so that no scanner stops at this very file.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
CLAMD = os.environ.get("CLAMD_PROGRAM") or shutil.which("clamd")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


class StandIn:
    """Speaks INSTREAM as clamd(8) describes it: sizes before pieces, an empty piece at the end, one answer."""

    def __init__(self, answer=None):
        self.answer = answer
        self.told = b""
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                wire, _whence = self.server.accept()
            except OSError:
                return
            with wire, wire.makefile("rb") as stream:
                command = b"".join(iter(lambda: stream.read(1), b"\0"))
                assert command == b"zINSTREAM", command
                self.told = b""
                while size := int.from_bytes(stream.read(4), "big"):
                    self.told += stream.read(size)
                found = b"stream: Eicar-Test-Signature FOUND" if self.told == EICAR else b"stream: OK"
                wire.sendall((found if self.answer is None else self.answer) + b"\0")


@pytest.fixture
def stand_in(settings):
    made = StandIn()
    settings.CLAMD = made.address
    yield made
    made.server.close()


def test_without_a_scanner_nothing_is_asked(settings):
    settings.CLAMD = ""
    scan(EICAR)


def test_the_scanner_is_given_every_byte(stand_in):
    scan(b"x" * 200_000)
    assert stand_in.told == b"x" * 200_000
    with pytest.raises(Infected, match="infected with a virus"):
        scan(EICAR)


@pytest.mark.parametrize(
    "answer", [b"INSTREAM size limit exceeded. ERROR", b"", b"stream: OKAY", b"OK", b"stream: x ERROR", b"y" * 9000]
)
def test_any_other_answer_is_none(stand_in, answer):
    stand_in.answer = answer
    with pytest.raises(Unchecked):
        scan(b"x")


def test_silence_and_absence_are_no_answer(settings):
    settings.CLAMD_SECONDS = 1
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.CLAMD = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(Unchecked):
            scan(b"x")
    with pytest.raises(Unchecked):
        scan(b"x")
    settings.CLAMD = "/nowhere/clamd.sock"
    with pytest.raises(Unchecked):
        scan(b"x")


def staged(home, raw):
    with begin_upload(actor=home.patient, dossier_id=home.ref.id, category=Category.PERSONAL_NOTES) as upload:
        upload.write(raw)
        return upload.finish(name="a.pdf", media_type="application/pdf")


def file(home, document_id, name="a.pdf"):
    about = About(title="x", day=date(2026, 11, 20), category=Category.PRESCRIPTION)
    return import_staged(actor=home.patient, dossier_id=home.ref.id, document_id=document_id, name=name, about=about)


@pytest.mark.asvs("v5.0.0-5.4.3")
def test_an_infected_upload_is_not_filed(household, stand_in):
    document_id = staged(household, EICAR)
    with pytest.raises(Infected):
        file(household, document_id, "a.txt")
    assert not Record.objects.exists()
    (entry,) = [entry for entry in entries_by(household.patient.id, limit=5) if entry.event == "import.refused"]
    assert entry.facts["error"] == "infected"


def test_without_an_answer_an_upload_lies_apart_closed_to_everybody(household, stand_in):
    document_id = staged(household, pdf())
    stand_in.answer = b""
    with pytest.raises(Unchecked):
        file(household, document_id)
    assert not Record.objects.exists()
    assert Document.objects.get().record_id is None
    for actor in (household.patient, household.doctor, household.neighbour):
        with pytest.raises(Unknown):
            look_at(actor=actor, document_id=document_id)
    # The scanner answers again: what lay apart is filed.
    stand_in.answer = None
    assert file(household, document_id).created == 1
    assert look_at(actor=household.patient, document_id=document_id).sheets


@pytest.mark.asvs("v5.0.0-5.4.3")
@pytest.mark.skipif(
    CLAMD is None, reason="SKIPPED LOUDLY: no clamd here (Debian: clamav-daemon); only its stand-in ran."
)
def test_a_real_clamd_knows_eicar(settings, tmp_path):
    """With a database of one signature: MD5, size and name of the test file of EICAR (hash-based signatures, .hdb)."""
    (tmp_path / "one.hdb").write_text("44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n")
    address = tmp_path / "clamd.sock"
    config = tmp_path / "clamd.conf"
    config.write_text(
        f"LocalSocket {address}\nDatabaseDirectory {tmp_path}\nForeground yes\nTemporaryDirectory {tmp_path}\n"
        "StreamMaxLength 64M\nConcurrentDatabaseReload no\n"
    )
    running = subprocess.Popen([str(CLAMD), "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        settings.CLAMD = str(address)
        scan(pdf())
        scan(b"x" * (5 * 2**20))
        with pytest.raises(Infected):
            scan(EICAR)
    finally:
        running.terminate()
        running.wait(20)
    with pytest.raises(Unchecked):
        scan(pdf())


@pytest.mark.asvs("v5.0.0-1.3.6")
@pytest.mark.parametrize("address", ["clamd", "host:", ":3310", "host:0", "host:99999", "clamd.example.org:3310"])
def test_an_address_that_is_none_or_far_away_is_refused(address):
    with pytest.raises(SettingsRefused):
        read_scanner(Environment({"CLAMD": address}), private_network=False)


def test_a_socket_this_machine_and_a_private_network_are_taken():
    for address in ("", "/run/clamav/clamd.ctl", "127.0.0.1:3310"):
        assert read_scanner(Environment({"CLAMD": address}), private_network=False) == address
    assert read_scanner(Environment({"CLAMD": "clamd:3310"}), private_network=True) == "clamd:3310"
