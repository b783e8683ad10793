"""The witness signs one history and no other, whatever it is asked, killed or doubled."""

import base64
import http.client
import json
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from audit.merkle import EMPTY_ROOT, CompactRange, consistency_proof, leaf_hash, range_hash
from audit.note import (
    COSIGNATURE_KEY,
    BadNote,
    Checkpoint,
    Signer,
    Verifier,
    parse_note,
    parse_signature,
    sign_checkpoint,
    verify_note,
)
from audit.witness.answering import SIZE_TYPE, Submission, Witness, origin_name, request_body
from audit.witness.remembering import BadMemory, Memory

ROOT = Path(__file__).parent.parent.parent
VECTORS = json.loads((ROOT / "tests" / "vectors" / "tlog_checkpoint_proofs.json").read_text())
LOG = Signer(VECTORS["origin"], bytes.fromhex(VECTORS["log_seed"]))
WITNESS = Signer(VECTORS["witness_name"], bytes.fromhex(VECTORS["witness_seed"]), COSIGNATURE_KEY)
LEAVES = [leaf_hash(b'{"i":%d,"e":"record.view"}' % number) for number in range(300)]
NOW = 1_800_000_000


def subtree_of(leaves):
    def subtree(height, index):
        tree = CompactRange()
        for leaf in leaves[index << height : (index + 1) << height]:
            tree.append(leaf)
        return tree.root()

    return subtree


SUBTREE = subtree_of(LEAVES)


def note_of(size, leaves=LEAVES, signer=LOG):
    root = range_hash(0, size, subtree_of(leaves)) if size else EMPTY_ROOT
    return str(sign_checkpoint(Checkpoint(signer.name, size, root), signer))


def request(old, size, leaves=LEAVES, signer=LOG):
    proof = consistency_proof(old, size, subtree_of(leaves)) if old else []
    return request_body(old, proof, note_of(size, leaves, signer)).encode()


@pytest.fixture
def memory(tmp_path):
    memory = Memory(tmp_path / "state")
    yield memory
    memory.close()


@pytest.fixture
def witness(memory):
    return Witness(signer=WITNESS, logs=[LOG.verifier], memory=memory, clock=lambda: NOW)


def test_a_request_that_others_made_is_read_and_answered(witness, memory):
    data = VECTORS["witness_add_checkpoint_request_257_to_300"].encode()
    assert str(Submission.parse(data)).encode() == data
    assert witness.add_checkpoint(request(0, 257)).status == 200
    answer = witness.add_checkpoint(data)
    assert answer.status == 200
    line = parse_signature(answer.body)
    text = parse_note(data.partition(b"\n\n")[2]).text
    assert Verifier.parse(VECTORS["witness_vkey"]).check(text, line).time == NOW
    assert memory.checkpoint(LOG.name).size == 300


def test_the_signature_of_the_vectors_byte_for_byte(memory):
    """Ed25519 is deterministic: with the clock of the vectors the line is theirs."""
    published = parse_note(VECTORS["witness_add_checkpoint_request_257_to_300"].partition("\n\n")[2])
    theirs = published.signatures[1]
    clock = int.from_bytes(theirs.blob[:8], "big")
    witness = Witness(signer=WITNESS, logs=[LOG.verifier], memory=memory, clock=lambda: clock)
    assert witness.add_checkpoint(request(0, 300)).body == theirs.line()


@pytest.mark.parametrize("sizes", [(1, 2, 3, 300), (256, 257, 257), (299, 300)])
def test_it_follows_a_log_that_grows(witness, sizes):
    old = 0
    for size in sizes:
        answer = witness.add_checkpoint(request(old, size))
        assert answer.status == 200, answer
        _, [cosignature] = verify_note(parse_note(note_of(size) + answer.body), [LOG.verifier, WITNESS.verifier])
        assert cosignature.time == NOW
        old = size


MALFORMED = {
    "nothing": b"",
    "no old": b"\n\n" + note_of(10).encode(),
    "a size with a zero before it": request(0, 10).replace(b"old 0", b"old 00"),
    "a negative size": request(0, 10).replace(b"old 0", b"old -1"),
    "a size in other digits": request(0, 10).replace(b"old 0", "old ٣".encode()),
    "no checkpoint": b"old 0\n\n",
    "a proof of no hashes": request(0, 10).replace(b"old 0\n", b"old 0\nAAAA\n"),
    "64 lines of proof": request(0, 10).replace(b"old 0\n", b"old 0\n" + base64.b64encode(bytes(32)) * 1 + b"\n" * 1)
    .replace(base64.b64encode(bytes(32)), b"\n".join([base64.b64encode(bytes(32))] * 64)),
    "an old size above the new": request_body(11, [], note_of(10)).encode(),
    "a note that is no checkpoint": b"old 0\n\nhello\n\n" + note_of(1).partition("\n\n")[2].encode(),
    "a note without signatures": b"old 0\n\n" + note_of(1).partition("\n\n")[0].encode() + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_400(witness, memory, data):
    assert witness.add_checkpoint(data).status == 400
    assert memory.note(LOG.name) is None


def test_403_without_a_signature_of_the_log(witness):
    stranger = Signer(LOG.name, bytes(32))
    assert witness.add_checkpoint(request(0, 10, signer=stranger)).status == 403
    # A known key whose signature fails condemns the note.
    assert witness.add_checkpoint(request(0, 10).replace(b"\n10\n", b"\n11\n")).status == 403


def test_404_for_a_log_it_does_not_know(witness):
    assert witness.add_checkpoint(request(0, 10, signer=Signer("other.example/log", bytes(32)))).status == 404
    assert witness.latest(origin_name("other.example/log")).status == 404


def test_409_tells_the_size_it_knows(witness):
    answer = witness.add_checkpoint(request(5, 10))
    assert (answer.status, answer.body, answer.content_type) == (409, "0\n", SIZE_TYPE)
    assert witness.add_checkpoint(request(0, 10)).status == 200
    for old in (0, 5):
        answer = witness.add_checkpoint(request(old, 20))
        assert (answer.status, answer.body, answer.content_type) == (409, "10\n", SIZE_TYPE)
    # A log that was cut off and grown again cannot get below what was signed.
    assert witness.add_checkpoint(request(0, 5)).status == 409


def test_422_for_another_history(witness, memory):
    other = [leaf_hash(b"other"), *LEAVES[1:]]
    assert witness.add_checkpoint(request(0, 10)).status == 200
    kept = memory.note(LOG.name)
    assert witness.add_checkpoint(request(10, 20, leaves=other)).status == 422
    assert witness.add_checkpoint(request(10, 10, leaves=other)).status == 422
    assert witness.add_checkpoint(request_body(10, [], note_of(20)).encode()).status == 422
    assert memory.note(LOG.name) == kept
    assert witness.add_checkpoint(request(10, 20)).status == 200


def test_422_for_a_proof_of_nothing(witness):
    assert witness.add_checkpoint(request_body(0, [bytes(32)], note_of(10)).encode()).status == 422
    empty = sign_checkpoint(Checkpoint(LOG.name, 0, sha256(b"x").digest()), LOG)
    assert witness.add_checkpoint(request_body(0, [], str(empty)).encode()).status == 422
    assert witness.add_checkpoint(request(0, 0)).status == 200


def test_signatures_of_strangers_are_ignored_and_not_kept(witness, memory):
    stranger = Signer("stranger.example/key", bytes(32))
    note = note_of(10) + stranger.sign(parse_note(note_of(10)).text).line()
    assert witness.add_checkpoint(request_body(0, [], note).encode()).status == 200
    assert "stranger" not in memory.note(LOG.name)
    assert witness.latest(origin_name(LOG.name)).body == memory.note(LOG.name)


def test_of_many_at_once_one_history_is_signed(witness, memory):
    """Eight threads with eight different continuations: exactly one is signed."""
    assert witness.add_checkpoint(request(0, 10)).status == 200
    forks = [[*LEAVES[:10], leaf_hash(b"%d" % number)] for number in range(8)]
    requests = [request(10, 11, leaves=leaves) for leaves in forks]
    answers = []
    threads = [
        threading.Thread(target=lambda data=data: answers.append(witness.add_checkpoint(data))) for data in requests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    signed = [leaves for leaves in forks if range_hash(0, 11, subtree_of(leaves)) == memory.checkpoint(LOG.name).root]
    assert len(signed) == 1


def test_it_remembers_when_it_starts_again(tmp_path):
    for old, size in ((0, 10), (10, 20)):
        memory = Memory(tmp_path)
        witness = Witness(signer=WITNESS, logs=[LOG.verifier], memory=memory, clock=lambda: NOW)
        assert witness.add_checkpoint(request(old, size)).status == 200
        memory.close()


def test_a_damaged_memory_is_refused(tmp_path, memory, witness):
    assert witness.add_checkpoint(request(0, 10)).status == 200
    with pytest.raises(BadMemory, match="held by another witness"):
        Memory(tmp_path / "state")
    memory.close()
    [file] = (tmp_path / "state").glob("*.checkpoint")
    file.write_text(file.read_text()[:40])
    with pytest.raises(BadMemory, match="Put it back from a copy"):
        Memory(tmp_path / "state")


def test_two_keys_of_one_log(memory):
    newer = Signer(LOG.name, bytes(range(32)))
    witness = Witness(signer=WITNESS, logs=[LOG.verifier, newer.verifier], memory=memory, clock=lambda: NOW)
    assert witness.add_checkpoint(request(0, 10)).status == 200
    assert witness.add_checkpoint(request(10, 20, signer=newer)).status == 200


@pytest.fixture
def start(tmp_path):
    """Start the command; its address. Whatever still runs is killed."""
    running = []

    def starter(*more):
        process = subprocess.Popen(
            [sys.executable, "-m", "audit.witness", "--name", "w.example/1", "--key", str(tmp_path / "key"),
             "--state", str(tmp_path / "state"), "--log", str(LOG.verifier), "--listen", "127.0.0.1:0", *more],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        return process, process.stdout.readline().strip()

    yield starter
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ask(address, method, path, body=None):
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, body=body)
    answer = connection.getresponse()
    data = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], data


def test_the_command_over_http(start, tmp_path):
    process, said = start()
    address = said.rpartition(" ")[2].rstrip(".")
    key = Verifier.parse(said.split()[2])
    assert oct((tmp_path / "key").stat().st_mode & 0o777) == "0o400"
    status, kind, body = ask(address, "POST", "/add-checkpoint", request(0, 10))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert key.check(parse_note(note_of(10)).text, parse_signature(body)) is not None
    assert ask(address, "POST", "/add-checkpoint", request(0, 20)) == (409, SIZE_TYPE, "10\n")
    assert ask(address, "GET", f"/{origin_name(LOG.name)}/checkpoint")[2] == note_of(10) + body
    for method, path in (("GET", "/"), ("GET", "/x/checkpoint"), ("POST", "/else"), ("GET", "/a/b")):
        assert ask(address, method, path, b"" if method == "POST" else None)[0] == 404
    assert ask(address, "POST", "/add-checkpoint", b"x" * 300_000)[0] == 400
    process.kill()
    process.wait()
    # Killed, it has forgotten nothing.
    process, said = start()
    assert Verifier.parse(said.split()[2]) == key
    address = said.rpartition(" ")[2].rstrip(".")
    assert ask(address, "POST", "/add-checkpoint", request(0, 10))[0] == 409
    assert ask(address, "POST", "/add-checkpoint", request(10, 20))[0] == 200
    process.terminate()
    _out, err = process.communicate(timeout=10)
    assert (process.returncode, "Traceback" in err) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", "two words"], "no space"),
        (["--listen", "nowhere"], "expected an address and a port"),
        (["--log", "/nowhere/keys"], "cannot be read"),
        (["--log", "a+00000000+AAAA"], "expected name+id+key"),
        (["--key", "/proc/none/key"], "cannot be used"),
    ],
)
def test_the_command_refuses_with_a_sentence(start, arguments, sentence):
    process, _ = start(*arguments)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert sentence in err
    assert "Traceback" not in err


def test_the_witness_needs_no_django():
    code = (
        "import sys, audit.witness.__main__; sys.exit(any(name.partition('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_line_that_is_no_hash():
    for line in ("AAAA", "!", base64.b64encode(bytes(33)).decode()):
        with pytest.raises(BadNote):
            Submission.parse(f"old 1\n{line}\n\n{note_of(2)}".encode())
