"""The record list written by hand: psycopg, the vault's own cipher, and strings. The limit of ``benchmarks.page``.

It does what the page does and nothing else: finds the session by the digest of its key, the account and its second
factor, the dossier and its keys, what the patient wished, the newest records of one drawer with their marks; opens
twenty headers in the same format; writes the same entry to disk; and answers as many bytes. It forgives nothing, has no
language, no refusals, no forms, no headers of security, and trusts its tables.
"""

from __future__ import annotations

import hmac
import html
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from audit.entry import Entry, encode
from records.vault.cipher import Subkeys
from records.vault.envelope import Place
from records.vault.keyring import LocalKeyring, WrapContext, Wrapped

_WHO = """
SELECT account.id, device.id FROM accounts_session AS session
JOIN accounts_account AS account ON account.id = session.account_id AND account.is_active
JOIN accounts_sealedtotpdevice AS device ON device.user_id = account.id AND device.confirmed
WHERE session.session_key = %s AND session.expire_date > now()
"""
_DOSSIER = """
SELECT dossier.id, dossier.pseudonym, dossier.active_key_version, key.kek_id, key.wrapped FROM accounts_session AS
session JOIN records_dossier AS dossier ON dossier.account_id = session.account_id AND dossier.closed_at IS NULL
JOIN records_patientkey AS key ON key.dossier_id = dossier.id AND key.version = dossier.active_key_version
WHERE session.session_key = %s
"""
_WISHES = """
SELECT wish.kind, wish.category FROM accounts_session AS session
JOIN records_dossier AS dossier ON dossier.account_id = session.account_id
JOIN consent_wish AS wish ON wish.dossier = dossier.id AND wish.during @> now() WHERE session.session_key = %s
"""
_ROWS = """
SELECT record.id, record.revision, record.header, record.masked_at, record.held_until, record.filed_at
FROM accounts_session AS session JOIN records_dossier AS dossier ON dossier.account_id = session.account_id
JOIN records_record AS record ON record.dossier_id = dossier.id AND record.category = 'laboratory'
WHERE session.session_key = %s ORDER BY record.filed_at DESC, record.id DESC LIMIT 20
"""
_INSERT = """
INSERT INTO public.audit_entry
    (id, at, event, actor, role, profession, organisation, dossier, category, ground, outcome, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_FRAME = "<!doctype html><title>Records</title>" + "<!-- the frame of a page -->" * 1200

Start = Callable[[str, list[tuple[str, str]]], object]

_pool = ConnectionPool(
    os.environ["BENCH_DATABASE"],
    min_size=1,
    max_size=4,
    kwargs={"autocommit": True, "prepare_threshold": 2},
    open=False,
)
_keyring = LocalKeyring(Path(os.environ["KEYRING_FILE"]))
_digest_key = sha256(b"accounts.session" + os.environ["SECRET_KEY"].encode()).digest()
_opened: dict[bytes, Subkeys] = {}
_length = int(os.environ.get("BENCH_LENGTH", "36000"))


def application(environ: dict[str, str], start: Start) -> Iterable[bytes]:
    """One page (WSGI, PEP 3333)."""
    cookies = dict(parse_qsl(environ.get("HTTP_COOKIE", "").replace("; ", "&")))
    page = _page(hmac.digest(_digest_key, cookies["session"].encode(), "sha256").hex()[:40])
    start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))])
    return [page]


def _page(session: str) -> bytes:
    if _pool.closed:
        _pool.open()
    with _pool.connection() as connection:
        with connection.pipeline():
            asked = [connection.execute(query, (session,), binary=True) for query in (_WHO, _DOSSIER, _WISHES, _ROWS)]
            [(account, _device)], [dossier], wishes, rows = (cursor.fetchall() for cursor in asked)
        hidden = any(kind == "hide_new" for kind, _ in wishes)
        lines = [_line(dossier, row) for row in rows if not hidden]
        connection.execute(_INSERT, _entry(account, dossier[1], len(lines)))
    body = _FRAME + "<table>" + "".join(lines) + "</table>"
    return body.encode()[:_length].ljust(_length)


def _line(dossier: tuple, row: tuple) -> str:
    number, revision, sealed, masked, held, _ = row
    plain = _subkeys(dossier).open_sealed(Place("header", dossier[0], "laboratory", number, revision), bytes(sealed))
    header = json.loads(plain)
    when = datetime.fromisoformat(header["date"])
    shown = (header["title"], f"{when:%d/%m/%Y}", header["value"], header["unit"], header["low"], header["high"])
    cells = "".join(f"<td>{html.escape(value)}</td>" for value in shown)
    return f'<tr id="{number}"{" class=masked" if masked or held else ""}>{cells}</tr>'


def _subkeys(dossier: tuple) -> Subkeys:
    owner, _, version, kek, wrapped = dossier
    known = _opened.get(bytes(wrapped))
    if known is None:
        key = _keyring.unwrap(Wrapped(kek, bytes(wrapped)), WrapContext(owner, version))
        known = _opened[bytes(wrapped)] = Subkeys.derive(key, version, "header", "laboratory")
    return known


def _entry(account: UUID, pseudonym: UUID, count: int) -> tuple:
    entry = Entry(
        id=uuid4(), at=datetime.now(UTC), event="category.read", actor=account, role="patient", outcome="allowed",
        request=uuid4(), strength="otp", dossier=pseudonym, category="laboratory", ground="own_dossier",
        session="0" * 32, facts={"count": str(count)},
    )  # fmt: skip
    return (entry.id, entry.at, entry.event, entry.actor, entry.role, "", None, entry.dossier, entry.category,
            entry.ground, entry.outcome, encode(entry))  # fmt: skip
