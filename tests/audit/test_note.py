"""Signed notes, checkpoints, cosignatures and proof files against the C2SP vectors."""

import base64
import json
from pathlib import Path

import pytest

from audit.note import (
    COSIGNATURE_KEY,
    BadNote,
    Checkpoint,
    Cosignature,
    Proof,
    Signer,
    Verifier,
    open_checkpoint,
    parse_note,
    sign_checkpoint,
    sign_note,
    verify_note,
)

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "tlog_checkpoint_proofs.json").read_text())
LOG = Verifier.parse(VECTORS["log_vkey"])
WITNESS = Verifier.parse(VECTORS["witness_vkey"])
SIGNER = Signer(VECTORS["origin"], bytes.fromhex(VECTORS["log_seed"]))
COSIGNER = Signer(VECTORS["witness_name"], bytes.fromhex(VECTORS["witness_seed"]), COSIGNATURE_KEY)
LAST = VECTORS["checkpoints"][-1]["checkpoint"]


@pytest.mark.asvs("v5.0.0-11.6.1")
def test_keys_have_the_ids_of_the_vectors():
    assert str(SIGNER.verifier) == VECTORS["log_vkey"]
    assert str(COSIGNER.verifier) == VECTORS["witness_vkey"]


def test_the_note_that_c2sp_published():
    published = VECTORS["published_signed_note"]
    note = parse_note(published["note"])
    verify_note(note, [Verifier.parse(published["vkey"])])
    assert str(note) == published["note"]


@pytest.mark.parametrize("vector", VECTORS["checkpoints"], ids=lambda vector: str(vector["size"]))
def test_checkpoints_of_the_vectors_are_read_and_written(vector):
    note = parse_note(vector["checkpoint"])
    _, seen = verify_note(note, [LOG, WITNESS])
    assert seen == [Cosignature(WITNESS.name, 1_700_000_000 + vector["size"])]
    checkpoint = Checkpoint(VECTORS["origin"], vector["size"], bytes.fromhex(vector["root"]))
    assert Checkpoint.parse(note.text) == checkpoint
    signed = str(sign_checkpoint(checkpoint, SIGNER))
    cosigned = COSIGNER.sign(checkpoint.text(), time=1_700_000_000 + vector["size"]).line()
    assert signed + cosigned == vector["checkpoint"] == str(note)


def test_the_proof_file_of_the_vectors():
    proof = Proof.parse(VECTORS["tlog_proof_entry_123"])
    assert proof.index == 123
    assert str(proof) == VECTORS["tlog_proof_entry_123"]
    extended = Proof(proof.index, proof.path, proof.checkpoint, b"anything")
    assert Proof.parse(str(extended).encode()) == extended


@pytest.mark.asvs("v5.0.0-4.1.5")
def test_every_bit_of_a_checkpoint_matters():
    note = str(sign_checkpoint(Checkpoint.parse(parse_note(LAST).text), SIGNER)).encode()
    for place in range(len(note)):
        for bit in range(8):
            bent = bytearray(note)
            bent[place] ^= 1 << bit
            with pytest.raises(BadNote):
                open_checkpoint(bytes(bent), LOG)
    for end in range(len(note)):
        with pytest.raises(BadNote):
            open_checkpoint(note[:end], LOG)
    with pytest.raises(BadNote):
        open_checkpoint(note + b"x", LOG)
    with pytest.raises(BadNote):
        open_checkpoint(note + b"\n", LOG)


@pytest.mark.asvs("v5.0.0-9.1.3")
def test_unknown_keys_are_ignored_and_a_known_failing_one_condemns():
    text = parse_note(LAST).text
    stranger = Signer("stranger.example", bytes(32))
    verify_note(sign_note(text, stranger, SIGNER), [LOG])
    with pytest.raises(BadNote, match="no key that you know"):
        verify_note(sign_note(text, stranger), [LOG])
    liar = Signer(SIGNER.name, SIGNER.seed).sign("another text\n")
    bad = str(sign_note(text, stranger)) + liar.line()
    with pytest.raises(BadNote, match="fails"):
        verify_note(parse_note(bad), [LOG, stranger.verifier])


def test_sixteen_signatures_and_more_are_read():
    signers = [Signer(f"signer-{number}.example", bytes([number]) * 32) for number in range(40)]
    note = parse_note(str(sign_note("text\n", *signers)))
    assert len(verify_note(note, [signer.verifier for signer in signers])[0]) == 40
    crowd = str(note) + note.signatures[0].line() * 61
    with pytest.raises(BadNote, match="101 signatures"):
        parse_note(crowd)


def test_a_key_of_another_name_signs_no_checkpoint():
    with pytest.raises(BadNote, match="expected the origin"):
        sign_checkpoint(Checkpoint("other.example", 1, bytes(32)), SIGNER)
    impostor = sign_note(Checkpoint("other.example", 1, bytes(32)).text(), SIGNER)
    with pytest.raises(BadNote, match="expected"):
        open_checkpoint(str(impostor), LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "origin\n1\n",
        "origin\n01\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(32)).decode() + "\nextension\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(32)).decode()[:-2] + "B=\n",
    ],
)
def test_what_is_no_checkpoint(text):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"text\n\n- name AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAB=\n",
        b"te\x00xt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAA=",
    ],
)
def test_what_is_no_note(note):
    with pytest.raises(BadNote):
        parse_note(note)


@pytest.mark.parametrize("place", range(len("c2sp.org/tlog-proof@v1\nindex 123\n")))
def test_what_is_no_proof_file(place):
    text = VECTORS["tlog_proof_entry_123"]
    if text[place] not in "123" or place < 24:
        with pytest.raises(BadNote):
            Proof.parse(text[:place] + "#" + text[place + 1 :])


def test_a_verifier_key_with_a_wrong_id_is_refused():
    with pytest.raises(BadNote, match="its id is"):
        Verifier.parse(VECTORS["log_vkey"].replace("+58dd2766+", "+58dd2767+"))


def test_a_signer_does_not_show_its_seed():
    assert repr(SIGNER) == f"Signer('{SIGNER.name}')"
    assert SIGNER.seed.hex() not in repr(SIGNER)
