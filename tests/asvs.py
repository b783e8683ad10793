"""``make asvs`` writes ``docs/asvs.md``: each requirement of OWASP ASVS 5.0.0 beside its tests, or the gap.

``tests/asvs.txt`` holds the requirements in our own words, a line each: its number and level, what it asks, and what is
said of it beside the tests. The tests say themselves which requirements they show, by
``@pytest.mark.asvs("v5.0.0-6.2.1")``; they are read, not run. ``tests/house/test_asvs.py`` fails when the document is
not what this program would write, when a mark names no requirement, and when nothing stands behind a line.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
LIST = BASE / "tests" / "asvs.txt"
DOCUMENT = BASE / "docs" / "asvs.md"
# What the standard counts: so many requirements of level 1, so many more of level 2.
COUNTED = {1: 70, 2: 183}
PREFIX = "v5.0.0-"

_LINE = re.compile(r"(?P<number>\d+\.\d+\.\d+) (?P<level>[123])\|(?P<words>[^|]+)\|(?P<said>[^|]*)")
_CHAPTER = re.compile(r"(?P<number>\d+(?:\.\d+)?) L1=(?P<one>\d+) L2=(?P<two>\d+)\|(?P<words>[^|]+)\|(?P<said>[^|]+)")
_SAID = {"by": "", "doc": "Written down: ", "gap": "**Gap:** ", "none": "Does not apply: "}


@dataclass(frozen=True)
class Requirement:
    """A line of the list; a whole chapter or section stands for ``counts`` requirements of each level."""

    number: str
    level: int
    words: str
    said: str
    counts: Mapping[int, int]

    @property
    def kind(self) -> str:
        """``by``, ``doc``, ``gap``, ``none``, or nothing where only tests speak."""
        return self.said.partition(":")[0] if self.said else ""


class BadList(ValueError):
    """A line of the list cannot be read; ``str()`` says which."""


def requirements(text: str) -> Iterator[tuple[str, list[Requirement]]]:
    """The chapters of the list with their requirements.

    Raises:
        BadList: a line is neither a chapter's title nor a requirement.
    """
    title, found = "", []
    for line in filter(None, text.splitlines()):
        if line.startswith("# "):
            if found:
                yield title, found
            title, found = line.removeprefix("# "), []
        else:
            found.append(_requirement(line))
    yield title, found


def _requirement(line: str) -> Requirement:
    one, many = _LINE.fullmatch(line), _CHAPTER.fullmatch(line)
    told = one or many
    if told is None or (told["said"] and told["said"].partition(":")[0] not in _SAID):
        raise BadList(f"tests/asvs.txt: {line!r}; expected NUMBER LEVEL|WORDS|by, doc, gap or none: REASON")
    level = int(one["level"]) if one else 0
    counts = {level: 1} if one else {1: int(told["one"]), 2: int(told["two"])}
    return Requirement(told["number"], level, told["words"].strip(), told["said"].strip(), counts)


def marked(folder: Path = BASE / "tests") -> dict[str, list[str]]:
    """Which tests show which requirement: ``6.2.1`` to ``portal/accounts/test_passwords.py::test_…``."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text()
        for name, number in _marks(ast.parse(text)) if "mark.asvs" in text else ():
            found.setdefault(number.removeprefix(PREFIX), []).append(f"{path.relative_to(folder)}::{name}")
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for test in tree.body:
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.asvs":
                    yield from ((test.name, ast.literal_eval(given)) for given in mark.args)


def written(text: str, tests: Mapping[str, list[str]]) -> str:
    """The document."""
    chapters = list(requirements(text))
    kinds = Counter(_standing(each, tests) for _title, lines in chapters for each in lines)
    parts = [_HEAD.format(**{name: kinds[name] for name in ("tests", "partly", "said", "gap", "none")})]
    for title, lines in chapters:
        parts.append(f"\n## {title}\n\n| requirement | level | what it asks | what shows it |\n|---|---|---|---|\n")
        parts += [_row(each, tests.get(each.number, [])) for each in lines]
    return "".join(parts)


def _standing(each: Requirement, tests: Mapping[str, list[str]]) -> str:
    shown = each.number in tests
    if each.kind == "gap":
        return "partly" if shown else "gap"
    if each.kind == "none":
        return "none"
    return "tests" if shown else "said"


def _row(each: Requirement, tests: list[str]) -> str:
    kind, _colon, reason = each.said.partition(": ")
    said = f"{_SAID[kind]}{reason}" if each.said else ""
    names = ", ".join(f"`tests/{place.replace('::', '` · `')}`" for place in sorted(tests))
    level = str(each.level) if each.level else f"1 ({each.counts[1]}), 2 ({each.counts[2]})"
    return f"| {each.number} | {level} | {each.words} | {'; '.join(filter(None, (said, names)))} |\n"


_HEAD = """# ASVS 5.0

How Carnet stands to the OWASP Application Security Verification Standard 5.0.0: all of levels 1 and 2, and what of
level 3 bites here. Written by `make asvs` from `tests/asvs.txt` and the marks of the tests; do not edit it. The words
are ours and shorter than those of the standard, which counts alone. Nobody outside has assessed this.

{tests} lines are shown by tests; {said} stand by how the house is made or by a document that is named; {partly} are
shown in part, with the gap said; {gap} are gaps; {none} do not apply. Of ten defences
`tests/portal/test_defences_removed.py` shows that the mark's assertion fails once they are taken away.
"""


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(written(LIST.read_text(), marked()))
    print(f"{DOCUMENT.relative_to(BASE)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
