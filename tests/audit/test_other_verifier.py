"""Go's own verifiers accept our checkpoints and proofs, where they are installed.

Debian packages ``golang-go`` and ``golang-golang-x-mod-dev``; or ``CARNET_GO`` names the go program and
``CARNET_GOPATH`` the folder whose ``src`` holds ``golang.org/x/mod``. Without them the test is skipped and says so.
"""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connection

from audit import models
from audit.keys import load_signer
from audit.tree import StoredTree
from tests.audit.acts import number_all, remember

GO = os.environ.get("CARNET_GO") or shutil.which("go")
GOPATH = Path(os.environ.get("CARNET_GOPATH", "/usr/share/gocode"))
PROGRAM = Path(__file__).parent / "go" / "main.go"


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    if GO is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip(
            "NOT CHECKED BY OTHERS: install golang-go and golang-golang-x-mod-dev (or set CARNET_GO, CARNET_GOPATH)"
        )
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {
        "GOPATH": str(GOPATH), "GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": "",
    }  # fmt: skip
    subprocess.run([GO, "build", "-o", folder / "verifier", PROGRAM], check=True, env=environment, timeout=300)
    return folder / "verifier"


def text(hashed):
    return base64.b64encode(hashed).decode()


def test_checkpoints_and_proofs(db, verifier):
    for count in (1, 1, 5, 100, 193, 300):
        remember(count)
        number_all()
    key = load_signer().verifier
    questions, expected = [], []

    def ask(good, **question):
        questions.append(json.dumps(question))
        expected.append(good)

    checkpoints = list(models.Checkpoint.objects.order_by("size"))
    leaves = [bytes(leaf.hash) for leaf in models.Leaf.objects.order_by("idx")]
    with connection.cursor() as cursor:
        for checkpoint in checkpoints:
            ask(True, Key=str(key), Note=checkpoint.note)
            ask(False, Key=str(key), Note=checkpoint.note.replace(f"\n{checkpoint.size}\n", "\n9999\n"))
            tree = StoredTree(cursor, checkpoint.size)
            root = text(bytes(checkpoint.root))
            for index in {0, checkpoint.size // 2, checkpoint.size - 1}:
                path = [text(step) for step in tree.inclusion(index)]
                ask(True, Size=checkpoint.size, Index=index, Root=root, Leaf=text(leaves[index]), Path=path)
                ask(False, Size=checkpoint.size, Index=index, Root=root, Leaf=text(bytes(32)), Path=path)
            for old in checkpoints:
                if old.size < checkpoint.size:
                    path = [text(step) for step in tree.consistency(old.size)]
                    roots = {"OldRoot": text(bytes(old.root)), "NewRoot": root}
                    ask(True, Old=old.size, New=checkpoint.size, Path=path, **roots)
                    ask(False, Old=old.size, New=checkpoint.size, Path=path, **(roots | {"OldRoot": text(bytes(32))}))
    answers = subprocess.run(
        [verifier], input="\n".join(questions) + "\n", capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    assert len(answers) == len(questions)
    wrong = [
        (question, answer)
        for question, answer, good in zip(questions, answers, expected, strict=True)
        if (answer == "ok") != good
    ]
    assert wrong == []
