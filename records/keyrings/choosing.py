"""The keyring that the settings name, made once per process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from records.vault.keyring import Keyring, KeyringRefused, LocalKeyring

# By name, because each brings a client that a house with another keyring has no use for.
_ELSEWHERE = {
    "aws": "records.keyrings.aws.AwsKeyring",
    "vault": "records.keyrings.transit.TransitKeyring",
    "pkcs11": "records.keyrings.hsm.HsmKeyring",
}


def keyring() -> Keyring:
    """The keyring of the settings ``KEYRING``, ``KEYRING_FILE`` and ``KEYRING_OPTIONS``.

    Raises:
        KeyringRefused: it is of an unknown kind, or cannot be used.
    """
    if settings.KEYRING == "local":
        return _local_now(Path(settings.KEYRING_FILE or ""))
    if settings.KEYRING not in _ELSEWHERE:
        raise KeyringRefused(f"KEYRING={settings.KEYRING!r}: expected 'local', {', '.join(map(repr, _ELSEWHERE))}.")
    return _elsewhere(settings.KEYRING, tuple(sorted(settings.KEYRING_OPTIONS.items())))


def _local_now(path: Path) -> LocalKeyring:
    try:
        changed = path.stat().st_ctime_ns
    except OSError:
        changed = 0
    return _local(path, changed)


@lru_cache(maxsize=2)
def _local(path: Path, _changed: int) -> LocalKeyring:
    # The time of change is part of the key, so that a file made readable by others is refused at
    # the next request and a new one is taken up, both without a restart.
    return LocalKeyring(path)


@lru_cache(maxsize=2)
def _elsewhere(kind: str, options: tuple[tuple[str, Any], ...]) -> Keyring:
    return cast(Keyring, import_string(_ELSEWHERE[kind])(**dict(options)))
