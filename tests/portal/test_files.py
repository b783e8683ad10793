"""Files over HTTP: sealed while they come in, with no temporary file; handed out whole or in part."""

from __future__ import annotations

import io
import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from records.models import Document
from records.vault.cipher import Unreadable
from tests.portal.ward import a_patient, browser_of

CANARY = b"Quetzalcoatlus"
MIB = 1024 * 1024


@pytest.fixture
def desk(db: object, settings: LazySettings, tmp_path: Path):
    settings.ROOT_URLCONF = "tests.portal.paper_desk"
    settings.STORAGES = settings.STORAGES | {
        "documents": {"BACKEND": "records.stores.SealedFolder", "OPTIONS": {"location": tmp_path}}
    }
    patient = a_patient()
    return browser_of(patient.account), patient.ref.id, tmp_path


def upload(browser: Client, dossier_id: object, *contents: bytes, **more: object):
    files = [SimpleUploadedFile("scan é.pdf", content, "application/pdf") for content in contents]
    return browser.post(f"/desk/{dossier_id}/", {"title": "before", "file": files}, **more)


def objects(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


def test_files_of_any_size_come_in_and_go_out(desk) -> None:
    browser, dossier_id, folder = desk
    contents = [b"", b"%PDF-1.7 small", os.urandom(3 * MIB)]
    answer = upload(browser, dossier_id, *contents)
    assert answer.status_code == 200
    for document_id, content in zip(answer.json()["documents"], contents, strict=True):
        out = browser.get(f"/desk/out/{document_id}/")
        assert b"".join(out.streaming_content) == content
        assert out["Content-Length"] == str(len(content))
        assert out["Content-Disposition"] == "attachment; filename*=utf-8''scan%20%C3%A9.pdf"
        assert out["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in out["Cache-Control"]
    assert len(objects(folder)) == 3


def test_no_temporary_file_and_no_clear_word_anywhere(desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("mkstemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, never)
    browser, dossier_id, folder = desk
    assert upload(browser, dossier_id, CANARY * 300_000).status_code == 200
    for path in objects(folder):
        assert CANARY not in path.read_bytes()


class Endless(io.RawIOBase):
    """The body of a form with one file of so many zeros, made as it is read."""

    def __init__(self, size: int) -> None:
        self._head = (
            b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n"
        )
        self._tail = b"\r\n--line--\r\n"
        self._left = size
        self.length = len(self._head) + size + len(self._tail)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        if self._left:
            piece = bytes(min(self._left, size))
            self._left -= len(piece)
            return piece
        tail, self._tail = self._tail, b""
        return tail


@pytest.mark.asvs("v5.0.0-1.4.3")
def test_memory_stays_flat_whatever_the_size(desk) -> None:
    browser, dossier_id, _folder = desk
    peaks = []
    for size in (MIB, 32 * MIB):
        body = Endless(size)
        tracemalloc.start()
        answer = browser.request(
            REQUEST_METHOD="POST",
            PATH_INFO=f"/desk/{dossier_id}/",
            CONTENT_TYPE="multipart/form-data; boundary=line",
            CONTENT_LENGTH=str(body.length),
            **{"wsgi.input": body},
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert answer.status_code == 200
    assert Document.objects.order_by("-sealed_size")[0].sealed_size > 32 * MIB
    assert peaks[1] < peaks[0] + 4 * MIB


def test_a_view_that_takes_no_files_gets_small_ones_in_memory_and_no_large_ones(desk) -> None:
    browser, *_, folder = desk
    small = browser.post("/desk/nothing/", {"file": SimpleUploadedFile("a", b"12345")})
    large = browser.post("/desk/nothing/", {"file": SimpleUploadedFile("a", bytes(3 * MIB))})
    assert small.json()["files"] == [5]
    assert large.status_code == 413
    assert objects(folder) == []


def test_what_the_view_does_not_finish_is_gone(desk, settings: LazySettings) -> None:
    browser, dossier_id, folder = desk
    settings.DOCUMENT_MAX_BYTES = 1000
    answer = upload(browser, dossier_id, bytes(2000), b"fits but comes after")
    assert answer.status_code == 413
    assert b"larger" in answer.content
    assert objects(folder) == []
    assert not Document.objects.exists()


def test_a_full_record_says_so(desk, settings: LazySettings) -> None:
    browser, dossier_id, _folder = desk
    settings.DOCUMENT_QUOTA_BYTES = 2000
    answer = upload(browser, dossier_id, bytes(3000))
    assert answer.status_code == 413
    assert b"no room" in answer.content


def test_a_store_that_is_away_is_a_calm_page(desk) -> None:
    browser, dossier_id, folder = desk
    [document_id] = upload(browser, dossier_id, b"kept").json()["documents"]
    folder.rename(folder.parent / "away")
    folder.write_text("in its place")
    assert browser.get(f"/desk/out/{document_id}/").status_code == 503
    assert upload(browser, dossier_id, b"more").status_code == 503
    folder.unlink()
    (folder.parent / "away").rename(folder)
    assert browser.get(f"/desk/out/{document_id}/").status_code == 200


def test_nobody_sends_into_anothers_record(desk) -> None:
    _browser, dossier_id, folder = desk
    stranger = browser_of(a_patient(given="Odile").account)
    assert upload(stranger, dossier_id, bytes(100_000)).status_code == 404
    assert upload(Client(), dossier_id, bytes(100_000)).status_code == 302
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = _browser.cookies
    assert upload(forged, dossier_id, bytes(100_000)).status_code == 403
    assert objects(folder) == []


DATA = bytes(range(256)) * 1000


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=65000-131071", 206, 65_000, 131_072),
        ("bytes=255990-", 206, 255_990, 256_000),
        ("bytes=-10", 206, 255_990, 256_000),
        ("bytes=0-999999999", 200, 0, 256_000),
        ("bytes=-999999999", 200, 0, 256_000),
        ("bytes=0-", 200, 0, 256_000),
        ("bytes=256000-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=10-5", 200, 0, 256_000),
        ("bytes=0-1,5-6", 200, 0, 256_000),
        ("bytes=-", 200, 0, 256_000),
        ("lines=0-1", 200, 0, 256_000),
        ("bytes=" + "9" * 5000 + "-", 416, 0, 0),
        ("bytes=\u0661-\u0662", 200, 0, 256_000),
    ],
)
def test_ranges(desk, asked: str, status: int, start: int, stop: int) -> None:
    browser, dossier_id, _folder = desk
    [document_id] = upload(browser, dossier_id, DATA).json()["documents"]
    out = browser.get(f"/desk/out/{document_id}/", headers={"Range": asked})
    assert out.status_code == status
    if status == 416:
        assert out["Content-Range"] == "bytes */256000"
        return
    assert b"".join(out.streaming_content) == DATA[start:stop]
    assert out["Content-Length"] == str(stop - start)
    if status == 206:
        assert out["Content-Range"] == f"bytes {start}-{stop - 1}/256000"
    other = browser.get(f"/desk/out/{document_id}/", headers={"Range": asked, "If-Range": '"other"'})
    assert b"".join(other.streaming_content) == DATA
    same = browser.get(f"/desk/out/{document_id}/", headers={"Range": asked, "If-Range": out["ETag"]})
    assert same.status_code == status
    same.close()


def test_head_says_how_long_it_is_and_sends_nothing(desk) -> None:
    browser, dossier_id, _folder = desk
    [document_id] = upload(browser, dossier_id, DATA).json()["documents"]
    out = browser.head(f"/desk/out/{document_id}/")
    assert out["Content-Length"] == "256000"
    assert b"".join(out.streaming_content) == b""


def test_damaged_in_the_middle_the_answer_breaks_off(desk) -> None:
    browser, dossier_id, folder = desk
    [document_id] = upload(browser, dossier_id, DATA).json()["documents"]
    [path] = objects(folder)
    sealed = bytearray(path.read_bytes())
    sealed[100_000] ^= 1
    path.write_bytes(sealed)
    out = browser.get(f"/desk/out/{document_id}/")
    pieces: list[bytes] = []
    with pytest.raises(Unreadable):
        pieces.extend(out.streaming_content)
    assert len(b"".join(pieces)) < len(DATA)
