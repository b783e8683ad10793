"""The page that a lawyer reads does not drift from the code."""

import re
from pathlib import Path

from consent.categories import Category
from consent.decisions import Ground, Reason
from consent.matrix import Access
from tests.consent.worlds import MATRIX

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "consent.md").read_text(encoding="utf-8")
ABOUT_THE_DOSSIER = {Ground.RELATIONSHIP, Ground.EMERGENCY_CLOSED, Ground.EMERGENCY_SWITCHED_OFF, Ground.REVIEWING}
LETTERS = {Access.WRITE: "W", Access.READ: "r", Access.ON_CONSENT: "c", Access.NONE: "."}


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_every_ground_is_in_it_and_no_other():
    order = TEXT.split("## The order")[1].split("## What the doors")[0]
    # Every ground stands in the order itself, or among the questions about the dossier as a whole.
    words = set(re.findall(r"`([a-z_]+)`", order))
    assert set(Ground) - {Ground.RELATIONSHIP} <= words


def test_grounds_appear_in_the_order_of_the_code():
    table = TEXT.split("## The order")[1].split("### The ceiling")[0]
    written = [word for row in rows(table) for word in re.findall(r"`([a-z_]+)`", row[-1])]
    rules = [ground for ground in Ground if ground not in ABOUT_THE_DOSSIER]
    closed_then_open = {
        f"choice_{target}_{word}" for target in ("person", "team", "profession") for word in ("closed", "open")
    }
    assert [word for word in written if word not in closed_then_open] == [
        str(ground) for ground in rules if str(ground) not in closed_then_open
    ]
    assert len(re.findall(r"^\| \*\*\d ", table, re.MULTILINE)) == len(Reason)


def test_the_matrix_in_it_is_the_matrix():
    table = rows(TEXT.split("`.` none):")[1])
    professions = [cell.replace(" ", "_") for cell in table[0][1:]]
    assert professions == list(MATRIX)
    shown = {
        (row[0], profession): letter
        for row in table[2:]
        for profession, letter in zip(professions, row[1:], strict=True)
    }
    assert shown == {
        (str(category), profession): LETTERS[MATRIX[profession][category]]
        for category in Category
        for profession in MATRIX
    }
