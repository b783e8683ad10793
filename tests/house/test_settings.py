"""The settings refuse with one sentence: variable, value (never a secret), expected."""

import base64
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from portal.env import DEMO_MARKER, Environment, SettingsRefused, django_database, read_variables

BASE = Path(__file__).resolve().parent.parent.parent
SECRET = "s3cr3t-that-is-never-shown-" + "x" * 40


@pytest.fixture
def variables(tmp_path):
    """A complete production environment."""
    for name in ("keyring.json", "audit-key"):
        (tmp_path / name).write_text(base64.b64encode(b"0" * 32).decode())
        (tmp_path / name).chmod(0o400)
    return {
        "CARNET_PROFILE": "production",
        "SITE_URL": "https://carnet.example.fr",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": f"postgresql://carnet_app:{SECRET}@db.example.fr/carnet?sslmode=verify-full",
        "DATABASE_OWNER_URL": f"postgresql://carnet_owner:{SECRET}@db.example.fr/carnet?sslmode=verify-full",
        "REDIS_URL": f"rediss://:{SECRET}@redis.example.fr:6379/0",
        "KEYRING": "local",
        "ALLOW_LOCAL_KEYRING": "yes",
        "KEYRING_FILE": str(tmp_path / "keyring.json"),
        "AUDIT_ORIGIN": "carnet.example.fr/log",
        "AUDIT_SIGNING_KEY_FILE": str(tmp_path / "audit-key"),
        "MAIL_SERVER": "smtps://relay.example.fr:465",
        "MAIL_USER": "carnet",
        "MAIL_PASSWORD": SECRET,
        "MAIL_FROM": "carnet@example.fr",
    }


def load(variables, *, code="import portal.settings"):
    """Load the settings in a process of their own, as a server does."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BASE)} | variables
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)


# One process per refusal is slow; the settings module is executed afresh in this process instead.
def refusal(variables, monkeypatch):
    """The sentence with which the settings refuse these variables."""
    for name in list(os.environ):
        if name not in {"PATH", "HOME", "TMPDIR"}:
            monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused) as caught:
        runpy.run_path(str(BASE / "portal" / "settings.py"))
    return str(caught.value)


def test_a_complete_production_environment_is_accepted(variables):
    done = load(variables)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_host_of_documents_is_answered_for_and_named_as_the_site_is(variables):
    code = "from portal.settings import ALLOWED_HOSTS, DOCUMENT_SITE; print(ALLOWED_HOSTS, DOCUMENT_SITE)"
    more = {"DOCUMENT_HOST": "documents.carnet.example", "SITE_URL": "https://carnet.example.fr:8443"}
    done = load(variables | more, code=code)
    told = "['carnet.example.fr', 'documents.carnet.example'] https://documents.carnet.example:8443\n"
    assert (done.stderr, done.stdout) == ("", told)


@pytest.mark.asvs("v5.0.0-13.4.2")
def test_production_is_deployable(variables):
    code = (
        "import django; django.setup(); from django.core.management import call_command as c; "
        "c('check', deploy=True, fail_level='WARNING')"
    )
    done = load(variables | {"DJANGO_SETTINGS_MODULE": "portal.settings"}, code=code)
    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr


MISSING = ["CARNET_PROFILE", "SITE_URL", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "KEYRING"]
MISSING += ["KEYRING_FILE", "AUDIT_ORIGIN", "AUDIT_SIGNING_KEY_FILE", "MAIL_SERVER", "MAIL_FROM", "MAIL_PASSWORD"]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_named(variables, monkeypatch, name):
    del variables[name]
    sentence = refusal(variables, monkeypatch)
    assert sentence.startswith(f"{name} is not set; expected ")
    assert SECRET not in sentence


WRONG = [
    ("CARNET_PROFILE", "staging", "'staging'", "demo, test, production"),
    ("SITE_URL", "carnet.example.fr", "'carnet.example.fr'", "https://"),
    ("SITE_URL", "http://carnet.example.fr", "'http://carnet.example.fr'", "https://"),
    ("SITE_URL", "https://carnet.example.fr/path", "/path'", "https://"),
    ("SECRET_KEY", "short-but-secret", "16 characters", "at least 50"),
    ("SECRET_KEY", "demo-" + "y" * 60, "the demo", "made for production"),
    ("ALLOWED_HOSTS", " , ", "','", "host names"),
    ("DATABASE_URL", "carnet", "not shown", "postgresql://"),
    ("DATABASE_URL", "postgresql://db.example.fr/carnet", "no user", "postgresql://"),
    ("DATABASE_URL", "postgresql://carnet_app:demo-x@db.example.fr/carnet?sslmode=verify-full", "demo", "production"),
    ("DATABASE_URL", f"postgresql://carnet_app:{SECRET}@db.example.fr/carnet", "'unset'", "verify-full"),
    (
        "DATABASE_URL",
        f"postgresql://carnet_app:{SECRET}@db.example.fr/carnet?sslmode=require",
        "'require'",
        "verify-full",
    ),
    ("DATABASE_URL", f"postgresql://carnet_owner:{SECRET}@/carnet", "'carnet_owner'", "carnet_app"),
    ("DATABASE_SEQUENCER_URL", f"postgresql://carnet_app:{SECRET}@/carnet", "'carnet_app'", "carnet_sequencer"),
    ("DATABASE_OWNER_URL", "postgresql://carnet_owner:demo-x@/carnet", "demo", "production"),
    ("REDIS_URL", "memcached://localhost", "not shown", "redis://"),
    ("REDIS_URL", "redis://redis.example.fr:6379/0", "'redis.example.fr'", "rediss://"),
    ("KEYRING", "paper", "'paper'", "local"),
    ("ALLOW_LOCAL_KEYRING", "no", "'local'", "ALLOW_LOCAL_KEYRING=yes"),
    ("ALLOW_LOCAL_KEYRING", "true", "'true'", "yes or no"),
    ("KEYRING_FILE", "keyring.json", "'keyring.json'", "absolute"),
    ("KEYRING_FILE", "/nowhere/keyring.json", "'/nowhere/keyring.json'", "file"),
    ("AUDIT_SIGNING_KEY_FILE", "/nowhere/key", "'/nowhere/key'", "file"),
    ("DOCUMENT_HOST", "carnet.example.fr", "'carnet.example.fr'", "serves nothing else"),
    ("DOCUMENT_HOST", "https://documents.carnet.example", "'https://documents", "documents.carnet.example"),
    ("DOCUMENT_HOST", "192.0.2.1", "'192.0.2.1'", "the name of a host"),
    ("DATABASE_POOL", "many", "'many'", "from 1 to 100"),
    ("DATABASE_POOL", "0", "is 0", "from 1 to 100"),
    ("EMERGENCY_MINUTES", "1000", "is 1000", "from 5 to 720"),
    ("MAIL_SERVER", "relay.example.fr", "not shown", "smtps://"),
    ("MAIL_SERVER", f"smtps://carnet:{SECRET}@relay.example.fr", "not shown", "variables of their own"),
    ("MAIL_SERVER", "smtp://relay.example.fr", "'relay.example.fr'", "without TLS"),
    ("MAIL_SERVER", "smtps://relay.example.fr:many", "'many'", "from 1 to 65535"),
    ("MAIL_FROM", "Carnet", "'Carnet'", "carnet@example.fr"),
    ("SMS_PROVIDER", "sink", "'sink'", "none, ovh"),
    ("SMS_PROVIDER", "ovh", "SMS_SERVICE", "sms-ab12345-1"),
    ("METRICS_TOKEN", "short", "5 characters", "at least 20"),
    ("BEHIND_PROXY", "1", "'1'", "yes or no"),
    ("TRUSTED_PROXIES", "192.0.2.1/24", "'192.0.2.1/24'", "192.0.2.10/32"),
    ("TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody", "192.0.2.10/32"),
    ("PRIVATE_NETWORK", "maybe", "'maybe'", "yes or no"),
    ("DATA_FOLDER", "data", "'data'", "absolute"),
    ("STATIC_ROOT", "static", "'static'", "absolute"),
]


@pytest.mark.asvs("v5.0.0-1.4.2", "v5.0.0-12.2.1", "v5.0.0-12.3.1", "v5.0.0-12.3.2", "v5.0.0-13.2.3")
@pytest.mark.parametrize(("name", "value", "shown", "expected"), WRONG)
def test_what_is_wrong_is_refused_in_one_sentence(variables, monkeypatch, name, value, shown, expected):
    sentence = refusal(variables | {name: value}, monkeypatch)
    assert shown in sentence
    assert expected in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert SECRET not in sentence
    assert "short-but-secret" not in sentence


def test_key_files_that_others_may_read_are_refused(variables, monkeypatch, tmp_path):
    (tmp_path / "keyring.json").chmod(0o440)
    assert "mode 0440; expected mode 0400" in refusal(variables, monkeypatch)


@pytest.mark.asvs("v5.0.0-6.3.2")
def test_key_files_of_the_demo_are_refused(variables, monkeypatch, tmp_path):
    (tmp_path / DEMO_MARKER).touch()
    assert "a file of the demo" in refusal(variables, monkeypatch)


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-m", "portal.wsgi"], ["-m", "portal.celery"]])
def test_no_entry_point_answers_with_a_traceback(variables, command):
    del variables["SITE_URL"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BASE,
        env={"PATH": os.environ["PATH"]} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.strip() == "SITE_URL is not set; expected an address such as https://carnet.example.fr."


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    found = Environment({"SECRET_KEY_FILE": str(tmp_path / "secret")}).secret("SECRET_KEY", expected="a secret")
    assert found == SECRET


@pytest.mark.parametrize("name", ["missing", "binary"])
def test_a_secret_file_that_cannot_be_read(tmp_path, name):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(
        SettingsRefused, match=r"^SECRET_KEY_FILE is '.*', which cannot be read \(.*\); expected a text"
    ):
        Environment({"SECRET_KEY_FILE": str(tmp_path / name)}).secret("SECRET_KEY", expected="a secret")


def test_a_secret_given_twice():
    with pytest.raises(SettingsRefused, match="both set"):
        Environment({"X": "1", "X_FILE": "/x"}).secret("X", expected="a secret")


def test_a_database_keeps_its_options_and_a_safe_search_path():
    parts = Environment({"D": "postgresql://u:p@h:5433/n?sslmode=verify-full&options=-c%20work_mem%3D8MB"}).database(
        "D"
    )
    entry = django_database(parts, pool={"max_size": 4})
    assert (entry["NAME"], entry["USER"], entry["HOST"], entry["PORT"]) == ("n", "u", "h", "5433")
    assert entry["OPTIONS"]["sslmode"] == "verify-full"
    assert entry["OPTIONS"]["options"] == "-c work_mem=8MB -c search_path=public,pg_temp"
    assert entry["OPTIONS"]["pool"] == {"max_size": 4}


def test_the_file_of_variables_of_the_demo(tmp_path):
    (tmp_path / "environment").write_text("# a remark\nA=1\nB=postgresql://u:p@/n?host=/x\n\n")
    assert read_variables(tmp_path / "environment") == {"A": "1", "B": "postgresql://u:p@/n?host=/x"}
    assert read_variables(tmp_path / "absent") == {}
