"""Where the key is that wraps all keys, read from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.env import Environment, SettingsRefused, is_private

KINDS = ("local", "aws", "vault", "pkcs11")
_ARN = "the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID"


@dataclass(frozen=True, repr=False)
class ChosenKeyring:
    """What settings need. ``file`` is set for the local keyring, ``options`` for any other."""

    kind: str
    file: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "<ChosenKeyring>"


def read_keyring(env: Environment, *, default: str | None, private_network: bool) -> ChosenKeyring:
    """Everything about the keyring.

    Raises:
        SettingsRefused: something is missing, or keys would travel in clear over a network that is not ours.
    """
    kind = env.choice("KEYRING", KINDS, default)
    if kind == "local":
        return ChosenKeyring(kind, file=env.key_file("KEYRING_FILE", expected="the JSON file of the local keyring"))
    read = {"aws": _aws, "vault": _vault, "pkcs11": _pkcs11}[kind]
    return ChosenKeyring(kind, options=read(env, private_network))


def _aws(env: Environment, private_network: bool) -> dict[str, Any]:
    key = env.text("KMS_KEY", expected=_ARN)
    former = _former(env, "KMS_FORMER_KEYS")
    for name, arn in (("KMS_KEY", key), *(("KMS_FORMER_KEYS", each) for each in former)):
        # An alias could be pointed elsewhere, and the provider answers with the ARN.
        if not arn.startswith("arn:") or ":key/" not in arn:
            raise SettingsRefused(f"{name} is {arn!r}; expected {_ARN}.")
    return {
        "key": key,
        "former": former,
        "region": env.text("KMS_REGION", key.split(":")[3], expected="the region of the key"),
        "endpoint": _address(env, "KMS_ENDPOINT", private_network) if env.has("KMS_ENDPOINT") else "",
    }


def _vault(env: Environment, private_network: bool) -> dict[str, Any]:
    return {
        "address": _address(env, "VAULT_ADDRESS", private_network),
        "token_file": str(env.key_file("VAULT_TOKEN_FILE", expected="the file of a token of Vault or OpenBao")),
        "key": env.text("VAULT_KEY", expected="the name of a derived key of the transit engine"),
        "mount": env.text("VAULT_MOUNT", "transit", expected="where the transit engine is mounted"),
        "namespace": env.text("VAULT_NAMESPACE", "", expected="a namespace"),
    }


def _pkcs11(env: Environment, _private_network: bool) -> dict[str, Any]:
    return {
        "library": str(env.path("PKCS11_LIBRARY", expected="the library of the module, such as libsofthsm2.so")),
        "token": env.text("PKCS11_TOKEN", expected="the label of the token"),
        "pin": env.secret("PKCS11_PIN", expected="the user PIN of the token", at_least=4),
        "key": env.text("PKCS11_KEY", expected="the label of an AES-256 key of the token"),
        "former": _former(env, "PKCS11_FORMER_KEYS"),
    }


def _former(env: Environment, name: str) -> tuple[str, ...]:
    return tuple(env.names(name, expected="names separated by commas")) if env.has(name) else ()


def _address(env: Environment, name: str, private_network: bool) -> str:
    address = env.site(name)
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_private(parts.hostname or "") and not private_network:
        raise SettingsRefused(
            f"{name} is {address!r}; expected https://, or PRIVATE_NETWORK=yes if nobody else can listen there."
        )
    return address
