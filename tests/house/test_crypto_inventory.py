"""The inventory in docs/formats.md says what the code does: every primitive that is imported, and the sizes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from portal.accounts.hashing import CarnetArgon2Hasher
from records.house import LOOKUPS, PURPOSES
from records.key_cache import CACHE_KEYS, CACHE_SECONDS
from records.models import CHECK_BYTES, KeyState
from records.rotation import GRACE
from records.sealed_rows import SEALED, STORED
from records.vault import stream
from records.vault.cipher import NONCE_BYTES, TAG_BYTES
from records.vault.envelope import COMMIT_BYTES, KEY_BYTES

BASE = Path(__file__).resolve().parents[2]
FORMATS = (BASE / "docs" / "formats.md").read_text()
ROWS = FORMATS[FORMATS.index("## Inventory") :]
# Where cryptography comes from; what encodes keys or names errors is none.
SOURCES = ("cryptography", "hashlib", "hmac", "pkcs11", "django.utils.crypto", "django_otp.oath", "webauthn")
NO_PRIMITIVE = {
    "Encoding",
    "PublicFormat",
    "InvalidSignature",
    "InvalidTag",
    "get_random_string",
    "constant_time_compare",
}


def imported() -> set[str]:
    """The names of primitives that the first-party code imports, as the inventory writes them."""
    found: set[str] = set()
    for room in ("audit", "consent", "records", "portal"):
        for path in (BASE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "webauthn":
                    found.add("webauthn")
                elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SOURCES):
                    found |= {name.name for name in node.names if _is_primitive(node.module or "", name.name)}
                elif isinstance(node, ast.Import):
                    found |= {"hmac" for name in node.names if name.name == "hmac"}
                elif (
                    isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hashlib"
                ):
                    found.add(f"hashlib.{node.attr}")
    return found


def _is_primitive(module: str, name: str) -> bool:
    if module.startswith("pkcs11"):
        return name.endswith("Params")
    return name not in NO_PRIMITIVE


@pytest.mark.asvs("v5.0.0-11.1.3", "v5.0.0-11.3.2", "v5.0.0-11.4.1")
def test_every_primitive_of_the_code_is_in_the_inventory() -> None:
    named = set(re.findall(r"`([^`]+)`", ROWS))
    assert imported() - named == set(), "used, and not in the inventory of docs/formats.md"
    told = {name for row in ROWS.splitlines() if row.startswith("|") for name in re.findall(r"`(\w[\w.]*)`", row)}
    only_words = {"SECRET_KEY", "CarnetArgon2Hasher", "docs"}
    assert told - imported() - only_words == set(), "in the inventory, and no longer used"


@pytest.mark.asvs("v5.0.0-11.2.3", "v5.0.0-11.4.3")
def test_the_sizes_are_those_of_the_code() -> None:
    bits = {name: 8 * size for name, size in (("key", KEY_BYTES), ("nonce", NONCE_BYTES), ("tag", TAG_BYTES))}
    expected = [
        f"{bits['key']}-bit keys, {bits['nonce']}-bit nonces, {bits['tag']}-bit tags",
        f"{bits['key']}-bit keys, segments of {stream.SEGMENT:,} bytes, {8 * stream.SALT_BYTES}-bit salt",
        f"HMAC-SHA256 | {8 * COMMIT_BYTES} bits",
        f"HMAC-SHA256, cut | {8 * CHECK_BYTES} bits",
        f"{CarnetArgon2Hasher.memory_cost // 1024} MiB, t = {CarnetArgon2Hasher.time_cost},"
        f" p = {CarnetArgon2Hasher.parallelism}",
    ]
    for words in expected:
        assert words in ROWS, words
    assert f"at most {CACHE_SECONDS:.0f} seconds, at most {CACHE_KEYS:,} of them" in FORMATS
    assert GRACE.total_seconds() == 3600
    assert "an hour later" in FORMATS


@pytest.mark.asvs("v5.0.0-11.1.2")
def test_every_kind_purpose_and_state_is_described() -> None:
    kinds = {kind for table in (*SEALED, STORED) for kind, _ in table.parts} | {"identity", "contact", "document"}
    for name in (*kinds, *PURPOSES, *LOOKUPS, *KeyState.values):
        assert f"`{name}`" in FORMATS or re.search(rf"[(,] ?{name}[,)\n]", FORMATS), name
