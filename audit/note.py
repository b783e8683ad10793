"""Signed notes, checkpoints, cosignatures and proof files, byte for byte as C2SP has them.

``c2sp.org/signed-note``, ``tlog-checkpoint``, ``tlog-cosignature`` (v1, Ed25519) and ``tlog-proof``.
Pure: needs the cryptography package only.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOG_KEY = 0x01
COSIGNATURE_KEY = 0x04
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_SIGNATURE_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_MAX_SIGNATURES = 100
_MAX_PATH = 64


class BadNote(ValueError):
    """These bytes are not a note, a checkpoint or a proof file, or a signature on them fails."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the signer's name, the 4 bytes of its key id, and the signature."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its line feed."""
        return f"— {self.name} {_b64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending with a line feed) and the signatures on it, checked by nobody yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's word: it saw this checkpoint at ``time`` (seconds since 1970)."""

    name: str
    time: int


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name; ``kind`` is :data:`LOG_KEY` or :data:`COSIGNATURE_KEY`."""

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (LOG_KEY, COSIGNATURE_KEY) or len(self.public_key) != 32:
            raise BadNote(f"key of {self.name}: expected a 32-byte Ed25519 key of type 1 or 4")

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """The key of a line ``name+id+key``.

        Raises:
            BadNote: it is not such a line, or its id is not that of its key.
        """
        name, _, rest = vkey.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = _unb64(key, "verifier key")
        if len(raw) != 33:
            raise BadNote("verifier key: expected name+id+key with an Ed25519 key")
        verifier = cls(name, raw[0], raw[1:])
        if verifier.key_id.hex() != key_id:
            raise BadNote(f"verifier key of {name}: its id is {verifier.key_id.hex()}, not {key_id!r}")
        return verifier

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which signature lines name this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_b64(bytes([self.kind]) + self.public_key)}"

    def check(self, text: str, signature: Signature) -> Cosignature | None:
        """Check one signature of this key on ``text``; a witness's tells when.

        Raises:
            BadNote: the signature fails.
        """
        time, blob, message = None, signature.blob, text.encode()
        if self.kind == COSIGNATURE_KEY:
            time, blob = int.from_bytes(blob[:8], "big"), blob[8:]
            message = _cosigned(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(blob, message)
        except InvalidSignature:
            raise BadNote(f"the signature of {self.name} fails") from None
        return None if time is None else Cosignature(self.name, time)


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """An Ed25519 seed with its name: what signs, and must stay secret."""

    name: str
    seed: bytes
    kind: int = LOG_KEY

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.name, self.kind, public.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str, *, time: int = 0) -> Signature:
        """A signature on ``text``; ``time`` (seconds since 1970) is written by witnesses only."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.kind == COSIGNATURE_KEY:
            blob = time.to_bytes(8, "big") + key.sign(_cosigned(text, time))
        else:
            blob = key.sign(text.encode())
        return Signature(self.name, self.verifier.key_id, blob)


def sign_note(text: str, *signers: Signer) -> Note:
    """``text`` with the signature of each signer.

    Raises:
        BadNote: the text is empty, does not end with a line feed or holds control characters.
    """
    _check_text(text)
    return Note(text, tuple(signer.sign(text) for signer in signers))


def parse_note(data: str | bytes) -> Note:
    """The text and signatures of a note; trusts none of them.

    Raises:
        BadNote: not a signed note.
    """
    try:
        note = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise BadNote("note: not UTF-8") from None
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise BadNote("note: expected a text, a blank line and signature lines")
    text += "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise BadNote(f"note: {len(lines)} signatures, expected {_MAX_SIGNATURES} at most")
    return Note(text, tuple(_signature(line) for line in lines))


def verify_note(note: Note, verifiers: Iterable[Verifier]) -> tuple[list[Verifier], list[Cosignature]]:
    """The known keys that signed ``note``, and when its witnesses saw it.

    Unknown keys are ignored; one known key whose signature fails condemns the whole note.

    Raises:
        BadNote: a known key's signature fails, or no known key signed.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed: list[Verifier] = []
    seen: list[Cosignature] = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        cosignature = verifier.check(note.text, signature)
        if verifier not in signed:
            signed.append(verifier)
            if cosignature is not None:
                seen.append(cosignature)
    if not signed:
        raise BadNote("note: signed by no key that you know")
    return signed, seen


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: ``size`` entries under ``root``."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of the text of a note, without extension lines.

        Raises:
            BadNote: not exactly origin, size and root.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _DECIMAL.fullmatch(lines[1]):
            raise BadNote("checkpoint: expected the lines origin, size in decimal, root")
        root = _unb64(lines[2], "checkpoint root")
        if len(root) != 32:
            raise BadNote(f"checkpoint: root of {len(root)} bytes, expected 32")
        return cls(lines[0], int(lines[1]), root)


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> Note:
    """The checkpoint as a note signed by its log, whose key bears the name of the origin."""
    if signer.name != checkpoint.origin:
        raise BadNote(f"signer {signer.name!r}: expected the origin {checkpoint.origin!r}")
    return sign_note(checkpoint.text(), signer)


def open_checkpoint(data: str | bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a note, once its log's signature is checked.

    Raises:
        BadNote: not a checkpoint, of another origin, or its log's signature fails or is missing.
    """
    note = parse_note(data)
    verify_note(note, [verifier])
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != verifier.name:
        raise BadNote(f"checkpoint of {checkpoint.origin!r}: expected {verifier.name!r}")
    return checkpoint


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file: entry ``index`` lies under ``checkpoint`` (a note, verbatim); ``extra`` is ours to fill."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def __str__(self) -> str:
        extra = f"extra {_b64(self.extra)}\n" if self.extra else ""
        path = "".join(f"{_b64(step)}\n" for step in self.path)
        return f"{PROOF_HEADER}\n{extra}index {self.index}\n{path}\n{self.checkpoint}"

    @classmethod
    def parse(cls, data: str | bytes) -> Proof:
        """The proof of a ``tlog-proof`` file; trusts nothing in it.

        Raises:
            BadNote: not such a file.
        """
        try:
            text = data.decode() if isinstance(data, bytes) else data
        except UnicodeDecodeError:
            raise BadNote("proof file: not UTF-8") from None
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != PROOF_HEADER:
            raise BadNote(f"proof file: expected {PROOF_HEADER} first and a checkpoint last")
        extra = _unb64(lines.pop(0)[6:], "extra") if lines and lines[0].startswith("extra ") else b""
        word, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
        if word != "index" or not _DECIMAL.fullmatch(number) or len(lines) > _MAX_PATH:
            raise BadNote(f"proof file: expected a line index and at most {_MAX_PATH} hashes")
        path = tuple(decode_hash(line) for line in lines)
        return cls(int(number), path, checkpoint, extra)


def decode_hash(line: str) -> bytes:
    """The 32 bytes of one hash in base64, as in proof lines.

    Raises:
        BadNote: not the canonical base64 of 32 bytes.
    """
    hashed = _unb64(line, "hash")
    if len(hashed) != 32:
        raise BadNote(f"hash of {len(hashed)} bytes: expected 32")
    return hashed


def encode_hash(hashed: bytes) -> str:
    """A hash as a proof line holds it."""
    return _b64(hashed)


def parse_signature(line: str) -> Signature:
    """One signature line, with or without its line feed; trusts nothing in it.

    Raises:
        BadNote: not such a line.
    """
    return _signature(line.removesuffix("\n"))


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signature(line: str) -> Signature:
    matched = _SIGNATURE_LINE.fullmatch(line)
    if matched is None:
        raise BadNote("note: a line is no signature")
    _check_name(matched[1])
    raw = _unb64(matched[2], "signature")
    if len(raw) < 5:
        raise BadNote("note: a signature is too short")
    return Signature(matched[1], raw[:4], raw[4:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise BadNote(f"key name {name!r}: expected no space and no +")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise BadNote("note: expected a text ending with a line feed")
    if any(character < " " and character != "\n" for character in text):
        raise BadNote("note: control characters")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str, what: str) -> bytes:
    """Canonical base64 only: the decoder of Python lets stray final bits pass."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{what}: not base64") from None
    if not data or _b64(data) != text:
        raise BadNote(f"{what}: not canonical base64")
    return data
