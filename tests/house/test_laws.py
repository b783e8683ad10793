"""The laws of the house that can be read off the source."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent.parent
ROOMS = ("audit", "consent", "records", "portal")
LONGEST_FILE = 420
LONGEST_VIEW = 25
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "core", "services", "misc", "managers"}
TOP_LEVEL = {
    *ROOMS,
    *("templates", "tests", "benchmarks", "docs", "requirements"),
    *("manage.py", "pyproject.toml", "docker-compose.yml", "Dockerfile", "Makefile"),
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"),
}


def tracked(*patterns: str) -> list[Path]:
    """The files that git knows or would take, so that a file counts before it is committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", *patterns]
    listed = subprocess.run(command, cwd=BASE, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for line in listed if (path := BASE / line).is_file()]


SOURCES = [path for path in tracked("*.py") if path.relative_to(BASE).parts[0] in ROOMS]
WITHOUT_MIGRATIONS = [path for path in SOURCES if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(BASE))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_the_sources_are_found():
    assert len(SOURCES) > 40


@pytest.mark.parametrize("path", WITHOUT_MIGRATIONS, ids=name_of)
def test_no_first_party_import_inside_a_function(path):
    tree = ast.parse(path.read_text())
    found = [
        f"line {node.lineno}"
        for function in functions(tree)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOMS)
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] in ROOMS for alias in node.names))
    ]
    assert found == [], "it hides an edge of the staircase from the contracts"


def test_import_contracts_hold():
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program], cwd=BASE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_file_is_too_long():
    long = {
        name_of(path): count for path in tracked("*.py") if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert {name: count for name, count in long.items() if "/migrations/" not in name} == {}


def test_no_view_is_too_long():
    long = {
        f"{name_of(path)}:{function.name}": length
        for path in WITHOUT_MIGRATIONS
        if path.name == "views.py"
        for function in functions(ast.parse(path.read_text()))
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_VIEW
    }
    assert long == {}


def test_every_package_has_a_door_sign():
    without = [
        name_of(path)
        for path in SOURCES
        if path.name == "__init__.py"
        and not {"migrations", "management"} & set(path.parts)
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    packages = {path.parent for path in SOURCES}
    without += [
        f"{folder.relative_to(BASE)}/__init__.py" for folder in packages if not (folder / "__init__.py").is_file()
    ]
    assert without == []


def test_every_module_says_what_it_is():
    silent = [name_of(path) for path in WITHOUT_MIGRATIONS if path.name != "__init__.py" and not _says_something(path)]
    assert silent == []


def _says_something(path: Path) -> bool:
    return ast.get_docstring(ast.parse(path.read_text())) is not None


def test_no_name_that_says_nothing():
    named = {name_of(path) for path in tracked() if {path.stem.lower(), path.parent.name.lower()} & FORBIDDEN_NAMES}
    assert named == set()


def test_nothing_else_at_the_top():
    present = {path.relative_to(BASE).parts[0] for path in tracked()}
    assert {name for name in present if not name.startswith(".")} - TOP_LEVEL == set()


def test_nothing_is_left_to_do_later():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [name_of(path) for path in tracked("*.py", "*.html", "*.js", "*.css", "*.md") if path != Path(__file__)]
    assert [name for name in left if pattern.search((BASE / name).read_text())] == []


def test_the_admin_of_django_is_nowhere(settings):
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert [name_of(path) for path in SOURCES if "contrib.admin" in path.read_text()] == []


def test_requests_are_not_transactions(settings):
    assert not any(entry.get("ATOMIC_REQUESTS") for entry in settings.DATABASES.values())
    assert not settings.DEBUG


def test_no_signal_carries_an_act():
    """Nothing is announced that did not happen: letters follow the log, never a signal of a model."""
    pattern = re.compile(r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b")
    assert [name_of(path) for path in SOURCES if pattern.search(path.read_text())] == []
