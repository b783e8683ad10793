"""One contract for every keyring: it binds, it refuses, it closes when it cannot answer, and comes back by itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.test import Client

from consent.categories import Category
from portal.env import Environment, SettingsRefused
from portal.keyrings import read_keyring
from records.keyrings.aws import AwsKeyring
from records.keyrings.hsm import HsmKeyring
from records.keyrings.transit import TransitKeyring
from records.reading import open_category
from records.unlocking import CACHE, keyring
from records.vault.cipher import Unreadable
from records.vault.keyring import KeyringAway, KeyringRefused, WrapContext, Wrapped
from tests.portal.ward import a_patient, browser_of
from tests.records.keyrings.benches import BENCHES, Bench
from tests.records.keyrings.servers import SILENCE, Kms, Transit
from tests.records.scenes import make_household

KEY = os.urandom(32)
ONE = WrapContext(UUID(int=7), 1)


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as made:
        yield made


@pytest.mark.asvs("v5.0.0-13.3.1")
def test_wraps_and_unwraps(bench: Bench) -> None:
    wrapped = bench.ring.wrap(KEY, ONE)
    assert bench.ring.unwrap(wrapped, ONE) == KEY
    assert wrapped.kek_id == bench.ring.current_kek_id()
    assert len(wrapped.kek_id) <= 255
    assert KEY not in wrapped.blob
    assert bench.ring.wrap(KEY, ONE).blob != wrapped.blob
    health = bench.ring.health()
    assert health.ok, health.sentence
    assert repr(bench.ring).startswith("<")
    assert KEY.hex() not in repr(wrapped)


@pytest.mark.parametrize(
    "context", [WrapContext(UUID(int=8), 1), WrapContext(UUID(int=7), 2)], ids=["owner", "version"]
)
def test_swapped_between_owners_or_versions_it_does_not_unwrap(bench: Bench, context: WrapContext) -> None:
    wrapped = bench.ring.wrap(KEY, ONE)
    with pytest.raises(Unreadable):
        bench.ring.unwrap(wrapped, context)
    with pytest.raises(Unreadable):
        bench.ring.rewrap(wrapped, context)


def test_altered_cut_or_added_to_it_does_not_unwrap(bench: Bench) -> None:
    wrapped = bench.ring.wrap(KEY, ONE)
    blob = wrapped.blob
    changed = [blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :] for at in range(0, len(blob), 3)]
    for each in (*changed, b"", blob[:-1], blob[:10], blob + b"A", os.urandom(len(blob))):
        with pytest.raises(Unreadable):
            bench.ring.unwrap(Wrapped(wrapped.kek_id, each), ONE)
    assert bench.ring.unwrap(wrapped, ONE) == KEY


def test_a_row_cannot_name_a_key_that_is_not_the_houses(bench: Bench) -> None:
    wrapped = bench.ring.wrap(KEY, ONE)
    for other in ("", "elsewhere:key", wrapped.kek_id + "x", wrapped.kek_id[:-1]):
        with pytest.raises(Unreadable):
            bench.ring.unwrap(Wrapped(other, wrapped.blob), ONE)


def test_only_keys_are_wrapped(bench: Bench) -> None:
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="expected 32"):
            bench.ring.wrap(bytes(size), ONE)


def test_another_key_encryption_key_takes_over(bench: Bench) -> None:
    before = bench.ring.wrap(KEY, ONE)
    turned = bench.turned()
    assert turned.current_kek_id() != before.kek_id
    assert turned.unwrap(before, ONE) == KEY
    after = turned.rewrap(before, ONE)
    assert after.kek_id == turned.current_kek_id()
    assert turned.unwrap(after, ONE) == KEY
    assert turned.wrap(KEY, ONE).kek_id == after.kek_id


def test_whatever_is_wrong_it_closes_soon_and_comes_back_by_itself(bench: Bench, settings: LazySettings) -> None:
    for name, value in bench.settings.items():
        setattr(settings, name, value)
    wrapped = keyring().wrap(KEY, ONE)
    for name, fault in bench.faults.items():
        with fault():
            started = time.monotonic()
            for act in (
                lambda: keyring().unwrap(wrapped, ONE),
                lambda: keyring().wrap(KEY, ONE),
                lambda: keyring().rewrap(wrapped, ONE),
            ):
                with pytest.raises(KeyringRefused) as caught:
                    act()
                assert caught.value.__cause__ is None, name
                assert KEY.hex() not in str(caught.value)
                if name == "silent":
                    # One question is enough: each takes its whole patience.
                    break
            assert time.monotonic() - started < 2 * SILENCE, name
        assert keyring().unwrap(wrapped, ONE) == KEY, name


def test_a_house_with_it_lives_and_is_closed_while_it_is_away(bench: Bench, db: object, settings: LazySettings) -> None:
    for name, value in bench.settings.items():
        setattr(settings, name, value)
    home = make_household()
    home.file()
    drawer = {"actor": home.patient, "dossier_id": home.ref.id, "category": Category.LABORATORY}
    assert len(open_category(**drawer).items) == 1
    fault = next(iter(bench.faults.values())) if "disabled" not in bench.faults else bench.faults["disabled"]
    CACHE.clear()
    with fault(), pytest.raises(KeyringRefused):
        open_category(**drawer)
    with fault():
        assert Client().get("/health/ready/").status_code == 503
    assert len(open_category(**drawer).items) == 1


def test_another_answer_than_was_wrapped_opens_nothing_and_is_a_calm_page(
    db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keyring that unwraps to another key is out of order: 503, nothing opens, nothing is sealed under it."""
    patient = a_patient()
    browser = browser_of(patient.account)
    assert browser.get("/home/").status_code == 200
    CACHE.clear()
    ring = keyring()
    monkeypatch.setattr(type(ring), "unwrap", lambda *_: bytes(32))
    with pytest.raises(Unreadable):
        open_category(actor=patient.actor, dossier_id=patient.ref.id, category=Category.LABORATORY)
    assert browser.get("/home/").status_code == 503
    assert not ring.health().ok


def test_a_key_of_vault_that_is_not_derived_is_refused(tmp_path: Path) -> None:
    """It would take any context for any other."""
    transit = Transit()
    transit.derived = False
    token = tmp_path / "token"
    token.write_text(Transit.TOKEN)
    token.chmod(0o400)
    ring = TransitKeyring(address=transit.address, token_file=str(token), key="carnet")
    with pytest.raises(KeyringRefused, match="derived=true"):
        ring.wrap(KEY, ONE)
    token.chmod(0o644)
    with pytest.raises(KeyringRefused, match="chmod 0400"):
        ring.wrap(KEY, ONE)
    transit.stop()


def test_no_identifier_of_a_dossier_reaches_the_providers_trail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stand-in")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stand-in")
    kms, owner = Kms(), uuid4()
    ring = AwsKeyring(key=kms.ARNS[0], region="eu-west-3", endpoint=kms.address)
    ring.wrap(KEY, WrapContext(owner, 1))
    [asked] = kms.seen
    assert owner.hex not in json.dumps(asked).replace("-", "")
    assert set(asked["EncryptionContext"]) == {"carnet", "key"}
    kms.stop()


def test_a_worker_that_was_forked_uses_the_module_too(tmp_path: Path) -> None:
    with BENCHES["pkcs11"](tmp_path) as bench:
        wrapped = bench.ring.wrap(KEY, ONE)
        worker = os.fork()
        if worker == 0:
            try:
                os._exit(0 if bench.ring.unwrap(wrapped, ONE) == KEY else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
        assert bench.ring.unwrap(wrapped, ONE) == KEY


def test_a_pin_that_is_wrong_closes(tmp_path: Path) -> None:
    with BENCHES["pkcs11"](tmp_path) as bench:
        ring = HsmKeyring(**{**bench.settings["KEYRING_OPTIONS"], "pin": "314159"})
        with pytest.raises(KeyringAway) as caught:
            ring.wrap(KEY, ONE)
        assert "314159" not in str(caught.value)


COMPLETE = {
    "aws": {"KMS_KEY": Kms.ARNS[0]},
    "vault": {
        "VAULT_ADDRESS": "https://vault.example.fr:8200",
        "VAULT_TOKEN_FILE": "/run/token",
        "VAULT_KEY": "carnet",
    },
    "pkcs11": {"PKCS11_LIBRARY": "/lib/x.so", "PKCS11_TOKEN": "t", "PKCS11_PIN": "271828", "PKCS11_KEY": "k"},
}


@pytest.mark.parametrize("kind", COMPLETE)
def test_settings_of_each_kind(kind: str) -> None:
    variables = {"KEYRING": kind, **COMPLETE[kind]}
    chosen = read_keyring(Environment(variables), default=None, private_network=False)
    assert (chosen.kind, chosen.file) == (kind, None)
    assert "271828" not in repr(chosen)
    for name in COMPLETE[kind]:
        with pytest.raises(SettingsRefused, match=name):
            read_keyring(Environment({**variables, name: ""}), default=None, private_network=False)


def test_settings_that_would_carry_keys_in_clear_or_through_an_alias_are_refused() -> None:
    for kind, name, value in (
        ("aws", "KMS_KEY", "alias/carnet"),
        ("aws", "KMS_ENDPOINT", "http://kms.example.fr"),
        ("vault", "VAULT_ADDRESS", "http://vault.example.fr"),
    ):
        env = Environment({"KEYRING": kind, **COMPLETE[kind], name: value})
        with pytest.raises(SettingsRefused, match=name):
            read_keyring(env, default=None, private_network=False)
