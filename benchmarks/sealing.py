"""Sealing and opening against raw AES-GCM of the same library, Tink, and the field-encryption packages for Django.

``python -m benchmarks.sealing``: 1 KiB, 16 KiB and 1 MiB, each case in turn in several rounds of one run, medians of
rounds. Processor time of this thread, so that others on the machine disturb little; only the ratios within one run mean
anything. Carnet's format derives a message key, binds the place and commits; a key and its subkeys are at hand, as
within a request. Raw AES-GCM and Tink bind as much associated data; Fernet binds nothing.
The packages are those of ``requirements/peers.txt``, found in ``build/peers``; missing ones are named and left out.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.measuring import OURS, PEER, tell_limit, tell_rounds

_ROUNDS = 5
_SECONDS = 0.06
_SIZES = (1024, 16 * 1024, 1024 * 1024)
# At most so many times the raw call: to seal, to open.
_GOALS = {1024: (4.5, 7.0), 16 * 1024: (4.0, 4.0), 1024 * 1024: (1.15, 1.15)}

Act = Callable[[], object]
Case = tuple[str, Act, Act]


def _time(act: Act) -> float:
    """Microseconds for one, over about a tenth of a second."""
    act()
    count, spent = 0, 0.0
    started = time.thread_time()
    while spent < _SECONDS:
        for _ in range(16):
            act()
        count += 16
        spent = time.thread_time() - started
    return spent / count * 1e6


def _raw(message: bytes, aad: bytes) -> Case:
    key = AESGCM(os.urandom(32))

    def seal() -> bytes:
        nonce = os.urandom(12)
        return nonce + key.encrypt(nonce, message, aad)

    sealed = seal()
    return "raw AES-256-GCM", seal, lambda: key.decrypt(sealed[:12], sealed[12:], aad)


def _carnet(message: bytes, _aad: bytes) -> Case:
    from records.vault.cipher import Subkeys, open_, seal
    from records.vault.envelope import Place

    place = Place("record", uuid4(), "laboratory", uuid4(), 1)
    keys = Subkeys.derive(os.urandom(32), 1, "record", "laboratory")
    sealed = seal(keys, place, message)
    return "Carnet, format 0x01", lambda: seal(keys, place, message), lambda: open_(lambda _: keys, place, sealed)


def _tink(message: bytes, aad: bytes) -> Case:
    import tink
    from tink import aead

    aead.register()
    keys = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM).primitive(aead.Aead)
    sealed = keys.encrypt(message, aad)
    return "Tink AES256_GCM", lambda: keys.encrypt(message, aad), lambda: keys.decrypt(sealed, aad)


def _fernet(message: bytes, _aad: bytes) -> Case:
    from cryptography.fernet import Fernet

    keys = Fernet(Fernet.generate_key())
    sealed = keys.encrypt(message)
    return "Fernet (cryptography)", lambda: keys.encrypt(message), lambda: keys.decrypt(sealed)


def _fernet_fields(message: bytes, _aad: bytes) -> Case:
    from encrypted_fields.fields import EncryptedTextField

    field, text = EncryptedTextField(), _text(message)
    sealed = field.get_prep_value(text)
    return (
        "django-fernet-encrypted-fields",
        lambda: field.get_prep_value(text),
        lambda: field.from_db_value(sealed, None, None),
    )


def _model_fields(message: bytes, _aad: bytes) -> Case:
    from django.db import connection
    from encrypted_model_fields.fields import EncryptedTextField

    field, text = EncryptedTextField(), _text(message)
    sealed = field.get_db_prep_save(text, connection)
    return (
        "django-encrypted-model-fields",
        lambda: field.get_db_prep_save(text, connection),
        lambda: field.to_python(sealed),
    )


def _text(message: bytes) -> str:
    return base64.b64encode(message).decode()[: len(message)]


_CASES = (_raw, _carnet, _tink, _fernet, _fernet_fields, _model_fields)


def main() -> None:
    """Print microseconds and the ratio to raw AES-GCM."""
    from django.conf import settings

    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    settings.configure(SECRET_KEY="x" * 50, FIELD_ENCRYPTION_KEY=key, SALT_KEY="salt", USE_TZ=True)
    for size in _SIZES:
        message, aad, cases = os.urandom(size), os.urandom(120), []
        for make in _CASES:
            try:
                cases.append(make(message, aad))
            except ImportError as missing:
                print(f"left out: {make.__name__[1:]} ({missing.name} is not in build/peers)")
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name, _, _ in cases}
        for _ in range(_ROUNDS):
            for name, seal, open_ in cases:
                taken[name].append((_time(seal), _time(open_)))
        _tell(size, taken)


def _tell(size: int, taken: dict[str, list[tuple[float, float]]]) -> None:
    limits = next(iter(taken.values()))
    label = f"{size // 1024} KiB" if size < 1 << 20 else "1 MiB"
    for column, what in enumerate(("seal", "open")):
        against = [limit[column] for limit in limits]
        for name, rounds in taken.items():
            values = [each[column] for each in rounds]
            if name == next(iter(taken)):
                tell_limit("G4", f"{what} {label}, {name}", values, "µs")
            else:
                ours = name.startswith("Carnet")
                tell_rounds("G4", f"{what} {label}, {name}", OURS if ours else PEER, values, against, "µs",
                            at_most=_GOALS[size][column] if ours else None)  # fmt: skip


if __name__ == "__main__":
    main()
