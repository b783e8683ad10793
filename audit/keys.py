"""The key that signs the log's checkpoints, and the public keys that check them.

Only the sequencer needs the first. Whoever only checks (the web, ``verify_audit``) is given
``AUDIT_PUBLIC_KEYS_FILE``: one line per key, ``from SIZE NAME+ID+KEY``, oldest first. A checkpoint of
``SIZE`` entries or more, up to the next line's, must be signed by that key and no other: a key that
was replaced because it leaked can sign nothing new.
"""

from __future__ import annotations

import base64
import binascii
import stat
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.note import BadNote, Signer, Verifier


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The public keys of the log: each with the smallest size of a checkpoint that it may sign."""

    periods: tuple[tuple[int, Verifier], ...]

    @property
    def current(self) -> Verifier:
        """The key that signs now."""
        return self.periods[-1][1]

    def at(self, size: int) -> Verifier:
        """The key that may sign a checkpoint of ``size`` entries."""
        return next(verifier for first, verifier in reversed(self.periods) if first <= size)

    def lines(self) -> str:
        """The text of the file that holds them."""
        return "".join(f"from {first} {verifier}\n" for first, verifier in self.periods)


def load_log_keys() -> LogKeys:
    """The log's public keys; without ``AUDIT_PUBLIC_KEYS_FILE`` the public half of the signing key.

    Raises:
        ImproperlyConfigured: the file cannot be read, or its lines are no such list; or there is
            neither of the two files.
    """
    path = getattr(settings, "AUDIT_PUBLIC_KEYS_FILE", None)
    if path is None:
        return LogKeys(((0, load_signer().verifier),))
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"AUDIT_PUBLIC_KEYS_FILE is {path}, which cannot be read ({error}).") from None
    periods = tuple(_period(path, line) for line in lines if line.strip() and not line.startswith("#"))
    sizes = [first for first, _ in periods]
    if not sizes or sizes[0] != 0 or any(first >= second for first, second in pairwise(sizes)):
        raise ImproperlyConfigured(f"AUDIT_PUBLIC_KEYS_FILE is {path}; expected sizes that begin at 0 and grow.")
    if any(verifier.name != settings.AUDIT_ORIGIN for _, verifier in periods):
        raise ImproperlyConfigured(
            f"AUDIT_PUBLIC_KEYS_FILE is {path}; expected keys of {settings.AUDIT_ORIGIN}, the name in AUDIT_ORIGIN."
        )
    return LogKeys(periods)


def _period(path: Path, line: str) -> tuple[int, Verifier]:
    words = line.split()
    if len(words) != 3 or words[0] != "from" or not (words[1].isascii() and words[1].isdigit()):
        raise ImproperlyConfigured(f"AUDIT_PUBLIC_KEYS_FILE is {path}; expected lines: from SIZE NAME+ID+KEY.")
    try:
        return int(words[1]), Verifier.parse(words[2])
    except BadNote as error:
        raise ImproperlyConfigured(f"AUDIT_PUBLIC_KEYS_FILE is {path}: {error}.") from None


def load_signer() -> Signer:
    """The log's signer: the Ed25519 seed of ``AUDIT_SIGNING_KEY_FILE`` under the name ``AUDIT_ORIGIN``.

    The file holds 32 bytes in base64 on one line and may be read by its owner only.

    Raises:
        ImproperlyConfigured: the file is missing, open to others, or no such key; the sentence
            says which and what to do, and never what the file holds.
    """
    if settings.AUDIT_SIGNING_KEY_FILE is None:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEY_FILE is not set; expected the file of the log's Ed25519 seed.")
    path = Path(settings.AUDIT_SIGNING_KEY_FILE)
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII"
        raise ImproperlyConfigured(f"AUDIT_SIGNING_KEY_FILE is {path}, which cannot be read ({reason}).") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ImproperlyConfigured(
            f"AUDIT_SIGNING_KEY_FILE is {path}, which others than its owner may use "
            f"(mode {stat.S_IMODE(mode):04o}). Run: chmod 0400 {path}"
        )
    try:
        seed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != 32:
        raise ImproperlyConfigured(f"AUDIT_SIGNING_KEY_FILE is {path}; expected 32 bytes in base64 on one line.")
    return Signer(settings.AUDIT_ORIGIN, seed)
