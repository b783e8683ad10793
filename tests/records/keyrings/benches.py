"""Each keyring set up to be tried: the local file, two stand-ins over HTTP, and a real PKCS#11 module (SoftHSM)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from records.keyrings.aws import AwsKeyring
from records.keyrings.hsm import HsmKeyring
from records.keyrings.transit import TransitKeyring
from records.vault.keyring import Keyring, LocalKeyring
from tests.records.keyrings.servers import FAULTS, Kms, StandIn, Transit

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "271828"


@dataclass
class Bench:
    """A keyring, what makes it take another key-encryption key, and what can be wrong with it.

    ``settings`` are those that lead the portal to it.
    """

    ring: Keyring
    turned: Callable[[], Keyring]
    settings: dict[str, Any]
    faults: dict[str, Callable[[], Any]] = field(default_factory=dict)


@contextmanager
def local(folder: Path) -> Iterator[Bench]:
    path = folder / "keyring.json"
    keys = {name: base64.b64encode(os.urandom(32)).decode() for name in ("local:a", "local:b")}

    def write(current: str) -> Keyring:
        path.unlink(missing_ok=True)
        path.write_text(json.dumps({"current": current, "keys": keys}))
        path.chmod(0o400)
        return LocalKeyring(path)

    ring = write("local:a")
    yield Bench(
        ring,
        lambda: write("local:b"),
        {"KEYRING": "local", "KEYRING_FILE": path, "KEYRING_OPTIONS": {}},
        {"gone": lambda: _moved(path), "readable": lambda: _readable(path)},
    )


@contextmanager
def _moved(path: Path) -> Iterator[None]:
    away = path.rename(path.with_suffix(".away"))
    yield
    away.rename(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    path.chmod(0o644)
    yield
    path.chmod(0o400)


@contextmanager
def _faulty(server: StandIn, fault: str) -> Iterator[None]:
    server.fault = fault
    yield
    server.fault = ""


def _faults_of(server: StandIn) -> dict[str, Callable[[], Any]]:
    return {fault: lambda fault=fault: _faulty(server, fault) for fault in FAULTS}


@contextmanager
def aws(_folder: Path) -> Iterator[Bench]:
    kms = Kms()
    one, other = kms.ARNS
    options = {"key": one, "region": "eu-west-3", "endpoint": kms.address, "former": ()}
    given = {"AWS_ACCESS_KEY_ID": "stand-in", "AWS_SECRET_ACCESS_KEY": "stand-in", "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in given.items():
            environment.setenv(name, value)
        yield Bench(
            AwsKeyring(**options),
            lambda: AwsKeyring(**{**options, "key": other, "former": (one,)}),
            {"KEYRING": "aws", "KEYRING_OPTIONS": options},
            _faults_of(kms),
        )
    kms.stop()


@contextmanager
def vault(folder: Path) -> Iterator[Bench]:
    transit = Transit()
    token = folder / "token"
    token.write_text(Transit.TOKEN + "\n")
    token.chmod(0o400)
    options = {"address": transit.address, "token_file": str(token), "key": "carnet"}

    def turned() -> Keyring:
        transit.rotate()
        return TransitKeyring(**options)

    @contextmanager
    def another_token() -> Iterator[None]:
        token.chmod(0o600)
        token.write_text("s.expired")
        yield
        token.write_text(Transit.TOKEN)
        token.chmod(0o400)

    yield Bench(
        TransitKeyring(**options),
        turned,
        {"KEYRING": "vault", "KEYRING_OPTIONS": options},
        {**_faults_of(transit), "expired": another_token, "no token": lambda: _moved(token)},
    )
    transit.stop()


@contextmanager
def hsm(folder: Path) -> Iterator[Bench]:
    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("NOT RUN against a real PKCS#11 module: SoftHSM is missing (apt-get install softhsm2)")
    token = f"carnet-{os.urandom(4).hex()}"
    _softhsm_home()
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", token, "--pin", PIN, "--so-pin", PIN],
        check=True,
        capture_output=True,
    )
    options = {"library": str(SOFTHSM), "token": token, "pin": PIN, "key": "one", "former": ()}
    library = pkcs11.lib(str(SOFTHSM))
    library.reinitialize()
    with library.get_token(token_label=token).open(user_pin=PIN, rw=True) as session:
        for label in ("one", "other"):
            session.generate_key(pkcs11.KeyType.AES, 256, label=label, store=True)

    @contextmanager
    def disabled() -> Iterator[None]:
        """The key has another label: to the keyring it is not there."""
        _rename(library, token, "one", "withdrawn")
        yield
        _rename(library, token, "withdrawn", "one")

    yield Bench(
        HsmKeyring(**options),
        lambda: HsmKeyring(**{**options, "key": "other", "former": ("one",)}),
        {"KEYRING": "pkcs11", "KEYRING_OPTIONS": options},
        {"disabled": disabled, "session lost": lambda: _sessions_lost(library, token)},
    )
    with suppress(pkcs11.exceptions.PKCS11Error):
        library.reinitialize()


def _rename(library: Any, token: str, label: str, new: str) -> None:
    found = library.get_token(token_label=token)
    try:
        session = found.open(user_pin=PIN, rw=True)
    except pkcs11.exceptions.UserAlreadyLoggedIn:
        session = found.open(rw=True)
    session.get_key(label=label)[pkcs11.Attribute.LABEL] = new
    session.close()


_HOME: list[Path] = []


def _softhsm_home() -> None:
    # The module reads this once per process.
    if not _HOME:
        home = Path(os.environ["CARNET_TEST_FOLDER"]) / "softhsm"
        (home / "tokens").mkdir(parents=True)
        (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}/tokens\nobjectstore.backend = file\n")
        os.environ["SOFTHSM2_CONF"] = str(home / "softhsm2.conf")
        _HOME.append(home)


@contextmanager
def _sessions_lost(library: Any, token: str) -> Iterator[None]:
    """As when a module restarts and, while it does, does not know the token."""
    [folder] = [path.parent for path in (_HOME[0] / "tokens").rglob("token.object") if _is_of(path, token)]
    away = folder.rename(_HOME[0] / "away")
    library.reinitialize()
    yield
    away.rename(folder)
    library.reinitialize()


def _is_of(path: Path, token: str) -> bool:
    return token.encode() in path.read_bytes()


BENCHES = {"local": local, "aws": aws, "vault": vault, "pkcs11": hsm}
