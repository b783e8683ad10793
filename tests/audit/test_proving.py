"""Proof files, and the stranger who checks them."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit import log, outsider
from audit.entry import BadEntry
from audit.events import Event
from audit.keys import load_signer
from audit.merkle import BadProof, verify_consistency
from audit.note import BadNote, Proof, Signer
from audit.proving import NotProven, is_covered, prove, wait_until_covered
from audit.tree import StoredTree
from tests.audit.acts import DOCTOR, number_all, remember, rows

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def proven(db):
    written = remember(300)
    number_all()
    remember(13)
    number_all()
    return written[41]


def test_a_proof_file_proves_its_entry(proven):
    found = outsider.check(prove(proven).encode(), load_signer().verifier)
    [(index,)] = rows("SELECT idx FROM audit_leaf WHERE entry_id = %s", proven)
    assert (found.entry.id, found.index, found.checkpoint.size) == (proven, index, 313)
    assert found.entry.event == "record.read"


def test_every_entry_has_a_proof(proven):
    verifier = load_signer().verifier
    for (entry_id,) in rows("SELECT entry_id FROM audit_leaf WHERE mod(idx, 25) = 0 OR idx > 250 AND idx < 260"):
        assert outsider.check(prove(entry_id).encode(), verifier).entry.id == entry_id


def test_a_proof_that_was_changed_proves_nothing(proven):
    text = prove(proven)
    proof = Proof.parse(text)
    for part, changed in {
        "extra": str(Proof(proof.index, proof.path, proof.checkpoint, proof.extra[:-1] + b"\x01")),
        "index": str(Proof(proof.index ^ 1, proof.path, proof.checkpoint, proof.extra)),
        "hash": str(Proof(proof.index, (bytes(32), *proof.path[1:]), proof.checkpoint, proof.extra)),
        "size": text.replace("\n313\n", "\n312\n"),
        "signature": text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:],
        "cut": text[:-1],
        "longer": str(Proof(proof.index, (*proof.path, bytes(32)), proof.checkpoint, proof.extra)),
    }.items():
        assert changed != text, part
        with pytest.raises((BadNote, BadProof, BadEntry)):
            outsider.check(changed.encode(), load_signer().verifier)


def test_another_log_proves_nothing(proven):
    stranger = Signer(load_signer().name, bytes(32)).verifier
    with pytest.raises(BadNote, match="no key that you know"):
        outsider.check(prove(proven).encode(), stranger)


def _ask(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "audit.outsider", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, env={},
    )  # fmt: skip


def test_the_stranger_at_the_command_line(proven, tmp_path):
    file, key = tmp_path / "proof.txt", tmp_path / "log.key"
    file.write_text(prove(proven))
    key.write_text(f"{load_signer().verifier}\n")
    for given in (key, load_signer().verifier):
        asked = _ask(file, "--key", given)
        assert (asked.returncode, asked.stderr) == (0, "")
        assert "PROVEN" in asked.stdout
        assert str(proven) in asked.stdout
    keyless = _ask(file)
    assert keyless.returncode == 2
    assert "was not checked" in keyless.stderr
    file.write_text(prove(proven).replace("index ", "index 1"))
    refuted = _ask(file, "--key", key)
    assert refuted.returncode == 1
    assert refuted.stderr.startswith("NOT PROVEN")
    for nonsense in (b"", b"\xff", b"\x00" * (1 << 20) + b"x", b"c2sp.org/tlog-proof@v1\n\n"):
        file.write_bytes(nonsense)
        asked = _ask(file, "--key", key)
        assert asked.returncode == 1
        assert "Traceback" not in asked.stderr
    assert _ask(tmp_path / "missing", "--key", key).returncode == 2


def test_the_stranger_needs_neither_django_nor_a_database():
    script = (
        "import sys; sys.modules['django'] = None; sys.modules['psycopg'] = None\n"
        "import audit.outsider\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'audit'))"
    )
    asked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env={}, timeout=60)
    assert asked.stdout.strip() == str(["audit", "audit.entry", "audit.merkle", "audit.note", "audit.outsider"])


def test_what_has_no_number_yet_cannot_be_proven(db):
    with pytest.raises(NotProven):
        prove(uuid4())
    [entry] = remember()
    with pytest.raises(NotProven, match=str(entry)):
        prove(entry)
    assert not is_covered(entry)
    assert not wait_until_covered(entry, seconds=0.1)
    number_all()
    assert wait_until_covered(entry, seconds=0)
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        wait_until_covered(log.append(Event.RECORD_READ, actor=DOCTOR), seconds=1)


def test_a_later_checkpoint_continues_an_earlier_one(proven):
    roots = {size: bytes(root) for size, root in rows("SELECT size, root FROM audit_checkpoint")}
    assert set(roots) == {300, 313}
    for old in (1, 200, 256, 299, 300):
        with connection.cursor() as cursor:
            old_root = StoredTree(cursor, old).compact().root()
            path = StoredTree(cursor, 313).consistency(old)
        verify_consistency(old=old, new=313, path=path, old_root=old_root, new_root=roots[313])
        assert roots.get(old, old_root) == old_root


def test_a_proof_reads_few_rows(proven, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        prove(proven)
