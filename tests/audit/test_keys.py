"""The signing key is refused with a sentence unless it is whole and private."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from audit.keys import load_signer

SEED = bytes(range(32))


@pytest.fixture
def key(settings, tmp_path):
    path = tmp_path / "key"
    path.write_text(base64.b64encode(SEED).decode() + "\n")
    path.chmod(0o400)
    settings.AUDIT_SIGNING_KEY_FILE = path
    return path


def test_a_good_key(key, settings):
    assert (load_signer().seed, load_signer().name) == (SEED, settings.AUDIT_ORIGIN)


@pytest.mark.asvs("v5.0.0-13.3.2")
@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644, 0o420, 0o401])
def test_a_key_that_others_may_use(key, mode):
    key.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match=f"mode {mode:04o}.*chmod 0400"):
        load_signer()


@pytest.mark.parametrize("content", [b"", b"not base64!", base64.b64encode(SEED[:31]), SEED, b"\xff" * 44], ids=len)
def test_what_is_no_key(key, content):
    key.chmod(0o600)
    key.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="AUDIT_SIGNING_KEY_FILE") as caught:
        load_signer()
    assert "AAECAwQF" not in str(caught.value)


def test_a_missing_key(settings, tmp_path):
    settings.AUDIT_SIGNING_KEY_FILE = tmp_path / "none"
    with pytest.raises(ImproperlyConfigured, match="No such file"):
        load_signer()
