"""Documents speak of what exists, and everything needed is spoken of."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

BASE = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")])
MAKEFILE = (BASE / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
ROOTS = "audit|consent|records|portal|templates|tests|docs|requirements|benchmarks|\\.ci"


def name_of(path: Path) -> str:
    return str(path.relative_to(BASE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_names_exists(document):
    text = document.read_text()
    targets = set(re.findall(r"\bmake ([a-z]+)`", text))
    assert targets <= TARGETS
    commands = set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert commands <= set(get_commands())
    paths = set(re.findall(rf"`((?:{ROOTS})/[\w./-]+\.\w+|(?:{ROOTS})/[\w./-]+/)`", text))
    assert {path for path in paths if not (BASE / path).exists()} == set()
    links = {link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link}
    assert {link for link in links if not (document.parent / link).exists()} == set()


def direct_dependencies() -> list[str]:
    lines = [line for path in (BASE / "requirements").glob("*.in") for line in path.read_text().splitlines()]
    return sorted({re.split(r"[\[~=<>; ]", line)[0] for line in lines if line and not line.startswith(("#", "-"))})


@pytest.mark.asvs("v5.0.0-15.1.2")
@pytest.mark.parametrize("name", direct_dependencies())
def test_every_direct_dependency_has_its_reason(name):
    decisions = "\n".join(path.read_text() for path in (BASE / "docs" / "decisions").glob("*.md"))
    assert f"`{name}`" in decisions


@pytest.mark.asvs("v5.0.0-15.1.2", "v5.0.0-15.2.4")
@pytest.mark.parametrize("path", sorted((BASE / "requirements").glob("*.txt")), ids=name_of)
def test_locks_are_pinned_hashed_and_name_no_host(path):
    text = path.read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert packages
    assert [package.split()[0] for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


def test_every_variable_of_the_settings_is_documented():
    source = "".join((BASE / "portal" / name).read_text() for name in ("settings.py", "production.py"))
    variables = set(re.findall(r'_?env\.\w+\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"`([A-Z_]+)`", (BASE / "docs" / "configuration.md").read_text()))
    assert len(variables) > 15
    assert variables - documented == set()


def test_the_makefile_says_what_its_targets_do():
    done = subprocess.run(["make", "-n", "run"], cwd=BASE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
