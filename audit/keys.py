"""The key that signs the log's checkpoints."""

from __future__ import annotations

import base64
import binascii
import stat
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.note import Signer


def load_signer() -> Signer:
    """The log's signer: the Ed25519 seed of ``AUDIT_SIGNING_KEY_FILE`` under the name ``AUDIT_ORIGIN``.

    The file holds 32 bytes in base64 on one line and may be read by its owner only.

    Raises:
        ImproperlyConfigured: the file is missing, open to others, or no such key; the sentence
            says which and what to do, and never what the file holds.
    """
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
