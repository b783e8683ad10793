"""All lines of one patient as one file, which a stranger checks without Carnet."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from audit import outsider
from audit.cosigning import ask_witness, load_witnesses
from audit.keys import load_signer
from audit.merkle import BadProof
from audit.note import BadNote, Signer
from audit.proving import NotProven, prove_dossier
from tests.audit.acts import DOSSIER, number_all, remember
from tests.audit.test_cosigning import KEY, served  # noqa: F401 - a fixture

ROOT = Path(__file__).parent.parent.parent


def all_proofs(dossier=DOSSIER):
    with transaction.atomic():
        return "".join(prove_dossier(dossier))


@pytest.fixture
def lines(db):
    """Thirty lines of one dossier among three hundred of others."""
    found = []
    for _ in range(10):
        found += remember(3)
        remember(27, dossier=uuid4())
        number_all()
    return found


def test_every_line_is_proven_under_one_checkpoint(lines):
    proven = outsider.check_all(all_proofs().encode(), load_signer().verifier)
    assert [one.entry.id for one in proven] == lines
    assert {one.checkpoint.size for one in proven} == {300}
    assert {one.entry.dossier for one in proven} == {DOSSIER}


def test_the_latest_witnessed_checkpoint_is_preferred(lines, served):  # noqa: F811
    [witness] = load_witnesses()
    ask_witness(witness)
    remember(5, dossier=uuid4())
    number_all()
    data = all_proofs().encode()
    proven = outsider.check_all(data, load_signer().verifier, [KEY.verifier])
    assert (proven[0].checkpoint.size, [seen.name for seen in proven[0].seen]) == (300, ["w.example/1"])
    with pytest.raises(BadNote):
        outsider.check_all(data, load_signer().verifier, [Signer("w.example/2", bytes(32), 4).verifier])
    remember()
    number_all()
    assert outsider.check_all(all_proofs().encode(), load_signer().verifier)[0].checkpoint.size == 306


def test_what_was_cut_out_doubled_or_mixed_is_seen(lines):
    data = all_proofs()
    head = "c2sp.org/tlog-proof@v1\n"
    parts = [head + part for part in data.split(head)[1:]]
    key = load_signer().verifier
    with pytest.raises(BadProof, match="same entry"):
        outsider.check_all((data + parts[3]).encode(), key)
    remember()
    number_all()
    with pytest.raises(BadProof, match="different checkpoints"):
        outsider.check_all((data + all_proofs().split(head)[1].join([head, ""])).encode(), key)
    with pytest.raises((BadProof, BadNote)):
        outsider.check_all(data.replace("index 30\n", "index 31\n").encode(), key)


def test_a_stranger_checks_the_whole_file(lines, tmp_path):
    file, key = tmp_path / "lines.txt", tmp_path / "keys"
    file.write_text(all_proofs())
    key.write_text(f"from 0 {load_signer().verifier}\n")
    asked = subprocess.run(
        [sys.executable, "-m", "audit.outsider", str(file), "--key", str(key)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "PROVEN: the log signed for each of these 30 entries." in asked.stdout
    assert asked.stdout.count("record.read: allowed") == 30


def test_nothing_to_prove(db):
    with pytest.raises(NotProven):
        all_proofs()
    remember()
    with pytest.raises(NotProven):
        all_proofs()
